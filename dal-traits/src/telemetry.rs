//! One span and one measurement for each call, named as OpenTelemetry's semantic conventions for
//! databases say ("Semantic conventions for database client spans", "… metrics"). Never a value.

use std::future::Future;

use tokio::time::Instant;
use tracing::Instrument;

use crate::{Class, OpCx};

/// Runs `call` in the span `db.call` and measures it as `db.client.operation.duration` (seconds).
///
/// `system` is the database's name among those conventions (`mysql`, `aws.dynamodb`); `read` gives the
/// class and the server's status code of an error.
pub async fn observe<T, E>(
    system: &'static str,
    cx: &OpCx,
    operation: &'static str,
    table: &str,
    read: impl Fn(&E) -> (Class, Option<String>),
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let span = tracing::info_span!(
        "db.call",
        otel.name = %format_args!("{operation} {table}"),
        otel.kind = "client",
        otel.status_code = tracing::field::Empty,
        db.system.name = system,
        db.operation.name = operation,
        db.collection.name = table,
        db.response.status_code = tracing::field::Empty,
        error.type = tracing::field::Empty,
        correlation_id = cx.correlation_id(),
    );
    let started = Instant::now();
    let answer = call.instrument(span.clone()).await;
    let seconds = started.elapsed().as_secs_f64();
    let mut labels = vec![
        metrics::Label::from_static_parts("db.system.name", system),
        metrics::Label::from_static_parts("db.operation.name", operation),
        metrics::Label::new("db.collection.name", table.to_owned()),
    ];
    if let Err(error) = &answer {
        let (class, status) = read(error);
        span.record("otel.status_code", "ERROR");
        span.record("error.type", class.kind.as_str());
        labels.push(metrics::Label::from_static_parts(
            "error.type",
            class.kind.as_str(),
        ));
        if let Some(status) = status {
            span.record("db.response.status_code", status.as_str());
            labels.push(metrics::Label::new("db.response.status_code", status));
        }
    }
    metrics::histogram!("db.client.operation.duration", labels).record(seconds);
    answer
}

/// Describes the metrics of database calls to the installed recorder. Once, at start.
pub fn describe_metrics() {
    metrics::describe_histogram!(
        "db.client.operation.duration",
        metrics::Unit::Seconds,
        "Duration of database client operations."
    );
}
