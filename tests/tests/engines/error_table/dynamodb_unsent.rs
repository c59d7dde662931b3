//! What fails before a request is sent, or on its way: read from both forms of the SDK's errors.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, Config, Credentials, ProvideCredentials, Region,
    SharedCredentialsProvider,
};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use dal_dynamodb::DynamoDb;
use dal_testkit::faults::{HttpFault, HttpFaults};
use dal_traits::{Effect, ErrorKind, Idempotency, Retry, RetryPolicy};

use super::dynamodb_faults::{add, behind, hits};
use super::{expect, item, on_dynamodb};

type Expected = (ErrorKind, Retry, Effect);

const UNREACHABLE: Expected = (ErrorKind::Unavailable, Retry::Backoff, Effect::None);
const CONFIG: Expected = (ErrorKind::Config, Retry::Never, Effect::None);
const MOMENT: Expected = (ErrorKind::Credentials, Retry::Backoff, Effect::None);
const WRONG: Expected = (ErrorKind::Credentials, Retry::Never, Effect::None);

/// Puts an item and compares what both forms of the error are read as.
async fn put_fails(client: &Client, table: &str, what: &str, expected: Expected) {
    let error = client
        .put_item()
        .table_name(table)
        .set_item(Some(item("a", "")))
        .send()
        .await
        .expect_err(what);
    both(error, what, expected);
}

fn both(error: SdkError<PutItemError>, what: &str, expected: Expected) {
    let what = &format!("{what}: {error:?}");
    expect(&dal_dynamodb::classify(&error), what, expected);
    let any = aws_sdk_dynamodb::Error::from(error);
    expect(&dal_dynamodb::classify_any(&any), what, expected);
}

fn with(db: &DynamoDb, change: impl FnOnce(Builder) -> Builder) -> Client {
    let config = change(db.client().config().to_builder());
    dal_dynamodb::from_config(config).client().clone()
}

/// Gives an error for the first `failures` times, then credentials.
#[derive(Debug)]
pub struct Provider {
    failures: usize,
    asked: AtomicUsize,
    error: fn() -> CredentialsError,
}

impl Provider {
    pub fn failing(failures: usize, error: fn() -> CredentialsError) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Self {
            failures,
            asked: AtomicUsize::new(0),
            error,
        })
    }
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        Provided::ready(if asked < self.failures {
            Err((self.error)())
        } else {
            Ok(credentials())
        })
    }
}

/// Those of the test kit's clients: DynamoDB Local keeps the tables of each key apart.
fn credentials() -> Credentials {
    Credentials::new("dal", "dal", None, None, "test")
}

fn provider_failed() -> CredentialsError {
    CredentialsError::provider_error("503 from the token service")
}

/// Makes the error of a provider.
pub type Failure = fn() -> CredentialsError;

#[test]
fn credentials_that_are_missing_or_wrong_are_final_and_a_provider_that_failed_is_not() {
    on_dynamodb(async |db, table| {
        let late = || CredentialsError::provider_timed_out(Duration::from_secs(5));
        let missing = || CredentialsError::not_loaded("planted");
        let malformed = || CredentialsError::invalid_configuration("planted");
        let cases: [(&str, Failure, Expected); 4] = [
            ("provider failed", provider_failed, MOMENT),
            ("provider late", late, MOMENT),
            ("not loaded", missing, WRONG),
            ("malformed", malformed, WRONG),
        ];
        for (what, error, expected) in cases {
            let client = with(&db, |config| {
                config.credentials_provider(Provider::failing(usize::MAX, error))
            });
            put_fails(&client, &table, what, expected).await;
        }
    });
}

#[test]
fn a_write_passes_once_its_provider_has_recovered() {
    on_dynamodb(async |db, table| {
        let client = with(&db, |config| {
            config.credentials_provider(Provider::failing(2, provider_failed))
        });
        let db = dal_dynamodb::from_client(&client);
        db.insert_item(&table, "pk", item("a", "")).await.unwrap();
    });
}

