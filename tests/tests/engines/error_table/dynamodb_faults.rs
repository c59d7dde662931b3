//! The rows of the error table that no local engine produces, on real engines behind a connector that
//! fails on demand. A lost reply never becomes `AlreadyExists` or a double effect.

use std::time::Duration;

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::{PutRequest, TransactWriteItem, Update, WriteRequest};
use dal_dynamodb::{DynamoDb, request_token};
use dal_testkit::faults::{HttpFault, HttpFaults};
use dal_traits::{Effect, Error, ErrorKind, Idempotency, OpCx, Result, Retry, RetryPolicy};
use tokio::time::Instant;

use super::{expect, item, key, n, on_dynamodb};

/// The same store through a connector that fails on demand. Attempts end after two seconds.
pub fn behind(db: &DynamoDb) -> (HttpFaults, DynamoDb) {
    let faults = HttpFaults::new();
    let client = faults.client(db.client());
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(2))
        .build();
    let config = client.config().to_builder().timeout_config(timeouts);
    let policy = RetryPolicy {
        max_attempts: 4,
        base: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    (
        faults,
        dal_dynamodb::from_config(config).with_policy(policy),
    )
}

pub async fn add(db: &DynamoDb, table: &str, idempotency: Idempotency) -> Result<(), Error> {
    db.call("UpdateItem", table, idempotency, || {
        db.client()
            .update_item()
            .table_name(table)
            .set_key(Some(key("counter")))
            .update_expression("ADD hits :one")
            .expression_attribute_values(":one", n(1))
            .send()
    })
    .await
    .map(drop)
}

async fn add_by_token(db: &DynamoDb, table: &str) -> Result<(), Error> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(key("counter")))
        .update_expression("ADD hits :one")
        .expression_attribute_values(":one", n(1))
        .build()
        .unwrap();
    let action = TransactWriteItem::builder().update(update).build();
    let token = request_token(&OpCx::new(), "add");
    db.call("TransactWriteItems", table, Idempotency::ByToken, || {
        db.client()
            .transact_write_items()
            .transact_items(action.clone())
            .client_request_token(&token)
            .send()
    })
    .await
    .map(drop)
}

pub async fn hits(db: &DynamoDb, table: &str) -> String {
    let found = db
        .batch_get(table, vec![key("counter")], true)
        .await
        .unwrap();
    found
        .first()
        .and_then(|item| item.get("hits"))
        .and_then(|hits| hits.as_n().ok())
        .map_or_else(|| "0".to_owned(), Clone::clone)
}

#[test]
fn every_exception_has_the_kind_of_its_row() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        let throttled = (ErrorKind::Throttled, Retry::Backoff, Effect::None);
        let conflict = (ErrorKind::Conflict, Retry::Backoff, Effect::None);
        let lost = (ErrorKind::Unavailable, Retry::Backoff, Effect::Unknown);
        let never = |kind| (kind, Retry::Never, Effect::None);
        let by_name = [
            ("ProvisionedThroughputExceededException", throttled),
            ("ThrottlingException", throttled),
            ("RequestLimitExceeded", throttled),
            ("LimitExceededException", throttled),
            ("TransactionConflictException", conflict),
            ("ReplicatedWriteConflictException", conflict),
            (
                "TransactionInProgressException",
                (ErrorKind::Conflict, Retry::Backoff, Effect::Unknown),
            ),
            ("InternalServerError", lost),
            ("ServiceUnavailable", lost),
            (
                "ItemCollectionSizeLimitExceededException",
                never(ErrorKind::TooLarge),
            ),
            (
                "IdempotentParameterMismatchException",
                never(ErrorKind::InvalidValue),
            ),
            ("AccessDeniedException", never(ErrorKind::AccessDenied)),
            ("UnrecognizedClientException", never(ErrorKind::Credentials)),
            ("InvalidSignatureException", never(ErrorKind::Credentials)),
            (
                "ExpiredTokenException",
                (ErrorKind::Credentials, Retry::Backoff, Effect::None),
            ),
            ("UnknownOperationException", never(ErrorKind::Unsupported)),
            ("NobodyKnowsThisException", never(ErrorKind::Unexpected)),
        ]
        .map(|(name, class)| (HttpFault::exception(name), class));
        let others = [
            (HttpFault::server_error(500), lost),
            (HttpFault::server_error(503), lost),
            (HttpFault::Garbage, lost),
            (HttpFault::ReplyLost, lost),
            (HttpFault::RequestLost, lost),
            (
                HttpFault::Hang,
                (ErrorKind::Timeout, Retry::Backoff, Effect::Unknown),
            ),
            (
                HttpFault::HangAfterApply,
                (ErrorKind::Timeout, Retry::Backoff, Effect::Unknown),
            ),
        ];
        for (fault, class) in by_name.into_iter().chain(others) {
            let what = format!("{fault:?}");
            faults.next("UpdateItem", fault);
            let error = db
                .client()
                .update_item()
                .table_name(&table)
                .set_key(Some(key("any")))
                .send()
                .await
                .unwrap_err();
            expect(&dal_dynamodb::classify(&error), &what, class);
        }
    });
}

