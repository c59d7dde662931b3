//! Limits of expressions, old items of statements, and indexes that are being filled.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use dal_dynamodb::{DynamoDb, Item, Role};
use dal_testkit::faults::HttpFault;
use dal_testkit::servers::{self, DynamoDbKind, Engine, announce, runtime};
use dal_traits::{Class, Effect, Error, ErrorKind, Idempotency, Retry};

use super::dynamodb_faults::behind;
use super::{SUITE, create, expect, item, key, n, on_dynamodb, s};

const TOO_LARGE: (ErrorKind, Retry, Effect) = (ErrorKind::TooLarge, Retry::Never, Effect::None);

/// A delete under `condition`.
async fn delete_if(
    db: &DynamoDb,
    table: &str,
    condition: &str,
    values: HashMap<String, AttributeValue>,
) -> Result<(), Error> {
    db.call("DeleteItem", table, Idempotency::None, || {
        db.client()
            .delete_item()
            .table_name(table)
            .set_key(Some(key("a")))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values.clone()))
            .send()
    })
    .await
    .map(drop)
}

/// On DynamoDB Local, which is nearest to the service.
fn on_local(test: impl AsyncFn(DynamoDb, String)) {
    if announce(SUITE, &[Engine::Local]).is_empty() {
        return;
    }
    let server = servers::dynamodb(DynamoDbKind::Local);
    runtime().block_on(async {
        let db = dal_dynamodb::from_client(&server.client());
        let table = format!("{}limits", server.fresh_prefix());
        create(&db, &table).await;
        test(db, table).await;
    });
}

#[test]
fn expressions_that_are_too_long_or_have_too_many_parts_are_too_large() {
    on_local(async |db, table| {
        let values = HashMap::from([(":v".to_owned(), n(1))]);
        let long = format!("size({}) > :v", "a".repeat(4096));
        let error = delete_if(&db, &table, &long, values.clone())
            .await
            .unwrap_err();
        let source = format!("{error} {:?}", native(&error));
        expect(error.class(), &source, TOO_LARGE);

        let many = vec!["a = :v"; 302].join(" OR ");
        let error = delete_if(&db, &table, &many, values).await.unwrap_err();
        let source = format!("{error} {:?}", native(&error));
        expect(error.class(), &source, TOO_LARGE);

        let values: HashMap<_, _> = (0..101).map(|i| (format!(":v{i}"), n(i))).collect();
        let names: Vec<_> = (0..101).map(|i| format!(":v{i}")).collect();
        let wide = format!("a IN ({})", names.join(", "));
        let error = delete_if(&db, &table, &wide, values).await.unwrap_err();
        let source = format!("{error} {:?}", native(&error));
        expect(error.class(), &source, TOO_LARGE);
    });
}

/// The text of the service, for the failure of a test.
fn native(error: &Error) -> Option<String> {
    use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
    use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
    std::error::Error::source(error)
        .and_then(<dyn std::error::Error>::downcast_ref::<dal_dynamodb::Native<SdkError<DeleteItemError>>>)
        .and_then(|native| native.get().message().map(str::to_owned))
}

#[test]
fn a_statement_that_returns_the_old_item_tells_missing_from_refused() {
    on_local(async |db, table| {
        db.insert_item(&table, "pk", item("a", "old"))
            .await
            .unwrap();
        for (pk, kind, old) in [
            ("a", ErrorKind::ConditionFailed, true),
            ("none", ErrorKind::NotFound, false),
        ] {
            let statement = format!(
                "UPDATE \"{table}\" SET hits = 1 WHERE pk = '{pk}' AND sk = '-' AND hits = 7"
            );
            let error = db
                .client()
                .execute_statement()
                .statement(&statement)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .send()
                .await
                .unwrap_err();
            assert_eq!(dal_dynamodb::old_item(&error).is_some(), old, "{pk}");
            let class = dal_dynamodb::classify_as(&error, &[Role::Change]);
            expect(&class, pk, (kind, Retry::Never, Effect::None));
        }
    });
}

/// The old item of a refused write, as it came and as the SDK's error of all operations.
fn holds_old<E>(error: aws_sdk_dynamodb::error::SdkError<E>, what: &str)
where
    E: std::error::Error + Send + Sync + 'static,
    aws_sdk_dynamodb::Error: From<E>,
{
    let is_old = |old: Option<&Item>| old.is_some_and(|old| old.get("text") == Some(&s("old")));
    assert!(is_old(dal_dynamodb::old_item(&error)), "{what}: {error:?}");
    let mapped = error.map_service_error(aws_sdk_dynamodb::Error::from);
    assert!(
        is_old(dal_dynamodb::old_item(&mapped)),
        "{what}: {mapped:?}"
    );
}

#[test]
fn every_write_that_returns_the_old_item_gives_it() {
    on_dynamodb(async |db, table| {
        let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
        let old = item("a", "old");
        db.insert_item(&table, "pk", old.clone()).await.unwrap();
        let client = db.client();

        let put = client.put_item().table_name(&table).set_item(Some(old));
        let put = put
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(all_old.clone());
        holds_old(put.send().await.unwrap_err(), "PutItem");

        let update = client
            .update_item()
            .table_name(&table)
            .set_key(Some(key("a")))
            .update_expression("SET hits = :hits")
            .expression_attribute_values(":hits", n(1))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(all_old.clone());
        holds_old(update.send().await.unwrap_err(), "UpdateItem");

        let delete = client
            .delete_item()
            .table_name(&table)
            .set_key(Some(key("a")))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(all_old);
        holds_old(delete.send().await.unwrap_err(), "DeleteItem");
    });
}

#[test]
fn an_index_that_is_being_filled_is_read_again() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        let text = "Cannot read from backfilling global secondary index: by_category";
        faults.next(
            "Query",
            HttpFault::exception_with("ValidationException", text),
        );
        let found = db
            .call("Query", &table, Idempotency::Read, || {
                db.client()
                    .query()
                    .table_name(&table)
                    .index_name("by_category")
                    .key_condition_expression("category = :v")
                    .expression_attribute_values(":v", s("v"))
                    .send()
            })
            .await
            .unwrap();
        assert_eq!(found.count(), 0);
        // On a busy machine an attempt may also end late.
        assert!(faults.count("Query") >= 2);
    });
}

#[test]
fn one_statement_of_a_batch_is_read_by_its_role() {
    use aws_sdk_dynamodb::types::{BatchStatementError, BatchStatementErrorCodeEnum};
    let failed = |code, item: Option<Item>| {
        BatchStatementError::builder()
            .code(code)
            .set_item(item)
            .build()
    };
    let false_condition = BatchStatementErrorCodeEnum::ConditionalCheckFailed;
    let throttled = BatchStatementErrorCodeEnum::ThrottlingError;
    for (error, role, expected) in [
        (
            failed(false_condition.clone(), None),
            Role::Change,
            Class::new(ErrorKind::NotFound),
        ),
        (
            failed(false_condition, Some(key("a"))),
            Role::Change,
            Class::new(ErrorKind::ConditionFailed),
        ),
        (
            failed(throttled, None),
            Role::Condition,
            Class::new(ErrorKind::Throttled),
        ),
    ] {
        let class = dal_dynamodb::classify_statement(&error, &role);
        assert_eq!(class, expected, "{error:?}");
    }
}
