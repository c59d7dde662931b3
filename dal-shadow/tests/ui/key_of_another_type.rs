//! The key of a write has the type that `repair` reads by.

#[dal_shadow::shadow(repair(read = get, put = put_exact, delete = remove))]
trait Users: Send + Sync {
    #[shadow(read, key = id)]
    async fn get(&self, id: u64) -> Result<Option<u64>, std::convert::Infallible>;
    #[shadow(mirror, key = id)]
    async fn put_exact(&self, id: u64) -> Result<(), std::convert::Infallible>;
    #[shadow(write, replay, key = name)]
    async fn rename(&self, name: u32) -> Result<(), std::convert::Infallible>;
    #[shadow(write, replay, key = id)]
    async fn remove(&self, id: u64) -> Result<bool, std::convert::Infallible>;
}

fn main() {}
