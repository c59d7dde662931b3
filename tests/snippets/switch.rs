use std::sync::Arc;

use dal_shadow::source::WatchedFile;
use dal_shadow::{Error, Harness};
use shop::dynamodb::DynamoUsers;
use shop::mysql::MySqlUsers;
use shop::repos::{ShadowUserRepository, UserRepository};

/// `phases.json` holds `{"user": "mysql-only"}`; move a file with the next phase over it.
pub async fn users(
    mysql: MySqlUsers,
    dynamodb: DynamoUsers,
) -> Result<Arc<dyn UserRepository>, Error> {
    let harness = Harness::builder(WatchedFile::new("phases.json"))
        .remember("phases.last.json") // a start without the file stays in the last phase
        .best_effort_writes() // a crash between two writes loses the secondary one
        .start()
        .await?;
    let (mysql, dynamodb) = (Arc::new(mysql), Arc::new(dynamodb));
    Ok(Arc::new(ShadowUserRepository::new(mysql, dynamodb, harness)))
}
