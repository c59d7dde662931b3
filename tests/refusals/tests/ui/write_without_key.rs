//! A write that names no record has no place in an order.

#[dal_shadow::shadow]
trait Users: Send + Sync {
    #[shadow(write, replay)]
    async fn rename(&self, name: &str) -> Result<(), std::convert::Infallible>;
}

fn main() {}
