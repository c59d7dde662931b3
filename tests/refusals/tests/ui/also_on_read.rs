//! A read changes no record.

#[dal_shadow::shadow]
trait Users: Send + Sync {
    #[shadow(read, also(order = id))]
    async fn get(&self, id: u64) -> Result<u64, std::convert::Infallible>;
}

fn main() {}
