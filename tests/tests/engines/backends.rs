//! The two database crates as hand-written code meets them: clients, spans and metrics.

use crate::capture::capture;
use dal_testkit::faults::{HttpFault, HttpFaults};
use dal_testkit::servers::{self, DynamoDbKind, Engine, announce, runtime};
use dal_traits::{Idempotency, OpCx};
use sqlx::Executor;

const SUITE: &str = "backends";

#[test]
fn mysql_calls_are_seen_under_the_names_of_opentelemetry() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    let ((), captured) = capture(async {
        dal_mysql::describe_metrics();
        let url = servers::mysql().fresh_database().await.unwrap();
        let db = dal_mysql::connect(&url).await.unwrap();
        let cx = OpCx::new().with_correlation_id("corr-7");
        let call = db.statement("SELECT", "missing", Idempotency::Read, || async {
            db.pool().execute("SELECT * FROM missing").await
        });
        cx.scope(call).await.unwrap_err();
    });
    let span = captured.line("span db.call");
    for field in [
        "otel.name=SELECT missing",
        "otel.kind=\"client\"",
        "db.system.name=\"mysql\"",
        "db.operation.name=\"SELECT\"",
        "db.collection.name=\"missing\"",
        "correlation_id=\"corr-7\"",
    ] {
        assert!(span.contains(field), "{field} is missing in {span}");
    }
    let lines = captured.lines().join("\n");
    assert!(lines.contains("error.type=\"no_such_table\""), "{lines}");
    assert!(
        lines.contains("db.response.status_code=\"1146\""),
        "{lines}"
    );
    assert_eq!(
        captured.line("describe"),
        "describe db.client.operation.duration Some(Seconds)"
    );
    let metric = captured.line("histogram");
    assert!(
        metric.starts_with(
            "histogram db.client.operation.duration db.system.name=mysql db.operation.name=SELECT \
             db.collection.name=missing error.type=no_such_table db.response.status_code=1146 value=0."
        ),
        "{metric}"
    );
}

#[test]
fn dynamodb_calls_are_seen_under_the_names_of_opentelemetry_each_attempt_by_itself() {
    for engine in announce(SUITE, &[Engine::Embedded, Engine::Local]) {
        let server = servers::dynamodb(match engine {
            Engine::Embedded => DynamoDbKind::Embedded,
            _ => DynamoDbKind::Local,
        });
        let ((), captured) = capture(async {
            let faults = HttpFaults::new();
            let db = dal_dynamodb::from_client(&faults.client(&server.client()));
            faults.next("ListTables", HttpFault::throttled());
            db.call("ListTables", "all", Idempotency::Read, || {
                db.client().list_tables().send()
            })
            .await
            .unwrap();
        });
        let lines = captured.lines();
        let of = |start: &str| {
            let found = lines.iter().filter(|line| line.starts_with(start));
            found.cloned().collect::<Vec<_>>()
        };
        assert_eq!(of("span db.call").len(), 2, "{lines:#?}");
        assert!(
            captured
                .line("span db.call")
                .contains("db.system.name=\"aws.dynamodb\"")
        );
        let metrics = of("histogram db.client.operation.duration");
        assert_eq!(metrics.len(), 2, "{lines:#?}");
        assert!(
            metrics[0].contains(
                "db.system.name=aws.dynamodb db.operation.name=ListTables db.collection.name=all \
                 error.type=throttled db.response.status_code=ProvisionedThroughputExceededException"
            ),
            "{metrics:#?}"
        );
        assert!(!metrics[1].contains("error.type"), "{metrics:#?}");
        assert_eq!(
            of("counter dal.client.operation.retries error.type=throttled").len(),
            1
        );
    }
}

#[test]
fn the_sdk_repeats_nothing_by_itself() {
    if announce(SUITE, &[Engine::Embedded]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let server = servers::dynamodb(DynamoDbKind::Embedded);
        let faults = HttpFaults::new();
        // A client with the SDK's own retries, as an application may have.
        let eager = aws_sdk_dynamodb::Client::from_conf(
            faults
                .client(&server.client())
                .config()
                .to_builder()
                .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::standard())
                .build(),
        );
        let db = dal_dynamodb::from_client(&eager);
        faults.always("ListTables", HttpFault::server_error(500));
        db.client().list_tables().send().await.unwrap_err();
        assert_eq!(faults.count("ListTables"), 1);
    });
}
