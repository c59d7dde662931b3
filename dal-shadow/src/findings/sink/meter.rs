//! Outcomes and differing places as metrics.

use super::Sink;
use crate::findings::record::{CallOutcome, Record};

/// Counts through the `metrics` facade, under names as OpenTelemetry forms them:
///
/// * `dal.shadow.outcomes{dal.entity, dal.method, dal.outcome, dal.detail}`: every eligible call;
/// * `dal.shadow.differences{dal.entity, dal.method, dal.outcome, dal.path}`: differing places, the
///   path without indices and keys, so that labels are as many as the types have fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricsSink;

impl Sink for MetricsSink {
    fn count(&self, entity: &'static str, method: &'static str, outcome: &CallOutcome) {
        metrics::counter!(
            "dal.shadow.outcomes",
            "dal.entity" => entity,
            "dal.method" => method,
            "dal.outcome" => outcome.as_str(),
            "dal.detail" => outcome.detail().unwrap_or_default().to_owned(),
        )
        .increment(1);
    }

    fn record(&self, record: &Record) {
        for difference in &record.differences {
            metrics::counter!(
                "dal.shadow.differences",
                "dal.entity" => record.entity,
                "dal.method" => record.method,
                "dal.outcome" => record.outcome.as_str(),
                "dal.path" => difference.shape.clone(),
            )
            .increment(1);
        }
    }
}
