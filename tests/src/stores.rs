//! Empty stores of the shop, each in a database or table of its own, and a test on each of them.

use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;
use dal_testkit::servers::{self, DynamoDbKind, Engine, announce, runtime, verdict_dynamodb};
use shop::{Repositories, schema};

/// Runs a scenario on an empty shop on every store of the run.
pub fn on_every_store(suite: &str, scenario: impl AsyncFn(Repositories)) {
    for engine in announce(suite, &[Engine::MySql, Engine::Embedded, Engine::Local]) {
        eprintln!("on {engine:?}");
        runtime().block_on(async { scenario(fresh_shop(engine).await).await });
    }
}

/// An empty shop on a store.
pub async fn fresh_shop(engine: Engine) -> Repositories {
    if engine == Engine::MySql {
        Repositories::mysql(&fresh_mysql().await)
    } else {
        let (db, table) = fresh_dynamodb(engine).await;
        Repositories::dynamodb(&db, &table)
    }
}

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
        other => panic!("{other:?} is not a DynamoDB"),
    };
    let db = dal_dynamodb::from_client(&server.client());
    let table = format!("{}shop", server.fresh_prefix());
    schema::create_dynamodb(&db, &table).await.unwrap();
    (db, table)
}
