type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read, mirror = put)]
    async fn register(&self, name: &str) -> Result<u64, Error>;

    #[shadow(mirror)]
    async fn put(&self, id: u64) -> Result<(), Error>;
}

fn main() {}
