type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn find(&self, names: Vec<&str>) -> Result<u64, Error>;
}

fn main() {}
