//! `repair` names methods of the trait.

#[dal_shadow::shadow(repair(read = find, put = put_exact, delete = erase, ids = pass_id))]
trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<Option<u64>, std::convert::Infallible>;
    #[shadow(write, replay, key = id)]
    async fn rename(&self, id: u64, name: &str) -> Result<(), std::convert::Infallible>;
}

fn main() {}
