type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read, write)]
    async fn get(&self, id: u64) -> Result<u64, Error>;
}

fn main() {}
