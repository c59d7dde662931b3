//! Records as `tracing` events.

use super::Sink;
use crate::findings::record::Record;

/// Writes findings as `tracing` events of the target `dal_shadow`: mismatches and lost secondary
/// writes as warnings, the rest as debug.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingSink;

impl Sink for TracingSink {
    fn record(&self, record: &Record) {
        // The level of an event is fixed where it is written, hence a macro.
        macro_rules! write_at {
            ($level:ident) => {
                tracing::$level!(
                    target: "dal_shadow",
                    entity = record.entity,
                    method = record.method,
                    phase = record.phase,
                    epoch = record.epoch,
                    answered_by = record.answered_by,
                    key_hash = record.key_hash,
                    outcome = record.outcome.as_str(),
                    detail = record.outcome.detail(),
                    differences = %places(record),
                    fingerprint = %record.fingerprint,
                    count = record.seen.count,
                    correlation_id = record.correlation_id,
                    "{}",
                    record.outcome.sentence()
                )
            };
        }
        if record.outcome.is_alarming() {
            write_at!(warn);
        } else {
            write_at!(debug);
        }
    }
}

fn places(record: &Record) -> String {
    let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "absent".to_owned());
    let places = record.differences.iter().map(|difference| {
        let (primary, secondary) = (side(&difference.primary), side(&difference.secondary));
        let beside = match difference.beside.as_slice() {
            [] => String::new(),
            beside => format!(" ({})", beside.join(", ")),
        };
        format!("{}: {primary} | {secondary}{beside}", difference.path)
    });
    places.collect::<Vec<_>>().join("; ")
}
