//! What happens to writes, and what is to be done about it.

use std::time::Duration;

use super::incomplete::Incomplete;
use super::name::{CallId, EntityId, RecordId};
use super::step_event::{StepEffect, StepEvent};
use crate::phases::{Phase, Store};

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
        /// The entities of which its answer may name more records.
        names_more: Vec<EntityId>,
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
    /// These entities are one group: their records are written together.
    Joined {
        entities: Vec<EntityId>,
        /// The phase source does not name two phases for the group: one that has no phase takes the
        /// one in force. Otherwise its calls wait.
        agreed: bool,
    },
    /// The first phase of an entity, and the stores that may lack records then.
    PhaseGiven {
        entity: EntityId,
        phase: Phase,
        lacks: Vec<(Store, Incomplete)>,
    },
    /// Something happened to a step.
    Step(StepEvent),
    /// The process ends: nothing is written any more.
    Stopped,
}

/// How a primary write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PrimaryEnd {
    /// It was made, and has to be made on the secondary store; the answer names these records too.
    Made { named: Vec<RecordId> },
    /// It was refused, or changed nothing.
    Nothing,
    /// It is not known whether it was, or will be, made.
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
    /// It is not known whether it was, or will be, made.
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
    /// It is not known whether it has had, or will have, an effect.
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
    /// Something to do for a step.
    Step(StepEffect),
}
