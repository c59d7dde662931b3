type Error = std::convert::Infallible;

#[dal_shadow::shadow(ops)]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn newest(&self, limit: u32) -> Result<u64, Error>;
    #[shadow(read)]
    async fn oldest(&self, limit: usize) -> Result<u64, Error>;
}

fn main() {}
