//! A record that is gone must be deleted.

#[dal_shadow::shadow(repair(read = get, put = put_exact))]
trait Users: Send + Sync {
    #[shadow(read, key = id)]
    async fn get(&self, id: u64) -> Result<Option<u64>, std::convert::Infallible>;
    #[shadow(mirror, key = id)]
    async fn put_exact(&self, id: u64) -> Result<(), std::convert::Infallible>;
}

fn main() {}
