//! What happens to the steps of groups, and what is to be done about it.

use super::incomplete::Incomplete;
use super::name::{EntityId, StepId};
use crate::phases::{Phase, Store};

/// Something that happened to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepEvent {
    /// A step of the entity's group is asked for.
    Asked {
        step: StepId,
        entity: EntityId,
        to: Phase,
        /// The phase in force for which the step was found to be right; in another one it is given
        /// up.
        from: Option<Phase>,
        /// It waits for a moment at which nothing is dirty or on its way, also when no store gains
        /// a role.
        settled: bool,
    },
    /// The gates that were closed with this token hold no write any more.
    GatesEmpty { step: StepId, token: u64 },
    /// They have been closed as long as they may be.
    ClosedTooLong { step: StepId, token: u64 },
    /// The pause after that is over.
    PauseOver { step: StepId, token: u64 },
    /// The step has taken as long as it may.
    TimedOut { step: StepId },
    /// The last call of the old phase has left.
    CallsLeft { step: StepId },
    /// The step is no longer wanted.
    Abandoned { step: StepId },
}

/// Something to do for a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StepEffect {
    /// Let calls of an entity in for the first time; writes only where it is open.
    Begin {
        entity: EntityId,
        phase: Phase,
        open: bool,
    },
    /// Let no write in, and report when none is inside.
    Close {
        step: StepId,
        token: u64,
        entities: Vec<EntityId>,
    },
    /// Let writes in again, in the old phase.
    Open {
        step: StepId,
        entities: Vec<EntityId>,
    },
    /// Let calls in, all of them in the new phase, and report when those of the old one have left.
    Change {
        step: StepId,
        entities: Vec<EntityId>,
        to: Phase,
    },
    /// Tell the caller that asked for the step.
    Ended { step: StepId, end: StepEnd },
    /// Let no write in until the phase changes.
    Hold { entities: Vec<EntityId> },
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StepEnd {
    /// The new phase is in force, and no call of the old one is under way.
    Done,
    /// The new phase is in force, and calls of the old one are still under way.
    CallsUnderWay,
    /// An entity of the group has no phase yet.
    NoPhase,
    /// The step is not between neighbours.
    NotAdjacent { from: Phase },
    /// The entities of the group are in different phases, and the new one is not next to all of
    /// them.
    Apart { phases: Vec<(EntityId, Phase)> },
    /// A store that gains a role may lack records of this entity.
    Incomplete {
        entity: EntityId,
        phase: Phase,
        store: Store,
        why: Incomplete,
    },
    /// Writes or dirty records did not come to rest in time.
    UnderWay {
        phase: Phase,
        pending: usize,
        dirty: usize,
    },
    /// The step was given up: it is no longer wanted, or the phase in force is not the one for which
    /// it was asked.
    Abandoned,
    /// The harness is shutting down.
    Stopped,
}
