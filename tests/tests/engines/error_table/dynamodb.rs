//! The rows of the error table that DynamoDB produces by itself, on the embedded engine and on Local.

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use dal_dynamodb::{DynamoDb, Role, request_token};
use dal_traits::{Effect, Error, ErrorKind, Idempotency, OpCx, Retry};

use super::{expect, item, key, n, on_dynamodb, s};

const NEVER: (Retry, Effect) = (Retry::Never, Effect::None);

fn expect_never(error: &Error, kind: ErrorKind) {
    expect(error.class(), &error.to_string(), (kind, NEVER.0, NEVER.1));
}

async fn put(db: &DynamoDb, table: &str, pk: &str, text: &str) -> Result<(), Error> {
    db.call("PutItem", table, Idempotency::ByToken, || {
        db.client()
            .put_item()
            .table_name(table)
            .set_item(Some(item(pk, text)))
            .send()
    })
    .await
    .map(drop)
}

/// An update under `condition` that asks for the old item.
async fn change(db: &DynamoDb, table: &str, pk: &str, condition: &str) -> Result<(), Error> {
    db.call_as(
        "UpdateItem",
        table,
        Idempotency::None,
        &[Role::Change],
        || {
            db.client()
                .update_item()
                .table_name(table)
                .set_key(Some(key(pk)))
                .update_expression("SET #t = :t")
                .condition_expression(condition)
                .expression_attribute_names("#t", "text")
                .expression_attribute_values(":t", s("new"))
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .send()
        },
    )
    .await
    .map(drop)
}

fn put_new(table: &str, pk: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item(pk, "")))
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .unwrap();
    TransactWriteItem::builder().put(put).build()
}

fn must_exist(table: &str, pk: &str) -> TransactWriteItem {
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(key(pk)))
        .condition_expression("attribute_exists(pk)")
        .build()
        .unwrap();
    TransactWriteItem::builder().condition_check(check).build()
}

async fn transact(
    db: &DynamoDb,
    table: &str,
    actions: &[TransactWriteItem],
    roles: &[Role],
) -> Result<(), Error> {
    let token = request_token(&OpCx::new(), "test");
    db.call_as(
        "TransactWriteItems",
        table,
        Idempotency::ByToken,
        roles,
        || {
            db.client()
                .transact_write_items()
                .set_transact_items(Some(actions.to_vec()))
                .client_request_token(&token)
                .send()
        },
    )
    .await
    .map(drop)
}

#[test]
fn false_conditions_have_the_kind_of_their_role() {
    on_dynamodb(async |db, table| {
        db.insert_item(&table, "pk", item("a", "1")).await.unwrap();
        let taken = db
            .insert_item(&table, "pk", item("a", "2"))
            .await
            .unwrap_err();
        expect_never(&taken, ErrorKind::AlreadyExists);

        let missing = change(&db, &table, "none", "attribute_exists(pk)")
            .await
            .unwrap_err();
        expect_never(&missing, ErrorKind::NotFound);
        let refused = change(&db, &table, "a", "attribute_not_exists(#t)")
            .await
            .unwrap_err();
        expect_never(&refused, ErrorKind::ConditionFailed);
        change(&db, &table, "a", "attribute_exists(pk)")
            .await
            .unwrap();
    });
}

#[test]
fn the_position_of_a_cancellation_reason_names_the_constraint() {
    on_dynamodb(async |db, table| {
        put(&db, &table, "email#ann", "").await.unwrap();
        put(&db, &table, "user#1", "").await.unwrap();
        let roles = [Role::Insert, Role::unique("email"), Role::reference("team")];
        for (user, email, team, kind, constraint) in [
            (
                "user#2",
                "email#ann",
                "user#1",
                ErrorKind::UniqueViolation,
                Some("email"),
            ),
            (
                "user#1",
                "email#bob",
                "user#1",
                ErrorKind::AlreadyExists,
                None,
            ),
            (
                "user#2",
                "email#bob",
                "team#9",
                ErrorKind::ReferenceViolation,
                Some("team"),
            ),
        ] {
            let actions = [
                put_new(&table, user),
                put_new(&table, email),
                must_exist(&table, team),
            ];
            // A check and a put of one item cannot be in one transaction.
            let (actions, roles) = if user == team {
                (&actions[..2], &roles[..2])
            } else {
                (&actions[..], &roles[..])
            };
            let error = transact(&db, &table, actions, roles).await.unwrap_err();
            expect_never(&error, kind);
            assert_eq!(error.class().constraint.as_deref(), constraint);
        }
    });
}

#[test]
fn the_native_reasons_are_given_by_position() {
    on_dynamodb(async |db, table| {
        put(&db, &table, "taken", "").await.unwrap();
        let error = db
            .client()
            .transact_write_items()
            .transact_items(put_new(&table, "free"))
            .transact_items(put_new(&table, "taken"))
            .send()
            .await
            .unwrap_err();
        let reasons = dal_dynamodb::cancellation_reasons(&error);
        let codes: Vec<_> = reasons.iter().filter_map(|reason| reason.code()).collect();
        assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
        assert_eq!(
            dal_dynamodb::classify(&error).kind,
            ErrorKind::ConditionFailed
        );
    });
}

