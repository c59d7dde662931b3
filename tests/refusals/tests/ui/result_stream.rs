type BoxStream<'a, T> = std::marker::PhantomData<&'a T>;

type Error = std::convert::Infallible;

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn all(&self) -> Result<BoxStream<'static, u64>, Error>;
}

fn main() {}
