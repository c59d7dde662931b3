type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(write, mirror = put, key = all)]
    async fn register(&self, name: &str) -> Result<u64, Error>;

    #[shadow(write, replay, key = all)]
    async fn put(&self, id: u64) -> Result<(), Error>;
}

fn main() {}
