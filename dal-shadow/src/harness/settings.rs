//! The settings of a harness, grouped by what they are about.

use std::sync::Arc;
use std::time::Duration;

use dal_traits::{RetryBudget, RetryPolicy};

/// What "no limit" means in practice: a later moment cannot always be named.
const LONGEST: Duration = Duration::from_hours(24);

/// More reads than this are never under way.
const MOST_READS: usize = 1 << 20;

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

/// How reads of the secondary store are made, and when a difference counts.
///
/// ```
/// use std::time::Duration;
///
/// use dal_shadow::{Harness, Phase, ShadowReads};
/// use dal_shadow::source::Fixed;
///
/// let builder = Harness::builder(Fixed::new(Phase::ShadowRead)).shadow_reads(ShadowReads {
///     timeout: Duration::from_millis(500),
///     ..ShadowReads::default()
/// });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowReads {
    /// In which order both stores are read; by default the caller waits for nothing.
    pub order: Order,
    /// How long one shadow read may take; by default 1 s. A store that returns nothing to ten reads
    /// in a row, because it is late or refuses connections, is left alone for ten timeouts: further
    /// reads are shed, then one tries again.
    pub timeout: Duration,
    /// How many may be under way before further ones are shed; by default 64.
    pub in_flight: usize,
    /// How many bytes the snapshot of one answer may take; by default 1 MiB. A snapshot is made
    /// before the caller has its answer; a larger one is given up, and the call counts as
    /// inconclusive (`too_large`).
    pub snapshot_bytes: usize,
    /// How often both stores are read again before a difference is confirmed; by default twice.
    /// With 0 the first difference counts, but for a read without a key: the writes on their way are
    /// waited for, and it is read once more.
    pub rereads: u32,
    /// The pause before each time; by default 100 ms.
    pub reread_pause: Duration,
    /// How long a comparison waits for secondary writes of its record; by default 1 s. After that
    /// the read counts as `pending`.
    pub pending_timeout: Duration,
    /// How long one comparison may take, with your rules and normalizers; by default 5 s. One that
    /// takes longer is inconclusive (`user_code_stuck`), and its thread is left behind. With four
    /// of them nothing is compared until one comes back.
    pub compare_timeout: Duration,
}

/// How secondary writes are made.
///
/// ```
/// use dal_shadow::{Harness, Phase, SecondaryWrites};
/// use dal_shadow::source::Fixed;
///
/// let builder = Harness::builder(Fixed::new(Phase::DualWrite)).secondary_writes(SecondaryWrites {
///     in_flight: 8,
///     ..SecondaryWrites::default()
/// });
/// ```
#[derive(Clone, Debug)]
pub struct SecondaryWrites {
    /// How many may wait or be under way before further ones become transfers of their records; by
    /// default 1,024.
    pub queued: usize,
    /// How many writes and transfers of one entity run at once; by default 32.
    pub in_flight: usize,
    /// How long one attempt, or one transfer, may take; by default 10 s.
    pub attempt_timeout: Duration,
    /// How an attempt that failed is repeated; by default [`RetryPolicy::default`] with a budget of
    /// its own.
    pub retry: RetryPolicy,
    /// How long a caller waits for the secondary write, where it waits; by default 5 s. The write
    /// goes on after that.
    pub caller_timeout: Duration,
    /// Lets every caller wait, in every phase, and not only in `dynamodb-read`: for tests, and for
    /// entities whose writes need each other's records while they are in different phases (a
    /// checkout that reads the cart which another repository wrote).
    pub awaited: bool,
    /// How long one that is refused waits for the writes before it, of which it may need a record;
    /// by default 2 s. Then it is tried once more.
    pub refused_timeout: Duration,
}

/// How dirty records are repaired.
///
/// ```
/// use std::time::Duration;
///
/// use dal_shadow::{Harness, Phase, Repairs};
/// use dal_shadow::source::Fixed;
///
/// let builder = Harness::builder(Fixed::new(Phase::DualWrite)).repairs(Repairs {
///     late_effect: Duration::from_secs(30), // no statement of this store outlives its connection longer
///     ..Repairs::default()
/// });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repairs {
    /// How long an effect of unknown outcome may take to land on a store; by default 60 s. A record
    /// is transferred at once after such an outcome, and again after this time.
    pub late_effect: Duration,
    /// The pause after a transfer that failed, doubled each time; by default 50 ms.
    pub first_pause: Duration,
    /// The longest such pause; by default 30 s.
    pub longest_pause: Duration,
    /// How many records of one entity may be dirty before the entity is incomplete instead; by
    /// default a million. Each takes about a hundred bytes and its key.
    pub dirty_records: usize,
}

