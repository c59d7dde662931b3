type Error = std::convert::Infallible;

#[dal_shadow::shadow(ops)]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, #[handle(user, book = id)] id: u64) -> Result<u64, Error>;
}

fn main() {}
