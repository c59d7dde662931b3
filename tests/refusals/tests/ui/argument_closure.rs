type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn find(&self, accept: &(dyn Fn(u64) -> bool + Sync)) -> Result<u64, Error>;
}

fn main() {}
