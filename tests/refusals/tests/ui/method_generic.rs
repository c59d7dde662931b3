type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn get<T: Send>(&self, id: T) -> Result<u64, Error>;
}

fn main() {}
