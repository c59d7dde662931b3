type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(write)]
    async fn rename(&self, id: u64, name: &str) -> Result<(), Error>;
}

fn main() {}
