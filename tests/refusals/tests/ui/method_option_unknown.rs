type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(reads)]
    async fn get(&self, id: u64) -> Result<u64, Error>;
}

fn main() {}
