type Error = std::convert::Infallible;

#[async_trait::async_trait]
#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<u64, Error>;
}

fn main() {}
