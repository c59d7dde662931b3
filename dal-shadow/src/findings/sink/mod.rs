//! Where records go. Every sink is bounded, and none makes a call wait for a disk or a network.

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

use crate::findings::record::{CallOutcome, Finding, Record};

/// A place for records.
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
    /// An eligible call ended like this. Called for each, on the way of the caller for those that
    /// are not compared: it has to be quick.
    fn count(&self, _entity: &'static str, _method: &'static str, _outcome: &CallOutcome) {}

    /// Takes the record of a finding. Must not wait.
    fn record(&self, record: &Record);

    /// The same with the finding as it was, values and all. Only for what stays in the process:
    /// the default passes on the record alone.
    fn record_unredacted(&self, record: &Record, _finding: &Finding<'_>) {
        self.record(record);
    }

    /// Waits, for a bounded time, until what was taken so far is where it belongs.
    fn flush(&self) {}
}
