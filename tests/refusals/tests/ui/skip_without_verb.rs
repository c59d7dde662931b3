//! A skipped write goes through the gate, a skipped read does not.

#[dal_shadow::shadow]
trait Users: Send + Sync {
    #[shadow(skip)]
    async fn ping(&self) -> Result<(), std::convert::Infallible>;
}

fn main() {}
