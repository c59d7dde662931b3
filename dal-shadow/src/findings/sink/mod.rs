//! Where records go. Sinks run on a thread of their own: no call waits for one.

mod events;
mod json_lines;
mod meter;
mod ring;
mod rotation;

pub use events::TracingSink;
pub use json_lines::JsonLinesSink;
pub use meter::MetricsSink;
pub use ring::{Raw, RingSink};
pub use rotation::FileLimits;

pub use crate::findings::measure::{Measured, Measurement};
use crate::findings::record::{CallOutcome, Finding, Record, Repetition};

/// A place for records.
///
/// Its methods are called one after the other, on a thread of the harness, so one that waits or panics
/// costs no caller anything. Findings that come faster than the sinks take them are dropped; what
/// was dropped and what panicked is in [`Report::sinks`](crate::Report::sinks).
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use dal_shadow::record::Record;
/// use dal_shadow::sink::Sink;
///
/// /// Counts the differences, for a health check.
/// #[derive(Default)]
/// struct Differences(AtomicU64);
///
/// impl Sink for Differences {
///     fn record(&self, record: &Record) {
///         if record.outcome.is_mismatch() {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// # use dal_shadow::{Harness, Phase, source::Fixed};
/// let builder = Harness::builder(Fixed::new(Phase::MySqlOnly)).sink(Differences::default());
/// ```
pub trait Sink: Send + Sync {
    /// So many eligible calls ended like this. Each outcome of a method is counted no times at first,
    /// so that a metric exists before its first call.
    fn count(
        &self,
        _entity: &'static str,
        _method: &'static str,
        _outcome: &CallOutcome,
        _times: u64,
    ) {
    }

    /// What is measured of the harness, about once a second: where each entity stands, secondary
    /// writes, breakers and the time that both stores take. Everything is there from the moment at
    /// which its wrapper is made, at zero.
    fn measured(&self, _now: &[Measurement]) {}

    /// Takes the record of a finding, redacted: at its 1st, 2nd, 4th, 8th … time.
    fn record(&self, record: &Record);

    /// The same finding at every other time; nothing of it is rendered.
    fn repeated(&self, _again: &Repetition) {}

    /// Whether the sink wants values as well: then every finding is given to
    /// [`record_unredacted`](Self::record_unredacted), and none to the two above. Only for what stays
    /// in the process.
    fn wants_values(&self) -> bool {
        false
    }

    /// A finding as it was, values and all, for a sink that [wants](Self::wants_values) them.
    fn record_unredacted(&self, record: &Record, _finding: &Finding) {
        self.record(record);
    }

    /// Waits, for a bounded time, until what was taken so far is where it belongs.
    fn flush(&self) {}
}
