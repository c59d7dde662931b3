//! One span and one measurement for each attempt, named as OpenTelemetry's semantic conventions for
//! databases say ("Semantic conventions for database client spans", "… metrics"). Never a value.

use std::future::Future;

use tokio::time::Instant;
use tracing::Instrument;

use crate::OpCx;
use crate::failed::{Call, Failed, Reading};

/// The time of one attempt, in seconds.
pub const DURATION: &str = "db.client.operation.duration";

/// Attempts that were repeated.
pub const RETRIES: &str = "dal.client.operation.retries";

/// Runs `future` in the span `db.call` and measures it as [`DURATION`]. `read` is called once, and
/// only for an error.
///
/// # Errors
/// The error of `future`, with its reading.
pub async fn observe<T, E>(
    call: Call<'_>,
    cx: &OpCx,
    read: impl Fn(&E) -> Reading,
    future: impl Future<Output = Result<T, E>>,
) -> Result<T, Failed<E>> {
    let Call {
        system,
        operation,
        table,
    } = call;
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
    let result = future.instrument(span.clone()).await;
    let seconds = started.elapsed().as_secs_f64();
    let mut labels = vec![
        metrics::Label::from_static_parts("db.system.name", system),
        metrics::Label::from_static_parts("db.operation.name", operation),
        metrics::Label::new("db.collection.name", table.to_owned()),
    ];
    let result = result.map_err(|error| {
        let reading = read(&error);
        let kind = reading.class.kind.as_str();
        span.record("otel.status_code", "ERROR");
        span.record("error.type", kind);
        labels.push(metrics::Label::from_static_parts("error.type", kind));
        if let Some(status) = &reading.status {
            span.record("db.response.status_code", status.as_str());
            labels.push(metrics::Label::new(
                "db.response.status_code",
                status.clone(),
            ));
        }
        Failed { reading, error }
    });
    metrics::histogram!(DURATION, labels).record(seconds);
    result
}

/// Describes the metrics of database calls to the installed recorder. Once, at start.
pub fn describe_metrics() {
    metrics::describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "Duration of database client operations."
    );
    metrics::describe_counter!(
        RETRIES,
        "Attempts of database client operations that were repeated."
    );
}
