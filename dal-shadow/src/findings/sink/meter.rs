//! Outcomes and differing places as metrics.

use super::{Measured, Measurement, Sink};
use crate::findings::record::{CallOutcome, Record, Repetition};

/// Counts through the `metrics` facade, under names as OpenTelemetry forms them:
///
/// * `dal.shadow.outcomes{dal.entity, dal.method, dal.outcome, dal.detail}`: every eligible call;
/// * `dal.shadow.differences{dal.entity, dal.method, dal.outcome, dal.path}`: differing places, the
///   path without indices and keys, so that labels are as many as the types have fields;
/// * what is [measured](Sink::measured) of the harness; `docs/errors.md` of the repository lists the
///   names.
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricsSink;

impl Sink for MetricsSink {
    fn count(&self, entity: &'static str, method: &'static str, outcome: &CallOutcome, times: u64) {
        metrics::counter!(
            "dal.shadow.outcomes",
            "dal.entity" => entity,
            "dal.method" => method,
            "dal.outcome" => outcome.as_str(),
            "dal.detail" => outcome.detail().unwrap_or_default().to_owned(),
        )
        .increment(times);
    }

    fn measured(&self, now: &[Measurement]) {
        for Measurement {
            name,
            attributes,
            value,
        } in now
        {
            let labels: Vec<_> = attributes
                .iter()
                .map(|(key, value)| metrics::Label::new(*key, value.clone()))
                .collect();
            match value {
                Measured::Gauge(value) => metrics::gauge!(*name, labels).set(*value),
                Measured::Count(times) => metrics::counter!(*name, labels).increment(*times),
                Measured::Seconds(seconds) => {
                    let histogram = metrics::histogram!(*name, labels);
                    for (value, times) in seconds {
                        histogram
                            .record_many(*value, usize::try_from(*times).unwrap_or(usize::MAX));
                    }
                }
            }
        }
    }

    fn record(&self, record: &Record) {
        for difference in &record.differences {
            differs(
                record.entity,
                record.method,
                &record.outcome,
                &difference.shape,
            );
        }
    }

    fn repeated(&self, again: &Repetition) {
        for shape in &again.shapes {
            differs(again.entity, again.method, &again.outcome, shape);
        }
    }
}

fn differs(entity: &'static str, method: &'static str, outcome: &CallOutcome, shape: &str) {
    metrics::counter!(
        "dal.shadow.differences",
        "dal.entity" => entity,
        "dal.method" => method,
        "dal.outcome" => outcome.as_str(),
        "dal.path" => shape.to_owned(),
    )
    .increment(1);
}
