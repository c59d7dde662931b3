type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn get<'a>(&'a self, name: &'a str) -> Result<u64, Error>;
}

fn main() {}