/// How the harness starts and steps.
///
/// ```
/// use std::time::Duration;
///
/// use dal_shadow::{Harness, Phase, Steps};
/// use dal_shadow::source::Fixed;
///
/// let builder = Harness::builder(Fixed::new(Phase::DualWrite)).steps(Steps {
///     closed_at_most: Duration::from_millis(50),
///     ..Steps::default()
/// });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// How long a step may wait for calls to end, and for what the secondary store lacks, before it
    /// is given up; by default 10 s.
    pub timeout: Duration,
    /// How long a hand-over may keep writes waiting; by default 250 ms.
    pub closed_at_most: Duration,
    /// How long the start waits for a source to become readable; by default 5 s.
    pub start_timeout: Duration,
}

/// What differs from [`ShadowReads`], and from the phase source, for one read method.
///
/// ```
/// use dal_shadow::{Harness, MethodSettings, Phase};
/// use dal_shadow::source::Fixed;
///
/// let all = MethodSettings {
///     sample: Some(100.0), // it is called rarely
///     ..MethodSettings::default()
/// };
/// let builder = Harness::builder(Fixed::new(Phase::ShadowRead)).method("user", "by_email", all);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MethodSettings {
    /// Per cent of its calls that are compared, in place of what the source says for the entity.
    pub sample: Option<f64>,
    /// How long one shadow read may take.
    pub timeout: Option<Duration>,
    /// How often both stores are read again before a difference is confirmed.
    pub rereads: Option<u32>,
}

impl Default for ShadowReads {
    fn default() -> Self {
        Self {
            order: Order::Detached,
            timeout: Duration::from_secs(1),
            in_flight: 64,
            snapshot_bytes: 1024 * 1024,
            rereads: 2,
            reread_pause: Duration::from_millis(100),
            pending_timeout: Duration::from_secs(1),
            compare_timeout: Duration::from_secs(5),
        }
    }
}

impl Default for SecondaryWrites {
    fn default() -> Self {
        Self {
            queued: 1_024,
            in_flight: 32,
            attempt_timeout: Duration::from_secs(10),
            retry: RetryPolicy {
                // Secondary writes are few when their store is well, and must get through when it
                // is not.
                budget: Arc::new(RetryBudget::new(u32::MAX / 2)),
                ..RetryPolicy::default()
            },
            caller_timeout: Duration::from_secs(5),
            awaited: false,
            refused_timeout: Duration::from_secs(2),
        }
    }
}

impl Default for Repairs {
    fn default() -> Self {
        Self {
            late_effect: Duration::from_mins(1),
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(30),
            dirty_records: 1_000_000,
        }
    }
}

impl Default for Steps {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            closed_at_most: Duration::from_millis(250),
            start_timeout: Duration::from_secs(5),
        }
    }
}

impl ShadowReads {
    /// The same, with moments that can be named.
    pub(super) fn bounded(self) -> Self {
        Self {
            timeout: self.timeout.min(LONGEST),
            in_flight: self.in_flight.min(MOST_READS),
            reread_pause: self.reread_pause.min(LONGEST),
            pending_timeout: self.pending_timeout.min(LONGEST),
            compare_timeout: self.compare_timeout.min(LONGEST),
            ..self
        }
    }
}

impl SecondaryWrites {
    /// The same, with moments that can be named.
    pub(super) fn bounded(self) -> Self {
        Self {
            attempt_timeout: self.attempt_timeout.min(LONGEST),
            caller_timeout: self.caller_timeout.min(LONGEST),
            refused_timeout: self.refused_timeout.min(LONGEST),
            ..self
        }
    }
}

impl Repairs {
    /// The same, with moments that can be named.
    pub(super) fn bounded(self) -> Self {
        let longest_pause = self.longest_pause.min(LONGEST);
        Self {
            late_effect: self.late_effect.min(LONGEST),
            first_pause: self.first_pause.min(longest_pause),
            longest_pause,
            ..self
        }
    }
}

impl MethodSettings {
    /// The same, with moments that can be named.
    pub(super) fn bounded(self) -> Self {
        Self {
            timeout: self.timeout.map(|timeout| timeout.min(LONGEST)),
            ..self
        }
    }
}

impl Steps {
    /// The same, with moments that can be named.
    pub(super) fn bounded(self) -> Self {
        Self {
            timeout: self.timeout.min(LONGEST),
            closed_at_most: self.closed_at_most.min(LONGEST),
            start_timeout: self.start_timeout.min(LONGEST),
        }
    }
}
