//! How a harness treats the secondary store.

use std::collections::BTreeMap;
use std::time::Duration;

use dal_traits::{RetryBudget, RetryPolicy};

use crate::harness::evidence::Evidence;

/// In which order the two stores are read when both are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// The primary; the secondary after the caller has its answer. The caller waits for nothing.
    #[default]
    Detached,
    /// Both at once. The caller waits for the primary only.
    Concurrent,
    /// The primary, then the secondary. The caller waits for both and for the comparison, at most
    /// the timeout of a shadow read: for tests.
    PrimaryFirst,
}

/// The settings of a harness.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) best_effort_writes: bool,
    /// Both stores hold the same records when the harness starts.
    pub(crate) hold_the_same: bool,
    pub(crate) order: Order,
    pub(crate) deadline: Duration,
    pub(crate) reads_in_flight: usize,
    /// Bytes of the snapshot of one answer.
    pub(crate) snapshot: usize,
    pub(crate) rereads: u32,
    pub(crate) reread_pause: Duration,
    pub(crate) secondary_write_wait: Duration,
    pub(crate) await_secondary_writes: bool,
    pub(crate) secondary_write_attempt: Duration,
    pub(crate) secondary_write_retry: RetryPolicy,
    pub(crate) secondary_writes_queue: usize,
    pub(crate) secondary_writes_in_flight: usize,
    pub(crate) start_wait: Duration,
    pub(crate) step_deadline: Duration,
    /// How long a hand-over may keep writes waiting.
    pub(crate) closed_at_most: Duration,
    /// How long a comparison waits for secondary writes of its record.
    pub(crate) pending_wait: Duration,
    /// How long a refused secondary write waits for the ones before it.
    pub(crate) refused_wait: Duration,
    /// How long an effect of unknown outcome may take to land.
    pub(crate) late_effect: Duration,
    /// The first pause after a transfer that failed, and the longest.
    pub(crate) transfer_pauses: (Duration, Duration),
    /// Dirty records of one entity before it is incomplete.
    pub(crate) dirty_records: usize,
    /// What a step forward needs to be shown, and for these entities in particular.
    pub(crate) evidence: Evidence,
    pub(crate) evidence_for: BTreeMap<String, Evidence>,
}

impl Policy {
    /// What a step forward of an entity needs to be shown.
    pub(crate) fn evidence_of(&self, entity: &str) -> Evidence {
        let own = self.evidence_for.get(entity);
        own.copied().unwrap_or(self.evidence)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            best_effort_writes: false,
            hold_the_same: false,
            order: Order::Detached,
            deadline: Duration::from_secs(1),
            reads_in_flight: 64,
            snapshot: 1024 * 1024,
            rereads: 2,
            reread_pause: Duration::from_millis(100),
            secondary_write_wait: Duration::from_secs(5),
            await_secondary_writes: false,
            secondary_write_attempt: Duration::from_secs(10),
            secondary_write_retry: RetryPolicy {
                // Secondary writes are few when their store is well, and must get through when it
                // is not.
                budget: std::sync::Arc::new(RetryBudget::new(u32::MAX / 2)),
                ..RetryPolicy::default()
            },
            secondary_writes_queue: 1_024,
            secondary_writes_in_flight: 32,
            start_wait: Duration::from_secs(5),
            step_deadline: Duration::from_secs(10),
            closed_at_most: Duration::from_millis(250),
            pending_wait: Duration::from_secs(1),
            refused_wait: Duration::from_secs(2),
            late_effect: Duration::from_mins(1),
            transfer_pauses: (Duration::from_millis(50), Duration::from_secs(30)),
            dirty_records: 1_000_000,
            evidence: Evidence::default(),
            evidence_for: BTreeMap::new(),
        }
    }
}
