//! Empty stores of the shop, each in a database or table of its own, and a test on each of them.

use dal_dynamodb::DynamoDb;
use dal_mysql::MySql;
use dal_testkit::servers::{self, DynamoDbKind, Engine, announce, runtime, verdict_dynamodb};
use shop::{Repositories, schema};
use sqlx::{AssertSqlSafe, Executor as _};

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
    let db = connect(&url).await;
    servers::mysql().drop_with(db.pool());
    schema::create_mysql(&db).await.unwrap();
    db
}

/// Connects as the setting of the run says: `DAL_TEST_ISOLATION` is the isolation of every session.
pub async fn connect(url: &str) -> MySql {
    let Some(isolation) = isolation() else {
        return dal_mysql::connect(url).await.unwrap();
    };
    let pool = dal_mysql::pool_options()
        .after_connect(move |connection, _| {
            Box::pin(async move {
                let set = format!("SET SESSION TRANSACTION ISOLATION LEVEL {isolation}");
                connection.execute(AssertSqlSafe(set)).await.map(drop)
            })
        })
        .connect_with(dal_mysql::connect_options(url).unwrap())
        .await
        .unwrap();
    dal_mysql::from_pool(pool).await.unwrap()
}

fn isolation() -> Option<&'static str> {
    let wanted = std::env::var("DAL_TEST_ISOLATION").ok()?;
    let known = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];
    let found = known.into_iter().find(|known| *known == wanted);
    Some(found.unwrap_or_else(|| panic!("DAL_TEST_ISOLATION=`{wanted}`: set one of {known:?}")))
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
