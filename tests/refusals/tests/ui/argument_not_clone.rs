pub struct NewUser;

type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(write, replay, key = all)]
    async fn register(&self, new: &NewUser) -> Result<u64, Error>;
}

fn main() {}
