//! What happens to writes, and what is to be done about it.

use std::time::Duration;

/// An entity of a harness, by its number there.
pub(crate) type EntityId = u32;

/// A write of a harness, by its number there.
pub(crate) type CallId = u64;

/// A record: an entity and the hash of its ordering key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RecordId {
    pub(crate) entity: EntityId,
    pub(crate) key: u128,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A write is about to be sent to the primary store.
    Began {
        call: CallId,
        /// The entity whose wrapper sends it.
        entity: EntityId,
        /// The records that its arguments name.
        records: Vec<RecordId>,
        /// It changes its entity as a whole (`key = all`).
        bulk: bool,
        /// Its answer may name more records.
        names_more: bool,
    },
    /// The primary store answered, or will not any more.
    PrimaryEnded { call: CallId, end: PrimaryEnd },
    /// The caller hears success, or has gone, before the secondary write has ended.
    Acknowledged { call: CallId },
    /// The secondary write ended.
    SecondaryEnded { call: CallId, end: SecondaryEnd },
    /// A refused secondary write has waited long enough for the ones before it.
    Waited { call: CallId },
    /// A transfer ended.
    TransferEnded { record: RecordId, end: TransferEnd },
    /// The pause after a transfer that failed is over.
    RetryDue { record: RecordId },
    /// An effect that was unknown has had its time to land.
    LateDue { record: RecordId, token: u64 },
    /// The stores may differ in this record, for a reason outside of writes: a copy.
    Marked { record: RecordId },
    /// The secondary store is no longer written: what waits for it is given up.
    GivenUp { entity: EntityId },
    /// The secondary store will be written again.
    Resumed { entity: EntityId },
}

/// How a primary write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PrimaryEnd {
    /// It was made, and has to be made on the secondary store; the answer names these records too.
    Made { named: Vec<RecordId> },
    /// It was refused, or changed nothing.
    Nothing,
    /// Nobody knows whether it was, or will be, made.
    Unknown,
}

/// How a secondary write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecondaryEnd {
    /// It was made.
    Made,
    /// The store refused it.
    Refused,
    /// It was not made.
    Failed,
    /// Nobody knows whether it was, or will be, made.
    Unknown,
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferEnd {
    /// The secondary store holds what the primary one held when it was read.
    Done,
    /// The secondary store refused the record.
    Refused,
    /// It did not come about, without an effect.
    Failed,
    /// Nobody knows whether it has had, or will have, an effect.
    Unknown,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Send the secondary write.
    Write { call: CallId },
    /// Do not send it: transfers bring its records.
    Drop { call: CallId },
    /// Nothing waits for this write any more.
    Settle { call: CallId },
    /// Read the record from the primary store and make the secondary one equal.
    Transfer { record: RecordId },
    /// Report this event after a pause.
    Later { after: Duration, event: Event },
    /// The record is at rest: its key is no longer needed.
    Forget { record: RecordId },
    /// Records of the entity, nobody knows which, may be missing in the secondary store.
    Incomplete { entity: EntityId, why: Incomplete },
}

/// Why an entity is incomplete on a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Incomplete {
    /// The store was not written in an earlier phase, or nothing says that it was ever filled.
    NeverFilled,
    /// Nothing says what was on its way when the process ended the last time.
    UncleanStop,
    /// A primary write of unknown effect, whose records only its answer would have named.
    UnknownCreate,
    /// A write of the whole entity failed on the secondary store.
    Bulk,
    /// A secondary write failed, or writes of one record overlapped, and the trait does not say how
    /// a record is repaired.
    NoRepair,
    /// More records were dirty than are kept.
    Overflow,
}

impl Incomplete {
    /// The reason's stable name in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverFilled => "never_filled",
            Self::UncleanStop => "unclean_stop",
            Self::UnknownCreate => "unknown_create",
            Self::Bulk => "bulk_write_failed",
            Self::NoRepair => "no_repair",
            Self::Overflow => "overflow",
        }
    }
}

impl serde::Serialize for Incomplete {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl std::fmt::Display for Incomplete {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NeverFilled => "nothing says that the store was filled: copy the records",
            Self::UncleanStop => "the process ended with writes on their way: copy the records",
            Self::UnknownCreate => {
                "a write ended without an answer, and only the answer would have named its record"
            }
            Self::Bulk => "a write of the whole entity failed on the secondary store",
            Self::NoRepair => {
                "a secondary write failed or overlapped another one, and the trait has no `repair`"
            }
            Self::Overflow => "more records were dirty than are kept",
        })
    }
}
