//! A key is an argument, or a part of the answer.

#[dal_shadow::shadow]
trait Users: Send + Sync {
    #[shadow(write, replay, key = user.id)]
    async fn rename(&self, id: u64) -> Result<(), std::convert::Infallible>;
}

fn main() {}
