//! Empty stores of the shop, each in a database or table of its own.

use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;
use dal_testkit::servers::{self, DynamoDbKind, Engine, verdict_dynamodb};
use shop::schema;

/// An empty shop on MySQL.
pub async fn fresh_mysql() -> MySql {
    let url = servers::mysql().fresh_database().await.unwrap();
    let db = dal_mysql::connect(&url).await.unwrap();
    schema::create_mysql(&db).await.unwrap();
    db
}

/// An empty shop on a DynamoDB, and the name of its table.
pub async fn fresh_dynamodb(engine: Engine) -> (DynamoDb, String) {
    let server = match engine {
        Engine::Embedded => servers::dynamodb(DynamoDbKind::Embedded),
        Engine::Local => verdict_dynamodb(),
        other => panic!("{other:?} is no DynamoDB"),
    };
    let db = dal_dynamodb::from_client(&server.client());
    let table = format!("{}shop", server.fresh_prefix());
    schema::create_dynamodb(&db, &table).await.unwrap();
    (db, table)
}
