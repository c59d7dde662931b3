type Error = std::convert::Infallible;

#[dal_shadow::shadow(ops)]
pub trait Users: Send + Sync {
    type Id: Clone + Send + Sync + 'static;
    #[shadow(read)]
    async fn get(&self, id: Self::Id) -> Result<u64, Error>;
}

fn main() {}
