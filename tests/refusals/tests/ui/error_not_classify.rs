#[derive(Debug)]
pub struct RepoError;

impl std::fmt::Display for RepoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

#[dal_shadow::shadow]
pub trait Users: Send + Sync {
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<u64, RepoError>;
}

fn main() {}
