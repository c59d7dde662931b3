//! A record is put by a mirror method: it is stored as it was read, as often as it takes.

#[dal_shadow::shadow(repair(read = get, put = store, delete = remove))]
trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<Option<u64>, std::convert::Infallible>;
    #[shadow(write, replay, key = id)]
    async fn store(&self, id: u64) -> Result<(), std::convert::Infallible>;
    #[shadow(write, replay, key = id)]
    async fn remove(&self, id: u64) -> Result<bool, std::convert::Infallible>;
}

fn main() {}
