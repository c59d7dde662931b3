type Error = std::convert::Infallible;

#[dal_shadow::shadow(ops)]
pub trait Users: Send + Sync {
    #[shadow(skip(read))]
    async fn ping(&self) -> Result<(), Error>;
}

fn main() {}
