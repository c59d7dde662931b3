type Error = std::convert::Infallible;

#[dal_shadow::shadow(ops)]
pub trait Users<T>: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<u64, Error>;
}

fn main() {}
