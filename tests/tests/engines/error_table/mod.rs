//! The error table: every row that a real engine can produce is produced on it, the others through a
//! connector that fails on demand and a proxy: right kind, retry and effect.

mod document;
mod dynamodb;
mod dynamodb_faults;
mod dynamodb_limits;
mod dynamodb_names;
mod dynamodb_tables;
mod dynamodb_unsent;
mod events;
mod mysql;
mod mysql_faults;
mod mysql_pool;
mod numbers;

use std::future::Future;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use dal_dynamodb::{DynamoDb, Item};
use dal_mysql::MySql;
use dal_testkit::servers::{self, DynamoDbKind, Engine, announce, runtime};
use dal_traits::{Class, Effect, ErrorKind, Retry};

const SUITE: &str = "error table";

fn expect(class: &Class, what: &str, expected: (ErrorKind, Retry, Effect)) {
    assert_eq!((class.kind, class.retry, class.effect), expected, "{what}");
}

fn on_mysql(test: impl Future<Output = ()>) {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(test);
}

async fn fresh_mysql() -> MySql {
    let url = servers::mysql().fresh_database().await.unwrap();
    dal_mysql::connect(&url).await.unwrap()
}

/// Runs the test on each DynamoDB of the run, in its own table with the index `by_category`.
fn on_dynamodb(test: impl AsyncFn(DynamoDb, String)) {
    for engine in announce(SUITE, &[Engine::Embedded, Engine::Local]) {
        let server = servers::dynamodb(match engine {
            Engine::Embedded => DynamoDbKind::Embedded,
            _ => DynamoDbKind::Local,
        });
        runtime().block_on(async {
            let db = dal_dynamodb::from_client(&server.client());
            let table = format!("{}things", server.fresh_prefix());
            create(&db, &table).await;
            test(db, table).await;
        });
    }
}

async fn create(db: &DynamoDb, table: &str) {
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let key = |name: &str, role: KeyType| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(role)
            .build()
            .unwrap()
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name("by_category")
        .key_schema(key("category", KeyType::Hash))
        .projection(
            Projection::builder()
                .projection_type(ProjectionType::All)
                .build(),
        )
        .build()
        .unwrap();
    let request = db
        .client()
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("sk"))
        .attribute_definitions(attribute("category"))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(index);
    db.create_table_and_wait(table, request).await.unwrap();
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn key(pk: &str) -> Item {
    Item::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s("-"))])
}

fn item(pk: &str, text: &str) -> Item {
    let mut item = key(pk);
    item.insert("text".to_owned(), s(text));
    item
}
