#[derive(serde::Serialize)]
pub struct User;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(write, mirror = put, key = all)]
    async fn register(&self, name: &str) -> Result<User, std::convert::Infallible>;

    #[shadow(mirror)]
    async fn put(&self, user: &str) -> Result<(), std::convert::Infallible>;
}

fn main() {}
