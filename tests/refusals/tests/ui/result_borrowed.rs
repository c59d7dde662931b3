type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn name(&self, id: u64) -> Result<&str, Error>;
}

fn main() {}
