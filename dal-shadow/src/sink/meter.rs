//! Outcomes and differing places as metrics.

use super::Sink;
use crate::record::{CallOutcome, Record};

/// Counts through the `metrics` facade:
///
/// * `dal_shadow_outcomes_total{entity, method, outcome, detail}`: every eligible call;
/// * `dal_shadow_differences_total{entity, method, outcome, path}`: differing places, the path
///   without indices and keys, so that labels are as many as the types have fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricsSink;

impl Sink for MetricsSink {
    fn count(&self, entity: &'static str, method: &'static str, outcome: &CallOutcome) {
        metrics::counter!(
            "dal_shadow_outcomes_total",
            "entity" => entity,
            "method" => method,
            "outcome" => outcome.as_str(),
            "detail" => outcome.detail().unwrap_or_default().to_owned(),
        )
        .increment(1);
    }

    fn record(&self, record: &Record) {
        for difference in &record.differences {
            metrics::counter!(
                "dal_shadow_differences_total",
                "entity" => record.entity,
                "method" => record.method,
                "outcome" => record.outcome.as_str(),
                "path" => difference.shape.clone(),
            )
            .increment(1);
        }
    }
}
