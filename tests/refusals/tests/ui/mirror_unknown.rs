type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(write, mirror = put)]
    async fn register(&self, name: &str) -> Result<u64, Error>;
}

fn main() {}
