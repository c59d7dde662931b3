//! The events of DynamoDB.

use std::fmt;
use std::io::Write;
use std::net::TcpListener;
use std::pin::Pin;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextMut;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, Config, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use dal_dynamodb::{DynamoDb, Role};
use dal_testkit::faults::{HttpFault, HttpFaults};
use dal_traits::{Class, Idempotency, OpCx};
use tokio::time::Instant;

use super::super::dynamodb_faults::{add, behind};
use super::super::dynamodb_unsent::{Failure, Provider};
use super::super::{item, key, s};

/// A table, behind a connector that fails on demand.
pub struct Links {
    db: DynamoDb,
    faults: HttpFaults,
    table: String,
}

pub fn links(db: &DynamoDb, table: &str) -> Links {
    let (faults, db) = behind(db);
    Links {
        db,
        faults,
        table: table.to_owned(),
    }
}

type Produced<'a> = Pin<Box<dyn Future<Output = Class> + 'a>>;

/// A put of an item that is not there, under a condition.
fn put<'a>(links: &'a Links, pk: &str, condition: &str, roles: Vec<Role>) -> Produced<'a> {
    let put = links
        .db
        .client()
        .put_item()
        .table_name(&links.table)
        .set_item(Some(item(pk, "")))
        .condition_expression(condition);
    Box::pin(async move {
        let refused = put.send().await.unwrap_err();
        dal_dynamodb::classify_as(&refused, &roles)
    })
}

pub fn insert(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        there(links, "taken").await;
        put(
            links,
            "taken",
            "attribute_not_exists(pk)",
            vec![Role::Insert],
        )
        .await
    })
}

/// Puts an item there.
async fn there(links: &Links, pk: &str) {
    let put = links.db.client().put_item().table_name(&links.table);
    put.set_item(Some(item(pk, ""))).send().await.unwrap();
}

/// A put of a new user under the second of two actions.
fn transaction(links: &Links, second: TransactWriteItem, role: Role) -> Produced<'_> {
    let user = Put::builder()
        .table_name(&links.table)
        .set_item(Some(item("user#new", "")))
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .unwrap();
    let transaction = links
        .db
        .client()
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(user).build())
        .transact_items(second);
    Box::pin(async move {
        let cancelled = transaction.send().await.unwrap_err();
        dal_dynamodb::classify_as(&cancelled, &[Role::Insert, role])
    })
}

pub fn unique(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        there(links, "email#taken").await;
        let guard = Put::builder()
            .table_name(&links.table)
            .set_item(Some(item("email#taken", "")))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .unwrap();
        let guard = TransactWriteItem::builder().put(guard).build();
        let class = transaction(links, guard, Role::unique("email")).await;
        assert_eq!(class.constraint.as_deref(), Some("email"));
        class
    })
}

fn parent(links: &Links) -> TransactWriteItem {
    let check = ConditionCheck::builder()
        .table_name(&links.table)
        .set_key(Some(key("team#missing")))
        .condition_expression("attribute_exists(pk)")
        .build()
        .unwrap();
    TransactWriteItem::builder().condition_check(check).build()
}

pub fn reference(links: &Links) -> Produced<'_> {
    transaction(links, parent(links), Role::reference("team"))
}

/// A change that asks for the old item.
fn change<'a>(links: &'a Links, pk: &'a str, condition: &'a str) -> Produced<'a> {
    Box::pin(async move {
        let refused = links
            .db
            .client()
            .update_item()
            .table_name(&links.table)
            .set_key(Some(key(pk)))
            .update_expression("SET #t = :t")
            .condition_expression(condition)
            .expression_attribute_names("#t", "text")
            .expression_attribute_values(":t", s("new"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await
            .unwrap_err();
        dal_dynamodb::classify_as(&refused, &[Role::Change])
    })
}

pub fn change_of_nothing(links: &Links) -> Produced<'_> {
    change(links, "nobody", "attribute_exists(pk)")
}

pub fn change_refused(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        there(links, "somebody").await;
        change(links, "somebody", "attribute_not_exists(#t)").await
    })
}

pub fn condition(links: &Links) -> Produced<'_> {
    put(links, "nobody", "attribute_exists(pk)", vec![])
}

/// In place of its effect, this happens to an update.
fn struck(links: &Links, fault: HttpFault) -> Produced<'_> {
    Box::pin(async move {
        links.faults.next("UpdateItem", fault);
        update(&links.db, &links.table).await
    })
}

/// The class of an update that fails.
async fn update(db: &DynamoDb, table: &str) -> Class {
    let update = db.client().update_item().table_name(table);
    let failed = update.set_key(Some(key("any"))).send().await;
    dal_dynamodb::classify(&failed.unwrap_err())
}

fn exception<'a>(links: &'a Links, name: &str) -> Produced<'a> {
    struck(links, HttpFault::exception(name))
}

pub fn conflict(links: &Links) -> Produced<'_> {
    exception(links, "TransactionConflictException")
}

pub fn cancelled_by_conflict(links: &Links) -> Produced<'_> {
    let cancelled = HttpFault::cancelled(&["None", "TransactionConflict"]);
    links.faults.next("TransactWriteItems", cancelled);
    transaction(links, parent(links), Role::Condition)
}

pub fn in_progress(links: &Links) -> Produced<'_> {
    exception(links, "TransactionInProgressException")
}

pub fn no_throughput(links: &Links) -> Produced<'_> {
    exception(links, "ProvisionedThroughputExceededException")
}

pub fn throttled(links: &Links) -> Produced<'_> {
    exception(links, "ThrottlingException")
}

