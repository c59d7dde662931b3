//! Planted secrets (values, keys, error texts, passwords) reach no span, no metric and no error of the
//! two database crates.

use std::time::Duration;

use crate::capture::{Captured, capture};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, Put, PutRequest,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TransactWriteItem, WriteRequest,
};
use dal_dynamodb::{DynamoDb, Item, Role};
use dal_testkit::faults::{HttpFault, HttpFaults};
use dal_testkit::servers::{self, DynamoDbKind, Engine, announce};
use dal_traits::{Error, ErrorKind, Idempotency, OpCx, RetryPolicy};
use sqlx::{AssertSqlSafe, Executor};

const SUITE: &str = "secrets of the backends";
const SECRET: &str = "s3cret-Zebra";

/// The error itself, both renderings, every source.
fn texts(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let shown = format!(" {cause} {cause:?}");
        text.push_str(&shown);
        source = cause.source();
    }
    text
}

fn assert_no_secret(errors: &[Error], captured: &Captured) {
    for error in errors {
        assert!(!texts(error).contains(SECRET), "{}", texts(error));
    }
    let lines = captured.lines();
    assert!(lines.iter().any(|line| line.starts_with("span")));
    assert!(lines.iter().any(|line| line.starts_with("histogram")));
    for line in lines {
        assert!(!line.contains(SECRET), "{line}");
    }
}

#[test]
fn mysql_tells_no_value_key_or_error_text() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    let (errors, captured) = capture(async {
        let url = servers::mysql().fresh_database().await.unwrap();
        let db = dal_mysql::connect(&url).await.unwrap();
        db.pool()
            .execute(
                "CREATE TABLE users (id VARCHAR(40) PRIMARY KEY, email VARCHAR(40) UNIQUE, age TINYINT, \
                 at DATETIME)",
            )
            .await
            .unwrap();
        let mut errors = Vec::new();
        for (sql, kind) in [
            ("INSERT INTO users (id, email) VALUES ('{}', '{}')", None),
            (
                "INSERT INTO users (id) VALUES ('{}')",
                Some(ErrorKind::AlreadyExists),
            ),
            (
                "INSERT INTO users (id, email) VALUES ('b', '{}')",
                Some(ErrorKind::UniqueViolation),
            ),
            (
                "INSERT INTO users (id, age) VALUES ('c', '{}')",
                Some(ErrorKind::InvalidValue),
            ),
            (
                "INSERT INTO users (id, at) VALUES ('d', '{}')",
                Some(ErrorKind::InvalidValue),
            ),
            ("SELECT '{}' FROM nothing", Some(ErrorKind::NoSuchTable)),
            ("SELECT `{}` FROM users", Some(ErrorKind::Config)),
            ("SELECT '{}' THIS IS NO SQL", Some(ErrorKind::Unsupported)),
        ] {
            let sql = sql.replace("{}", SECRET);
            let answer = db
                .statement("INSERT", "users", Idempotency::None, || async {
                    db.pool().execute(AssertSqlSafe(sql.clone())).await
                })
                .await;
            assert_eq!(answer.as_ref().err().map(Error::kind), kind, "{sql}");
            errors.extend(answer.err());
        }
        let host = servers::mysql()
            .database_url("mysql")
            .rsplit('@')
            .next()
            .unwrap()
            .to_owned();
        let wrong = format!("mysql://dal_nobody:{SECRET}@{host}");
        errors.push(dal_mysql::connect(&wrong).await.unwrap_err());
        let unreadable = format!("mysql://dal_nobody:{SECRET}@host:no-port/db");
        errors.push(dal_mysql::connect(&unreadable).await.unwrap_err());
        let shown = format!("{db:?}");
        assert!(!shown.contains("root"), "{shown}");
        errors
    });
    assert_eq!(errors.len(), 9);
    assert_no_secret(&errors, &captured);
}

