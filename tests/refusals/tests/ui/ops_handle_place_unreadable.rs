type Error = std::convert::Infallible;

#[dal_shadow::shadow(ops)]
pub trait Loans: Send + Sync {
    #[shadow(write, replay)]
    async fn lend(&self, #[handle(book = "lines[0].book_id")] books: &[u64]) -> Result<u64, Error>;
}

fn main() {}