#[test]
fn mixed_cancellations_follow_the_precedence() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        for (reasons, kind, retry) in [
            (
                &["None", "TransactionConflict"][..],
                ErrorKind::Conflict,
                Retry::Exhausted,
            ),
            (
                &["TransactionConflict", "ThrottlingError"],
                ErrorKind::Throttled,
                Retry::Exhausted,
            ),
            (
                &["TransactionConflict", "ConditionalCheckFailed"],
                ErrorKind::ConditionFailed,
                Retry::Never,
            ),
            (
                &["ConditionalCheckFailed", "ValidationError"],
                ErrorKind::InvalidValue,
                Retry::Never,
            ),
        ] {
            faults.always("TransactWriteItems", HttpFault::cancelled(reasons));
            let before = faults.count("TransactWriteItems");
            let error = add_by_token(&db, &table).await.unwrap_err();
            expect(
                error.class(),
                &format!("{reasons:?}"),
                (kind, retry, Effect::None),
            );
            let attempts = faults.count("TransactWriteItems") - before;
            assert_eq!(attempts, if retry == Retry::Never { 1 } else { 4 });
        }
        faults.heal();
        assert_eq!(hits(&db, &table).await, "0");
    });
}

#[test]
fn throttling_and_conflicts_are_repeated_until_they_pass() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.next("UpdateItem", HttpFault::throttled());
        faults.next("UpdateItem", HttpFault::conflict());
        add(&db, &table, Idempotency::None).await.unwrap();
        assert_eq!(faults.count("UpdateItem"), 3);
        assert_eq!(hits(&db, &table).await, "1");
    });
}

#[test]
fn a_write_whose_reply_is_lost_is_applied_once_and_unknown() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.next("UpdateItem", HttpFault::ReplyLost);
        let error = add(&db, &table, Idempotency::None).await.unwrap_err();
        let lost = (ErrorKind::Unavailable, Retry::Backoff, Effect::Unknown);
        expect(error.class(), "lost", lost);
        // Neither the SDK nor we sent it twice.
        assert_eq!(faults.count("UpdateItem"), 1);
        assert_eq!(hits(&db, &table).await, "1");
    });
}

#[test]
fn a_transaction_whose_reply_is_lost_is_repeated_under_its_token_with_one_effect() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.next("TransactWriteItems", HttpFault::ReplyLost);
        faults.next("TransactWriteItems", HttpFault::HangAfterApply);
        add_by_token(&db, &table).await.unwrap();
        assert_eq!(faults.count("TransactWriteItems"), 3);
        assert_eq!(hits(&db, &table).await, "1");
    });
}

#[test]
fn the_effect_accumulates_over_the_attempts() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.next("TransactWriteItems", HttpFault::ReplyLost);
        faults.next(
            "TransactWriteItems",
            HttpFault::exception("AccessDeniedException"),
        );
        let error = add_by_token(&db, &table).await.unwrap_err();
        let class = (ErrorKind::AccessDenied, Retry::Never, Effect::Unknown);
        expect(error.class(), "once unknown, always unknown", class);
    });
}

#[test]
fn an_insert_whose_reply_is_lost_never_says_that_it_exists() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        for (pk, fault) in [
            ("a", HttpFault::ReplyLost),
            ("b", HttpFault::HangAfterApply),
            ("c", HttpFault::Garbage),
            ("d", HttpFault::RequestLost),
        ] {
            faults.next("PutItem", fault.clone());
            let answer = db.insert_item(&table, "pk", item(pk, "ours")).await;
            assert!(answer.is_ok(), "{fault:?}: {answer:?}");
            let found = db.batch_get(&table, vec![key(pk)], true).await.unwrap();
            assert_eq!(found, [item(pk, "ours")]);
        }
    });
}