#[test]
fn what_is_too_large_says_so() {
    on_dynamodb(async |db, table| {
        let text = "x".repeat(dal_dynamodb::MAX_ITEM_BYTES);
        let large = put(&db, &table, "a", &text).await.unwrap_err();
        expect_never(&large, ErrorKind::TooLarge);

        let long_key = "k".repeat(dal_dynamodb::MAX_PARTITION_KEY_BYTES + 1);
        let long = put(&db, &table, &long_key, "").await.unwrap_err();
        expect_never(&long, ErrorKind::TooLarge);

        let mut long_sort = item("a", "");
        long_sort.insert(
            "sk".into(),
            s(&"k".repeat(dal_dynamodb::MAX_SORT_KEY_BYTES + 1)),
        );
        let long = db.insert_item(&table, "pk", long_sort).await.unwrap_err();
        expect_never(&long, ErrorKind::TooLarge);

        let many: Vec<_> = (0..=dal_dynamodb::MAX_TRANSACTION_ACTIONS)
            .map(|number| put_new(&table, &format!("many#{number}")))
            .collect();
        let error = transact(&db, &table, &many, &[]).await.unwrap_err();
        expect_never(&error, ErrorKind::TooLarge);

        let heavy: Vec<_> = (0..11)
            .map(|number| {
                let put = Put::builder()
                    .table_name(&table)
                    .set_item(Some(item(&format!("heavy#{number}"), &"x".repeat(400_000))))
                    .build()
                    .unwrap();
                TransactWriteItem::builder().put(put).build()
            })
            .collect();
        let error = transact(&db, &table, &heavy, &[]).await.unwrap_err();
        expect_never(&error, ErrorKind::TooLarge);
    });
}

#[test]
fn the_largest_item_by_our_own_count_is_accepted_and_one_byte_more_is_not() {
    on_dynamodb(async |db, table| {
        let mut largest = item("a", "");
        let rest = dal_dynamodb::MAX_ITEM_BYTES - dal_dynamodb::item_size(&largest);
        largest.insert("text".into(), s(&"x".repeat(rest)));
        assert_eq!(
            dal_dynamodb::item_size(&largest),
            dal_dynamodb::MAX_ITEM_BYTES
        );
        db.insert_item(&table, "pk", largest.clone()).await.unwrap();

        largest.insert("text".into(), s(&"x".repeat(rest + 1)));
        largest.insert("pk".into(), s("b"));
        let error = db.insert_item(&table, "pk", largest).await.unwrap_err();
        expect_never(&error, ErrorKind::TooLarge);
    });
}

#[test]
fn refused_values_and_expressions_are_invalid() {
    on_dynamodb(async |db, table| {
        let empty = put(&db, &table, "", "").await.unwrap_err();
        expect_never(&empty, ErrorKind::InvalidValue);

        let mut huge = item("a", "");
        huge.insert("number".into(), AttributeValue::N("1e200".into()));
        let error = db.insert_item(&table, "pk", huge).await.unwrap_err();
        expect_never(&error, ErrorKind::InvalidValue);

        let error = change(&db, &table, "a", "this is no (condition")
            .await
            .unwrap_err();
        expect_never(&error, ErrorKind::InvalidValue);
    });
}

#[test]
fn missing_tables_and_indexes_are_told() {
    on_dynamodb(async |db, table| {
        let missing = format!("{table}_missing");
        let error = put(&db, &missing, "a", "").await.unwrap_err();
        expect_never(&error, ErrorKind::NoSuchTable);

        let query = query(&db, &table, "by_nothing", "category = :v", false).await;
        expect_never(&query.unwrap_err(), ErrorKind::NoSuchTable);
    });
}

async fn query(
    db: &DynamoDb,
    table: &str,
    index: &str,
    condition: &str,
    consistent: bool,
) -> Result<(), Error> {
    db.call("Query", table, Idempotency::Read, || {
        db.client()
            .query()
            .table_name(table)
            .index_name(index)
            .key_condition_expression(condition)
            .expression_attribute_values(":v", s("v"))
            .consistent_read(consistent)
            .send()
    })
    .await
    .map(drop)
}

