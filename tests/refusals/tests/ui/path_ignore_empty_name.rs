use serde::Serialize;

#[derive(Debug, thiserror::Error, dal_shadow::Classify)]
pub enum Error {
    #[error("nothing")]
    #[classify(not_found)]
    Nothing,
}

#[derive(Clone, Serialize)]
pub struct User {
    pub id: u64,
    pub name: String,
}

#[derive(Serialize)]
pub struct Page {
    pub items: Vec<User>,
    pub next: Option<String>,
}

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read, ignore = "name..first")]
    async fn get(&self, id: u64) -> Result<Option<User>, Error>;
}

fn main() {}
