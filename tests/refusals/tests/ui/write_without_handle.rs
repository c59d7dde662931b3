//! Where `repair` reads by a handle, a write names its record by one of the same class.

#[dal_shadow::shadow(repair(read = get, put = put_exact, delete = remove))]
trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, #[handle(user)] id: u64) -> Result<Option<u64>, std::convert::Infallible>;
    #[shadow(mirror, key = id)]
    async fn put_exact(&self, id: u64) -> Result<(), std::convert::Infallible>;
    #[shadow(write, replay)]
    async fn rename(&self, id: u64, name: &str) -> Result<(), std::convert::Infallible>;
    #[shadow(write, replay)]
    async fn remove(&self, #[handle(user)] id: u64) -> Result<bool, std::convert::Infallible>;
}

fn main() {}