#[test]
fn a_clock_that_is_wrong_is_corrected_by_the_second_attempt() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        faults.clock_ahead(Duration::from_hours(1));
        add(&db, &table, Idempotency::None).await.unwrap();
        assert_eq!(faults.count("UpdateItem"), 2, "one refusal, one repetition");
        add(&db, &table, Idempotency::None).await.unwrap();
        assert_eq!(
            faults.count("UpdateItem"),
            3,
            "the client has learned the time"
        );
        assert_eq!(hits(&db, &table).await, "2");
    });
}

#[test]
fn what_is_not_configured_is_configuration() {
    on_dynamodb(async |db, table| {
        let nowhere = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials());
        let client = dal_dynamodb::from_config(nowhere).client().clone();
        put_fails(&client, &table, "no region", CONFIG).await;
        let client = with(&db, |config| config.endpoint_url("not a url"));
        put_fails(&client, &table, "endpoint", CONFIG).await;
    });
}

#[test]
fn a_service_that_cannot_be_reached_had_no_effect() {
    on_dynamodb(async |db, table| {
        for (what, url) in [
            ("refused", "http://127.0.0.1:1"),
            ("unknown name", "http://dal-no-such-host.invalid:8000"),
        ] {
            let client = with(&db, |config| config.endpoint_url(url));
            put_fails(&client, &table, what, UNREACHABLE).await;
        }
        let tls = with(&db, |config| {
            config
                .endpoint_url("https://127.0.0.1:1")
                .region(Region::new("eu-west-1"))
        });
        put_fails(&tls, &table, "refused, TLS", UNREACHABLE).await;
    });
}

#[test]
fn a_request_that_cannot_be_built_had_no_effect() {
    let error = SdkError::construction_failure("planted");
    let refused = (ErrorKind::InvalidValue, Retry::Never, Effect::None);
    both(error, "construction", refused);
}

#[test]
fn what_is_lost_on_the_way_is_unknown_in_both_forms() {
    on_dynamodb(async |db, table| {
        let (faults, db) = behind(&db);
        let late = (ErrorKind::Timeout, Retry::Backoff, Effect::Unknown);
        let lost = (ErrorKind::Unavailable, Retry::Backoff, Effect::Unknown);
        for (fault, expected) in [
            (HttpFault::Hang, late),
            (HttpFault::HangAfterApply, late),
            (HttpFault::ReplyLost, lost),
            (HttpFault::Garbage, lost),
        ] {
            let what = format!("{fault:?}");
            faults.next("PutItem", fault);
            put_fails(db.client(), &table, &what, expected).await;
        }
    });
}

#[test]
fn what_a_proxy_answers_is_read_by_its_status() {
    on_dynamodb(async |db, table| {
        let faults = Arc::new(HttpFaults::new());
        let client = faults.client(db.client());
        let db = dal_dynamodb::from_client(&client).with_policy(RetryPolicy {
            max_attempts: 1,
            ..RetryPolicy::default()
        });
        for (status, kind, effect) in [
            (403, ErrorKind::AccessDenied, Effect::None),
            (407, ErrorKind::Config, Effect::None),
            (413, ErrorKind::TooLarge, Effect::None),
            (429, ErrorKind::Throttled, Effect::None),
            (502, ErrorKind::Unavailable, Effect::Unknown),
            (504, ErrorKind::Unavailable, Effect::Unknown),
        ] {
            let body = serde_json::json!("<html>a proxy</html>");
            faults.next("PutItem", HttpFault::Answer { status, body });
            let error = db
                .client()
                .put_item()
                .table_name(&table)
                .set_item(Some(item("a", "")))
                .send()
                .await
                .unwrap_err();
            let class = dal_dynamodb::classify(&error);
            assert_eq!((class.kind, class.effect), (kind, effect), "{status}");
        }
    });
}