/// An update by the same client, but for its configuration.
fn with(links: &Links, change: impl FnOnce(Builder) -> Builder) -> Produced<'_> {
    let config = change(links.db.client().config().to_builder());
    let db = dal_dynamodb::from_config(config);
    Box::pin(async move { update(&db, &links.table).await })
}

/// A client as an application makes it, without a region.
fn nowhere() -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("dal", "dal", None, None, "test"))
}

pub fn refused(links: &Links) -> Produced<'_> {
    with(links, |config| config.endpoint_url("http://127.0.0.1:1"))
}

pub fn unknown_host(links: &Links) -> Produced<'_> {
    with(links, |config| {
        config.endpoint_url("http://dal-no-such-host.invalid:8000")
    })
}

/// What listens there speaks no TLS.
pub fn handshake(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let plain = TcpListener::bind("127.0.0.1:0").unwrap();
        let config = nowhere()
            .region(Region::new("eu-west-1"))
            .endpoint_url(format!("https://{}", plain.local_addr().unwrap()));
        let asked = std::thread::spawn(move || {
            let (mut link, _) = plain.accept().unwrap();
            link.write_all(b"220 hello\r\n").unwrap();
        });
        let class = update(&dal_dynamodb::from_config(config), &links.table).await;
        asked.join().unwrap();
        class
    })
}

pub fn reply_lost(links: &Links) -> Produced<'_> {
    struck(links, HttpFault::ReplyLost)
}

pub fn garbage(links: &Links) -> Produced<'_> {
    struck(links, HttpFault::Garbage)
}

pub fn server_error(links: &Links) -> Produced<'_> {
    struck(links, HttpFault::server_error(503))
}

pub fn attempt_timeout(links: &Links) -> Produced<'_> {
    links.faults.next("UpdateItem", HttpFault::Hang);
    with(links, |config| {
        let soon = TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_millis(200))
            .build();
        config.timeout_config(soon)
    })
}

pub fn deadline(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        links.faults.everywhere(HttpFault::Hang);
        let cx = OpCx::new().with_deadline(Instant::now() + Duration::from_millis(200));
        let late = cx
            .scope(add(&links.db, &links.table, Idempotency::None))
            .await;
        late.unwrap_err().class().clone()
    })
}

pub fn expired_token(links: &Links) -> Produced<'_> {
    exception(links, "ExpiredTokenException")
}

fn signature<'a>(links: &'a Links, text: &str) -> Produced<'a> {
    struck(
        links,
        HttpFault::exception_with("InvalidSignatureException", text),
    )
}

pub fn expired_signature(links: &Links) -> Produced<'_> {
    signature(
        links,
        "Signature expired: 20261127T101500Z is now earlier than 20261127T102000Z",
    )
}

pub fn wrong_clock(links: &Links) -> Produced<'_> {
    links.faults.clock_ahead(Duration::from_hours(1));
    Box::pin(update(&links.db, &links.table))
}

fn provider(links: &Links, error: Failure) -> Produced<'_> {
    with(links, |config| {
        config.credentials_provider(Provider::failing(usize::MAX, error))
    })
}

pub fn provider_late(links: &Links) -> Produced<'_> {
    provider(links, || {
        CredentialsError::provider_timed_out(Duration::from_secs(5))
    })
}

pub fn provider_failed(links: &Links) -> Produced<'_> {
    provider(links, || CredentialsError::provider_error("planted"))
}

pub fn not_loaded(links: &Links) -> Produced<'_> {
    provider(links, || CredentialsError::not_loaded("planted"))
}

pub fn malformed_profile(links: &Links) -> Produced<'_> {
    provider(links, || CredentialsError::invalid_configuration("planted"))
}

pub fn unknown_key(links: &Links) -> Produced<'_> {
    exception(links, "UnrecognizedClientException")
}

pub fn wrong_key(links: &Links) -> Produced<'_> {
    signature(
        links,
        "The request signature we calculated does not match the signature you provided.",
    )
}

pub fn no_region(links: &Links) -> Produced<'_> {
    let db = dal_dynamodb::from_config(nowhere());
    Box::pin(async move { update(&db, &links.table).await })
}

pub fn no_endpoint(links: &Links) -> Produced<'_> {
    with(links, |config| config.endpoint_url("not a url"))
}

pub fn proxy(links: &Links) -> Produced<'_> {
    let body = serde_json::json!("<html>a proxy</html>");
    struck(links, HttpFault::Answer { status: 407, body })
}

/// Refuses a request before it is written.
#[derive(Debug)]
struct Refusing;

impl Intercept for Refusing {
    fn name(&self) -> &'static str {
        "Refusing"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Err("planted".into())
    }
}

pub fn not_built(links: &Links) -> Produced<'_> {
    with(links, |config| config.interceptor(Refusing))
}

/// Refuses a request that was written, before it is sent.
pub fn not_sent(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let update = links.db.client().update_item().table_name(&links.table);
        let refused = update
            .set_key(Some(key("any")))
            .customize()
            .map_request(|_: HttpRequest| Err::<HttpRequest, _>(fmt::Error))
            .send()
            .await;
        dal_dynamodb::classify(&refused.unwrap_err())
    })
}

pub fn backfilling(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let text = "Cannot read from backfilling global secondary index: by_category";
        let filling = HttpFault::exception_with("ValidationException", text);
        links.faults.next("Query", filling);
        let query = links.db.client().query().table_name(&links.table);
        let refused = query
            .index_name("by_category")
            .key_condition_expression("category = :v")
            .expression_attribute_values(":v", s("v"))
            .send()
            .await;
        dal_dynamodb::classify(&refused.unwrap_err())
    })
}
