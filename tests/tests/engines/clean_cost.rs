//! What a clean store costs a sequence of `check`, without its calls.

use std::io::{Write as _, stderr};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use dal_testkit::clean::{CleanDatabases, CleanTables};
use dal_testkit::servers::{DynamoDbKind, Engine, announce, runtime};
use sqlx::Executor;

const SUITE: &str = "clean_cost";
const SEQUENCES: usize = 40;
/// Milliseconds, not tenths of a second; making a store takes longer than this.
const MOST: Duration = Duration::from_millis(100);

static DATABASES: CleanDatabases = CleanDatabases::new(
    "CREATE TABLE users (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, email VARCHAR(200));
     CREATE TABLE orders (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, user_id BIGINT UNSIGNED)",
);
static EMBEDDED: CleanTables = CleanTables::new(DynamoDbKind::Embedded);
static LOCAL: CleanTables = CleanTables::verdict();

/// The median of the sequences behind the first, which makes the store.
fn within_bounds(engine: Engine, mut took: Vec<Duration>) {
    took.remove(0);
    took.sort_unstable();
    let median = took[took.len() / 2];
    // Past the capture of libtest: the figure is part of the output of a run that passes.
    let shown = writeln!(
        stderr(),
        "dal-tests: {SUITE}: {engine:?}: a clean store costs a sequence {:.1} ms (median of {})",
        median.as_secs_f64() * 1000.0,
        took.len()
    );
    assert!(shown.is_ok(), "{shown:?}");
    assert!(median < MOST, "{took:?}");
}

#[test]
fn a_database_that_is_used_again_costs_milliseconds() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    let took = runtime().block_on(async {
        let mut took = Vec::new();
        for _ in 0..SEQUENCES {
            let since = Instant::now();
            let pool = DATABASES.pool().await.unwrap();
            took.push(since.elapsed());
            let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users")
                .fetch_one(&pool)
                .await
                .unwrap();
            assert_eq!(rows, 0, "the database is not clean");
            for statement in [
                "INSERT INTO users (email) VALUES ('a'), ('b')",
                "INSERT INTO orders (user_id) VALUES (1)",
            ] {
                pool.execute(statement).await.unwrap();
            }
            pool.close().await;
        }
        took
    });
    within_bounds(Engine::MySql, took);
}

#[test]
fn tables_that_are_used_again_cost_milliseconds() {
    for engine in announce(SUITE, &[Engine::Embedded, Engine::Local]) {
        let tables = if engine == Engine::Embedded {
            &EMBEDDED
        } else {
            &LOCAL
        };
        let took = runtime().block_on(sequences(tables));
        within_bounds(engine, took);
    }
}

async fn sequences(tables: &'static CleanTables) -> Vec<Duration> {
    let mut took = Vec::new();
    for _ in 0..SEQUENCES {
        let since = Instant::now();
        let lease = tables.take(create).await.unwrap();
        took.push(since.elapsed());
        let name = lease.prefix() + "users";
        let found = lease
            .client()
            .scan()
            .table_name(&name)
            .send()
            .await
            .unwrap();
        assert_eq!(found.count(), 0, "the table is not clean");
        for id in ["1", "2", "3"] {
            let put = lease.client().put_item().table_name(&name);
            let put = put.item("id", AttributeValue::N(id.to_owned()));
            put.send().await.unwrap();
        }
    }
    took
}

async fn create(client: aws_sdk_dynamodb::Client, prefix: String) {
    let db = dal_dynamodb::from_client(&client);
    let name = prefix + "users";
    let key = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::N);
    let hash = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash);
    let request = client
        .create_table()
        .table_name(&name)
        .attribute_definitions(key.build().unwrap())
        .key_schema(hash.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest);
    db.create_table_and_wait(&name, request).await.unwrap();
}
