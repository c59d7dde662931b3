//! What comes back is clean, and comes back by itself.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use sqlx::mysql::MySqlPool;

use super::{CleanDatabases, CleanError, CleanTables};
use crate::servers::{DynamoDbKind, Engine, announce, dynamodb, mysql, runtime};

const SHOP: &str = "
    CREATE TABLE users (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50));
    CREATE TABLE orders (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
        user_id BIGINT UNSIGNED NOT NULL REFERENCES users (id),
        CONSTRAINT of_user FOREIGN KEY (user_id) REFERENCES users (id));
    CREATE TABLE settings (name VARCHAR(50) PRIMARY KEY, value INT);
    CREATE VIEW names AS SELECT name FROM users;
";

async fn register(pool: &MySqlPool) -> u64 {
    let done = sqlx::query("INSERT INTO users (name) VALUES ('Ann')");
    done.execute(pool).await.unwrap().last_insert_id()
}

async fn database_of(pool: &MySqlPool) -> String {
    let name = sqlx::query_scalar("SELECT DATABASE()");
    name.fetch_one(pool).await.unwrap()
}

async fn count(pool: &MySqlPool, table: &'static str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_one(pool)
        .await
        .unwrap()
}

fn is_left_out(wanted: &[Engine]) -> bool {
    announce("clean", wanted).len() != wanted.len()
}

#[test]
fn a_database_comes_back_with_its_pool_empty_and_counting_from_its_first_id() {
    static DATABASES: CleanDatabases = CleanDatabases::new(SHOP)
        .seed("INSERT INTO settings VALUES ('limit', 3)")
        .first_id(998);
    if is_left_out(&[Engine::MySql]) {
        return;
    }
    runtime().block_on(async {
        let mut names = Vec::new();
        for _ in 0..5 {
            let pool = DATABASES.pool().await.unwrap();
            names.push(database_of(&pool).await);
            assert_eq!(count(&pool, "users").await, 0);
            assert_eq!(count(&pool, "orders").await, 0);
            assert_eq!(count(&pool, "settings").await, 1);
            assert_eq!(register(&pool).await, 998);
            assert_eq!(register(&pool).await, 999);
            sqlx::raw_sql(
                "INSERT INTO orders (user_id) VALUES (998), (999);
                 INSERT INTO settings VALUES ('more', 1); UPDATE settings SET value = 9;
                 SET SESSION sql_mode = '';",
            )
            .execute(&pool)
            .await
            .unwrap();
            drop(pool);
            until_back(&DATABASES).await;
        }
        names.dedup();
        assert_eq!(names.len(), 1, "it was the same database: {names:?}");
    });
}

