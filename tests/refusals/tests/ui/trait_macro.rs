macro_rules! methods {
    () => {};
}

type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    methods!();

    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<u64, Error>;
}

fn main() {}
