//! What can stand between a store and its engine.

use dal_dynamodb::DynamoDb;
use tokio::task::JoinSet;

/// What stands between the stores of a sequence and their engines: nothing, unless it says so.
pub trait Seam {
    /// The client through which the store has DynamoDB.
    fn dynamodb(&self, db: DynamoDb) -> DynamoDb {
        db
    }

    /// The URL by which the store has its database, and the tasks that it needs.
    fn mysql(&self, url: &str) -> (String, JoinSet<()>) {
        (url.to_owned(), JoinSet::new())
    }
}

/// The stores have their engines themselves.
pub struct Nothing;

impl Seam for Nothing {}
