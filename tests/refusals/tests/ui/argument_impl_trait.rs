type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: impl Into<u64> + Send) -> Result<u64, Error>;
}

fn main() {}
