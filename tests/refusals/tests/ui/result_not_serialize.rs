pub struct User;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<User, std::convert::Infallible>;
}

fn main() {}
