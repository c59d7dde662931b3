//! The key of a write, and what `also` names of the same trait, have the type that `repair` reads
//! by.

#[derive(Clone, serde::Serialize)]
pub struct User {
    pub id: u64,
    pub shop: String,
}

#[dal_shadow::shadow(entity = "user", repair(read = get, put = put_exact, delete = remove))]
trait Users: Send + Sync {
    #[shadow(read, key = id)]
    async fn get(&self, id: u64) -> Result<Option<User>, std::convert::Infallible>;
    #[shadow(mirror, key = user.id)]
    async fn put_exact(&self, user: &User) -> Result<(), std::convert::Infallible>;
    #[shadow(write, replay, key = name)]
    async fn rename(&self, name: u32) -> Result<(), std::convert::Infallible>;
    #[shadow(write, replay, key = result.shop)]
    async fn found(&self, name: &str) -> Result<User, std::convert::Infallible>;
    #[shadow(write, replay, key = from, also(user = "to[]"))]
    async fn merge(&self, from: u64, to: Vec<i64>) -> Result<(), std::convert::Infallible>;
    #[shadow(write, replay, key = id)]
    async fn remove(&self, id: u64) -> Result<bool, std::convert::Infallible>;
}

fn main() {}
