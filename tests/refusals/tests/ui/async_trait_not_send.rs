type Error = std::convert::Infallible;

#[dal_shadow::shadow]
#[async_trait::async_trait(?Send)]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<u64, Error>;
}

fn main() {}
