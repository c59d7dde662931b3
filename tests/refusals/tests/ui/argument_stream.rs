pub trait Stream: Send {}

type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(write, replay)]
    async fn import(&self, rows: Box<dyn Stream>) -> Result<(), Error>;
}

fn main() {}
