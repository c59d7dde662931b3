use serde::Serialize;

type Error = std::convert::Infallible;

#[derive(Serialize)]
pub struct Page {
    pub items: Vec<u64>,
    pub next: Option<String>,
}

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read, token(page = next))]
    async fn list(&self, after: Option<&str>) -> Result<Page, Error>;
}

fn main() {}
