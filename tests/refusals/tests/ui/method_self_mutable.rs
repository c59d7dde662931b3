type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&mut self, id: u64) -> Result<u64, Error>;
}

fn main() {}