/// The task that gives a database back has run.
async fn until_back(databases: &CleanDatabases) {
    let until = Instant::now() + Duration::from_secs(5);
    while databases.lock().is_empty() {
        assert!(Instant::now() < until, "the database never came back");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn what_a_dropped_call_left_open_does_not_reach_the_next_user() {
    static DATABASES: CleanDatabases = CleanDatabases::new(SHOP).first_id(8);
    if is_left_out(&[Engine::MySql]) {
        return;
    }
    runtime().block_on(async {
        // Ids of a transaction that is rolled back are used up, too.
        let pool = DATABASES.pool().await.unwrap();
        let mut open = pool.begin().await.unwrap();
        sqlx::query("INSERT INTO users (name) VALUES ('Ann')")
            .execute(&mut *open)
            .await
            .unwrap();
        // A statement whose caller no longer waits, but which the server still runs.
        let slow = tokio::spawn({
            let pool = pool.clone();
            async move {
                sqlx::query("INSERT INTO users (name) SELECT 'late' FROM (SELECT SLEEP(3)) AS s")
                    .execute(&pool)
                    .await
            }
        });
        tokio::time::sleep(Duration::from_millis(200)).await;
        slow.abort();
        drop(open);
        drop(pool);
        until_back(&DATABASES).await;

        let pool = DATABASES.pool().await.unwrap();
        assert_eq!(count(&pool, "users").await, 0);
        assert_eq!(register(&pool).await, 8);
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(count(&pool, "users").await, 1, "the late insert arrived");
    });
}

#[test]
fn a_statement_with_an_emoji_in_another_database_does_not_disturb_the_cleaning() {
    static DATABASES: CleanDatabases = CleanDatabases::new(SHOP);
    if is_left_out(&[Engine::MySql]) {
        return;
    }
    runtime().block_on(async {
        let other = MySqlPool::connect(&mysql().fresh_database().await.unwrap())
            .await
            .unwrap();
        let slow = tokio::spawn(async move {
            sqlx::raw_sql("SELECT SLEEP(5), '\u{1f600}'")
                .execute(&other)
                .await
        });
        let pool = DATABASES.pool().await.unwrap();
        let name = database_of(&pool).await;
        drop(pool);
        until_back(&DATABASES).await;
        let pool = DATABASES.pool().await.unwrap();
        assert_eq!(
            database_of(&pool).await,
            name,
            "it was cleaned, not dropped"
        );
        assert!(!slow.is_finished(), "the statement was there all the time");
        slow.abort();
    });
}

#[test]
fn a_database_that_is_not_certainly_clean_is_not_used_again() {
    static ALTERED: CleanDatabases = CleanDatabases::new(SHOP);
    static FILLING: CleanDatabases = CleanDatabases::new(
        "CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY);
         CREATE TRIGGER logged AFTER DELETE ON log FOR EACH ROW INSERT INTO a VALUES (OLD.id);
         CREATE TRIGGER kept AFTER DELETE ON a FOR EACH ROW INSERT INTO log VALUES (OLD.id + 1);",
    );
    if is_left_out(&[Engine::MySql]) {
        return;
    }
    runtime().block_on(async {
        let pool = ALTERED.pool().await.unwrap();
        let first = database_of(&pool).await;
        let create = sqlx::raw_sql("CREATE TABLE extra (id INT)");
        create.execute(&pool).await.unwrap();
        drop(pool);
        until_back(&ALTERED).await;
        let pool = ALTERED.pool().await.unwrap();
        assert_ne!(database_of(&pool).await, first);
        let left = sqlx::query("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?");
        let left = left.bind(&first).fetch_all(&pool).await.unwrap();
        assert!(left.is_empty(), "{first} was not dropped");

        let pool = FILLING.pool().await.unwrap();
        let first = database_of(&pool).await;
        let insert = sqlx::raw_sql("INSERT INTO a VALUES (1)");
        insert.execute(&pool).await.unwrap();
        drop(pool);
        until_back(&FILLING).await;
        let pool = FILLING.pool().await.unwrap();
        assert_ne!(database_of(&pool).await, first);
        assert_eq!(count(&pool, "a").await + count(&pool, "log").await, 0);
    });
}

#[test]
fn a_schema_that_inserts_rows_is_refused_with_what_to_write() {
    static DATABASES: CleanDatabases =
        CleanDatabases::new("CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1)");
    if is_left_out(&[Engine::MySql]) {
        return;
    }
    let error = runtime().block_on(DATABASES.pool()).unwrap_err();
    assert!(matches!(error, CleanError::Declared(_)), "{error:?}");
    assert!(error.to_string().contains(".seed("), "{error}");
}

async fn create(client: Client, prefix: String) {
    let table = prefix + "users";
    let key = KeySchemaElement::builder()
        .attribute_name("pk")
        .key_type(KeyType::Hash);
    let attribute = AttributeDefinition::builder()
        .attribute_name("pk")
        .attribute_type(ScalarAttributeType::S);
    client
        .create_table()
        .table_name(&table)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key.build().unwrap())
        .attribute_definitions(attribute.build().unwrap())
        .send()
        .await
        .unwrap();
    put(&client, &table, "COUNTER", 997).await;
}

async fn put(client: &Client, table: &str, pk: &str, n: u32) {
    client
        .put_item()
        .table_name(table)
        .item("pk", AttributeValue::S(pk.to_owned()))
        .item("n", AttributeValue::N(n.to_string()))
        .send()
        .await
        .unwrap();
}

/// Keys and numbers, in order.
async fn held(client: &Client, table: &str) -> Vec<(String, String)> {
    let page = client.scan().table_name(table).send().await.unwrap();
    let mut items: Vec<_> = page
        .items()
        .iter()
        .map(|item| {
            (
                item["pk"].as_s().unwrap().clone(),
                item["n"].as_n().unwrap().clone(),
            )
        })
        .collect();
    items.sort_unstable();
    items
}

async fn tables_come_back(tables: &'static CleanTables) {
    let new = [("COUNTER".to_owned(), "997".to_owned())];
    let mut prefixes = Vec::new();
    for _ in 0..4 {
        let lease = tables.take(create).await.unwrap();
        let table = lease.prefix() + "users";
        prefixes.push(lease.prefix());
        assert_eq!(held(&lease.client(), &table).await, new);
        for n in 0..60 {
            put(&lease.client(), &table, &format!("user-{n}"), n).await;
        }
        put(&lease.client(), &table, "COUNTER", 1_060).await;
        // A client made from the leased one's configuration holds the tables as well.
        let derived = Client::from_conf(lease.client().config().to_builder().build());
        drop(lease);
        assert!(tables.lock().is_empty());
        drop(derived);
        assert_eq!(tables.lock().len(), 1, "they came back with the client");
    }
    prefixes.dedup();
    assert_eq!(prefixes.len(), 1, "{prefixes:?}");

    // Another table under the prefix: not certainly clean.
    let lease = tables.take(create).await.unwrap();
    create(lease.client(), lease.prefix() + "more_").await;
    drop(lease);
    let lease = tables.take(create).await.unwrap();
    assert_ne!(lease.prefix(), prefixes[0]);
}

#[test]
fn tables_come_back_with_their_client_as_they_were_when_new() {
    static EMBEDDED: CleanTables = CleanTables::new(DynamoDbKind::Embedded);
    static LOCAL: CleanTables = CleanTables::new(DynamoDbKind::Local);
    for engine in announce("clean", &[Engine::Embedded, Engine::Local]) {
        let tables = match engine {
            Engine::Embedded => &EMBEDDED,
            _ => &LOCAL,
        };
        runtime().block_on(tables_come_back(tables));
    }
}

/// What a sequence pays, printed. Compared with new databases in the same moment: machines differ, and
/// are busy.
#[test]
fn a_clean_database_costs_a_fraction_of_a_new_one() {
    const TIMES: u32 = 20;
    static DATABASES: CleanDatabases = CleanDatabases::new(SHOP).first_id(8);
    static EMBEDDED: CleanTables = CleanTables::new(DynamoDbKind::Embedded);
    if is_left_out(&[Engine::MySql, Engine::Embedded]) {
        return;
    }
    let (mysql, dynamodb) = (mysql(), dynamodb(DynamoDbKind::Embedded));
    runtime().block_on(async {
        drop(DATABASES.pool().await.unwrap());
        let (mut cleaned, mut made) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..TIMES {
            until_back(&DATABASES).await;
            let began = Instant::now();
            let pool = DATABASES.pool().await.unwrap();
            cleaned += began.elapsed();
            register(&pool).await;
            drop(pool);
            let began = Instant::now();
            let pool = mysql.fresh_pool().await.unwrap();
            sqlx::raw_sql(SHOP).execute(&pool).await.unwrap();
            made += began.elapsed();
        }
        drop(EMBEDDED.take(create).await.unwrap());
        let began = Instant::now();
        for _ in 0..TIMES {
            let lease = EMBEDDED.take(create).await.unwrap();
            put(&lease.client(), &(lease.prefix() + "users"), "user", 1).await;
        }
        let tables = began.elapsed() / TIMES;
        crate::servers::say(&format!(
            "dal-tests: clean: a clean database costs {:?}, a new one {:?}; clean tables {tables:?} on {}",
            cleaned / TIMES,
            made / TIMES,
            dynamodb.kind(),
        ));
        assert!(cleaned * 3 < made * 2, "{cleaned:?} against {made:?}");
    });
}