#[test]
fn queries_that_no_key_serves_or_that_dynamodb_cannot_do_are_told() {
    on_dynamodb(async |db, table| {
        let strong = query(&db, &table, "by_category", "category = :v", true)
            .await
            .unwrap_err();
        expect_never(&strong, ErrorKind::Unsupported);
        let no_path = query(&db, &table, "by_category", "sk = :v", false)
            .await
            .unwrap_err();
        expect_never(&no_path, ErrorKind::NoPath);

        let foreign = db
            .call("Query", &table, Idempotency::Read, || {
                db.client()
                    .query()
                    .table_name(&table)
                    .key_condition_expression("pk = :v")
                    .expression_attribute_values(":v", s("v"))
                    .set_exclusive_start_key(Some(key("another")))
                    .send()
            })
            .await
            .unwrap_err();
        expect_never(&foreign, ErrorKind::InvalidCursor);
    });
}

#[test]
fn one_token_has_one_effect_and_another_request_under_it_is_refused() {
    on_dynamodb(async |db, table| {
        let add = |by: u64| {
            let update = Update::builder()
                .table_name(&table)
                .set_key(Some(key("counter")))
                .update_expression("ADD hits :by")
                .expression_attribute_values(":by", n(by))
                .build()
                .unwrap();
            let token = request_token(&OpCx::new().with_token("same"), &table);
            let actions = TransactWriteItem::builder().update(update).build();
            let db = &db;
            let table = &table;
            async move {
                db.call("TransactWriteItems", table, Idempotency::ByToken, || {
                    db.client()
                        .transact_write_items()
                        .transact_items(actions.clone())
                        .client_request_token(&token)
                        .send()
                })
                .await
            }
        };
        add(1).await.unwrap();
        add(1).await.unwrap();
        let other = add(5).await.unwrap_err();
        expect_never(&other, ErrorKind::InvalidValue);
        let found = db
            .batch_get(&table, vec![key("counter")], true)
            .await
            .unwrap();
        assert_eq!(found[0]["hits"], n(1));
    });
}

#[test]
fn a_table_that_exists_is_waited_for() {
    on_dynamodb(async |db, table| {
        super::create(&db, &table).await;
        let error = db
            .wait_until_active(&format!("{table}_missing"))
            .await
            .unwrap_err();
        expect_never(&error, ErrorKind::NoSuchTable);
    });
}

#[test]
fn without_credentials_nothing_is_sent() {
    on_dynamodb(async |db, table| {
        let mut config = db.client().config().to_builder();
        config.set_credentials_provider(Some(
            aws_sdk_dynamodb::config::SharedCredentialsProvider::new(NoCredentials),
        ));
        let nobody = dal_dynamodb::from_config(config);
        let error = put(&nobody, &table, "a", "").await.unwrap_err();
        expect_never(&error, ErrorKind::Credentials);
    });
}

#[derive(Debug)]
struct NoCredentials;

impl aws_sdk_dynamodb::config::ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(
        &'a self,
    ) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        aws_credential_types::provider::future::ProvideCredentials::ready(Err(
            aws_credential_types::provider::error::CredentialsError::not_loaded("planted"),
        ))
    }
}

#[test]
fn a_port_where_nobody_listens_had_no_effect() {
    on_dynamodb(async |db, table| {
        let config = db
            .client()
            .config()
            .to_builder()
            .endpoint_url("http://127.0.0.1:1");
        let nowhere = dal_dynamodb::from_config(config).with_policy(dal_traits::RetryPolicy {
            max_attempts: 1,
            ..dal_traits::RetryPolicy::default()
        });
        let error = put(&nowhere, &table, "a", "").await.unwrap_err();
        let refused = (ErrorKind::Unavailable, Retry::Exhausted, Effect::None);
        expect(error.class(), &error.to_string(), refused);
    });
}

#[test]
fn batches_of_any_length_are_written_read_and_deleted() {
    use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};
    on_dynamodb(async |db, table| {
        let names: Vec<_> = (0..130).map(|number| format!("item#{number}")).collect();
        let puts = names.iter().map(|name| {
            let put = PutRequest::builder()
                .set_item(Some(item(name, "x")))
                .build()
                .unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        db.batch_write(&table, puts.collect()).await.unwrap();
        let keys: Vec<_> = names.iter().map(|name| key(name)).collect();
        assert_eq!(
            db.batch_get(&table, keys.clone(), true)
                .await
                .unwrap()
                .len(),
            130
        );

        let deletes = keys.iter().map(|key| {
            let delete = DeleteRequest::builder()
                .set_key(Some(key.clone()))
                .build()
                .unwrap();
            WriteRequest::builder().delete_request(delete).build()
        });
        db.batch_write(&table, deletes.collect()).await.unwrap();
        assert!(db.batch_get(&table, keys, true).await.unwrap().is_empty());
    });
}

#[test]
fn a_conditional_delete_of_a_missing_item_is_not_found() {
    on_dynamodb(async |db, table| {
        let delete = Delete::builder()
            .table_name(&table)
            .set_key(Some(key("none")))
            .condition_expression("attribute_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .unwrap();
        let action = TransactWriteItem::builder().delete(delete).build();
        let error = transact(&db, &table, &[action], &[Role::Change])
            .await
            .unwrap_err();
        expect_never(&error, ErrorKind::NotFound);
    });
}