#[test]
fn dynamodb_tells_no_value_key_or_error_text() {
    for engine in announce(SUITE, &[Engine::Embedded, Engine::Local]) {
        let server = servers::dynamodb(match engine {
            Engine::Embedded => DynamoDbKind::Embedded,
            _ => DynamoDbKind::Local,
        });
        let (errors, captured) = capture(async {
            let db = dal_dynamodb::from_client(&server.client());
            let table = format!("{}users", server.fresh_prefix());
            create(&db, &table).await;
            dynamodb_errors(&db, &table).await
        });
        assert_eq!(errors.len(), 9, "{errors:#?}");
        assert_no_secret(&errors, &captured);
    }
}

fn secret(pk: &str) -> Item {
    Item::from([
        ("pk".to_owned(), AttributeValue::S(pk.to_owned())),
        ("email".to_owned(), AttributeValue::S(SECRET.to_owned())),
    ])
}

async fn dynamodb_errors(db: &DynamoDb, table: &str) -> Vec<Error> {
    let mut errors = Vec::new();
    db.insert_item(table, "pk", secret(SECRET)).await.unwrap();
    let mut other = secret(SECRET);
    other.insert("more".into(), AttributeValue::S(SECRET.repeat(2)));
    errors.push(
        db.insert_item(table, "pk", other.clone())
            .await
            .unwrap_err(),
    );
    // The cancellation carries the old item.
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(other.clone()))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .unwrap();
    let action = TransactWriteItem::builder().put(put).build();
    let cancelled = db
        .call_as(
            "TransactWriteItems",
            table,
            Idempotency::None,
            &[Role::Insert],
            || {
                db.client()
                    .transact_write_items()
                    .transact_items(action.clone())
                    .send()
            },
        )
        .await;
    errors.push(cancelled.map(drop).unwrap_err());
    // Texts that repeat the request: an expression, a number, an index.
    let expression = db
        .call("UpdateItem", table, Idempotency::None, || {
            db.client()
                .update_item()
                .table_name(table)
                .key("pk", AttributeValue::S(SECRET.into()))
                .update_expression(format!("SET a = :{SECRET}"))
                .send()
        })
        .await;
    errors.push(expression.map(drop).unwrap_err());
    let mut number = secret("n");
    number.insert("n".into(), AttributeValue::N(SECRET.into()));
    errors.push(db.insert_item(table, "pk", number).await.unwrap_err());
    let index = db
        .call("Query", table, Idempotency::Read, || {
            db.client()
                .query()
                .table_name(table)
                .index_name(SECRET)
                .key_condition_expression("pk = :v")
                .expression_attribute_values(":v", AttributeValue::S(SECRET.into()))
                .send()
        })
        .await;
    errors.push(index.map(drop).unwrap_err());
    // What the wire may bring: texts and even names of exceptions.
    let faults = HttpFaults::new();
    let policy = RetryPolicy {
        max_attempts: 2,
        base: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    let broken = dal_dynamodb::from_client(&faults.client(db.client())).with_policy(policy);
    for fault in [
        HttpFault::exception_with("ThrottlingException", SECRET),
        HttpFault::exception(&format!("Exception about {SECRET}")),
        HttpFault::ReplyLost,
    ] {
        faults.always("PutItem", fault);
        errors.push(
            broken
                .insert_item(table, "pk", other.clone())
                .await
                .unwrap_err(),
        );
    }
    faults.always("BatchWriteItem", HttpFault::Unprocessed { kept: 0 });
    let put = PutRequest::builder().set_item(Some(other)).build().unwrap();
    let write = WriteRequest::builder().put_request(put).build();
    let stopped = broken.batch_write(table, vec![write]).await.unwrap_err();
    assert!(!format!("{stopped} {stopped:?}").contains(SECRET));
    errors.push(stopped.into());
    let cx = OpCx::new().with_token(SECRET);
    assert!(!dal_dynamodb::request_token(&cx, "").contains(SECRET));
    errors
}

async fn create(db: &DynamoDb, table: &str) {
    let request = db
        .client()
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name("pk")
                .attribute_type(ScalarAttributeType::S)
                .build()
                .unwrap(),
        )
        .key_schema(
            KeySchemaElement::builder()
                .attribute_name("pk")
                .key_type(KeyType::Hash)
                .build()
                .unwrap(),
        );
    db.create_table_and_wait(table, request).await.unwrap();
}
