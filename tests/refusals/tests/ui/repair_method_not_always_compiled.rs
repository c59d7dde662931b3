//! A repair must be there whatever is compiled.

#[dal_shadow::shadow(repair(read = get, put = put_exact, delete = remove))]
trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<Option<u64>, std::convert::Infallible>;
    #[cfg(all())]
    #[shadow(mirror, key = id)]
    async fn put_exact(&self, id: u64) -> Result<(), std::convert::Infallible>;
    #[shadow(write, replay, key = id)]
    async fn remove(&self, id: u64) -> Result<bool, std::convert::Infallible>;
}

fn main() {}