#[test]
fn an_insert_whose_reply_is_lost_over_an_item_of_somebody_else_stays_unknown() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        db.insert_item(&table, "pk", item("a", "theirs"))
            .await
            .unwrap();
        faults.next("PutItem", HttpFault::RequestLost);
        let error = db
            .insert_item(&table, "pk", item("a", "ours"))
            .await
            .unwrap_err();
        let unknown = (ErrorKind::Unavailable, Retry::Never, Effect::Unknown);
        expect(error.class(), "theirs", unknown);
        let found = db.batch_get(&table, vec![key("a")], true).await.unwrap();
        assert_eq!(found, [item("a", "theirs")]);
    });
}

#[test]
fn a_hung_store_is_a_time_out_at_the_deadline() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.everywhere(HttpFault::Hang);
        let started = Instant::now();
        let cx = OpCx::new().with_deadline(started + Duration::from_millis(100));
        let error = cx
            .scope(add(&db, &table, Idempotency::None))
            .await
            .unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(1));
        let late = (ErrorKind::Timeout, Retry::Backoff, Effect::Unknown);
        expect(error.class(), "deadline", late);
    });
}

fn puts(count: usize) -> Vec<WriteRequest> {
    (0..count)
        .map(|number| {
            let put = PutRequest::builder()
                .set_item(Some(item(&format!("item#{number}"), "x")))
                .build()
                .unwrap();
            WriteRequest::builder().put_request(put).build()
        })
        .collect()
}

#[test]
fn what_comes_back_unprocessed_is_asked_for_again() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        for kept in [10, 0, 3] {
            faults.next("BatchWriteItem", HttpFault::Unprocessed { kept });
        }
        faults.next("BatchWriteItem", HttpFault::ReplyLost);
        faults.next("BatchWriteItem", HttpFault::throttled());
        db.batch_write(&table, puts(30)).await.unwrap();
        assert_eq!(faults.count("BatchWriteItem"), 7);

        let keys: Vec<_> = (0..30)
            .map(|number| key(&format!("item#{number}")))
            .collect();
        for kept in [1, 0, 20] {
            faults.next("BatchGetItem", HttpFault::Unprocessed { kept });
        }
        let found = db.batch_get(&table, keys, true).await.unwrap();
        assert_eq!(found.len(), 30);
        assert_eq!(faults.count("BatchGetItem"), 4);
    });
}

#[test]
fn a_batch_that_stays_unprocessed_reports_what_was_not_written() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.next("BatchWriteItem", HttpFault::Unprocessed { kept: 10 });
        faults.always("BatchWriteItem", HttpFault::Unprocessed { kept: 0 });
        let stopped = db.batch_write(&table, puts(30)).await.unwrap_err();
        let throttled = (ErrorKind::Throttled, Retry::Backoff, Effect::None);
        expect(stopped.error.class(), "unprocessed", throttled);
        assert_eq!(
            stopped.unprocessed.len(),
            20,
            "15 of the first chunk, 5 of the next"
        );
        assert!(stopped.uncertain.is_empty());

        faults.always("BatchWriteItem", HttpFault::ReplyLost);
        let lost = db.batch_write(&table, puts(30)).await.unwrap_err();
        assert_eq!((lost.uncertain.len(), lost.unprocessed.len()), (25, 5));
        assert_eq!(lost.error.effect(), Effect::Unknown);

        faults.always("BatchGetItem", HttpFault::Unprocessed { kept: 0 });
        let error = db
            .batch_get(&table, vec![key("item#1")], true)
            .await
            .unwrap_err();
        expect(error.class(), "unprocessed keys", throttled);
    });
}

#[test]
fn what_never_passes_is_exhausted() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.always("UpdateItem", HttpFault::throttled());
        let error = add(&db, &table, Idempotency::None).await.unwrap_err();
        let exhausted = (ErrorKind::Throttled, Retry::Exhausted, Effect::None);
        expect(error.class(), "exhausted", exhausted);
        assert_eq!(faults.count("UpdateItem"), 4);
    });
}
