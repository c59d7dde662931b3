//! A read deletes nothing.

#[dal_shadow::shadow(repair(read = get, put = put_exact, delete = get))]
trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<Option<u64>, std::convert::Infallible>;
    #[shadow(mirror, key = id)]
    async fn put_exact(&self, id: u64) -> Result<(), std::convert::Infallible>;
}

fn main() {}
