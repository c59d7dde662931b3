//! Logs and metrics of the process.

use std::sync::{Mutex, PoisonError};

use dal_traits::{Error, ErrorKind, Result};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// Writes events to standard error, those that `RUST_LOG` names (by default `info` and above).
///
/// # Errors
/// [`ErrorKind::Config`] when the process writes its events elsewhere already.
pub fn start_logging(json: bool) -> Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let events = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = if json {
        events.json().try_init()
    } else {
        events.try_init()
    };
    started.map_err(|native| {
        Error::new(ErrorKind::Config, "events are written elsewhere already").source(native)
    })
}

/// The metrics of this process. The first call takes over the `metrics` facade; later ones give the
/// same.
///
/// # Errors
/// [`ErrorKind::Config`] when something else has taken it over.
pub fn metrics() -> Result<PrometheusHandle> {
    static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*installed {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets(&BUCKETS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|native| {
            Error::new(ErrorKind::Config, "metrics are collected elsewhere already").source(native)
        })?;
    metrics::describe_histogram!(
        "http.server.request.duration",
        metrics::Unit::Seconds,
        "Duration of HTTP server requests."
    );
    dal_traits::telemetry::describe_metrics();
    Ok(installed.insert(handle).clone())
}
