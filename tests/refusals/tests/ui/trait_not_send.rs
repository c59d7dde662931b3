type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<u64, Error>;
}

fn main() {}
