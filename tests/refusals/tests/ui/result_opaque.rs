type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<Box<dyn std::fmt::Debug>, Error>;
}

fn main() {}
