pub struct Transaction;

type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(write, replay)]
    async fn rename(&self, tx: &mut Transaction, id: u64, name: &str) -> Result<(), Error>;
}

fn main() {}
