//! Why a step was not taken.

use crate::flow::converge::Incomplete;
use crate::harness::reason::{Reason, said};
use crate::phases::{Phase, Store};

/// Why a step was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepError {
    /// The entity has no phase to step from.
    NoPhase(String),
    /// No wrapper of this process has an entity of this name.
    Unknown {
        /// The name that was given.
        entity: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The step is not between neighbours.
    NotAdjacent {
        /// The phase in force.
        from: Phase,
        /// The phase that was asked for.
        to: Phase,
    },
    /// The phase writes both stores, and a secondary write could be lost.
    NeedsBestEffort(Phase),
    /// Writes, secondary writes or transfers did not end in time. The old phase is in force.
    WritesUnderWay {
        /// The phase in force.
        phase: Phase,
        /// Secondary writes that wait or are under way.
        pending: usize,
        /// Records that need a transfer.
        dirty: usize,
    },
    /// The store that would gain a role may lack records. The old phase is in force.
    Incomplete {
        /// The entity: the one of the step, or one of its group.
        entity: String,
        /// The phase in force.
        phase: Phase,
        /// The store.
        store: Store,
        /// Why.
        why: Incomplete,
    },
    /// The source asked for the step, and comparisons speak against it, or say too little. The old
    /// phase is in force.
    NoEvidence {
        /// The phase in force.
        phase: Phase,
        /// The phase that was asked for.
        to: Phase,
        /// What is missing.
        reasons: Vec<Reason>,
    },
    /// The new phase is in force, but calls of the old one are still under way.
    CallsUnderWay(Phase),
    /// The entities of the group are in different phases, and the one that was asked for is not next
    /// to each of them.
    Apart {
        /// The phases in force, by entity.
        phases: Vec<(String, Phase)>,
        /// The phase that was asked for.
        to: Phase,
    },
    /// The step was given up before the phase changed: the source says something else by now, or
    /// another step came first. The old phase is in force.
    Abandoned,
    /// A copy was asked for in a phase that writes one store only.
    WritesOneStore(Phase),
    /// A record was named by a key of another type than `repair` on the trait takes.
    OtherKey {
        /// The entity.
        entity: String,
        /// The type that its keys have.
        expected: &'static str,
        /// The type of the key that was given.
        given: &'static str,
    },
    /// The process is shutting down.
    ShuttingDown,
}

impl std::fmt::Display for StepError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoPhase(entity) => {
                write!(
                    f,
                    "`{entity}` has no phase yet: name it (or `*`) in the phase source"
                )
            }
            Self::Unknown { entity, known } => write!(
                f,
                "no wrapper of this process is for `{entity}`; there are: {}",
                known.join(", ")
            ),
            Self::NotAdjacent { from, to } => write!(
                f,
                "{from} → {to} is no step: only neighbours are ({}); {from} stays",
                Phase::ALL.map(Phase::as_str).join(" – ")
            ),
            Self::NeedsBestEffort(to) => write!(
                f,
                "{to} writes both stores, and nothing keeps a secondary write durably: say `best_effort_writes()` when the harness is built"
            ),
            Self::WritesUnderWay {
                phase,
                pending,
                dirty,
            } => write!(
                f,
                "{pending} secondary writes and {dirty} dirty records did not come to rest in time; {phase} stays: try again when the slow store has recovered"
            ),
            Self::Incomplete {
                entity,
                phase,
                store,
                why,
            } => write!(
                f,
                "{entity}: {store} is incomplete ({why}); {phase} stays: take a mark with `repairing`, copy every record, and give the mark to `repaired`"
            ),
            Self::NoEvidence { phase, to, reasons } => write!(
                f,
                "{}; {phase} stays until the evidence is there: see `may_step`, or write `{to}!` in the phase source to force the step",
                joined(reasons)
            ),
            Self::CallsUnderWay(to) => write!(
                f,
                "{to} is in force, but calls that began before it are still under way"
            ),
            Self::WritesOneStore(phase) => write!(
                f,
                "{phase} writes one store only, so a copy would miss what is written beside it: step to a phase that writes both, then copy"
            ),
            Self::Apart { phases, to } => {
                let phases: Vec<_> = phases
                    .iter()
                    .map(|(entity, phase)| format!("`{entity}` in {phase}"))
                    .collect();
                write!(
                    f,
                    "{to} is not next to each phase of the group ({}): step to one that is",
                    phases.join(", ")
                )
            }
            Self::OtherKey {
                entity,
                expected,
                given,
            } => write!(
                f,
                "`{entity}` is repaired by keys of type `{expected}`, not `{given}`: give the key exactly this type"
            ),
            Self::Abandoned => f.write_str(
                "the step was given up before the phase changed: something else is wanted by now",
            ),
            Self::ShuttingDown => f.write_str("the process is shutting down"),
        }
    }
}

impl std::error::Error for StepError {}

/// The reasons in one line.
pub(super) fn joined(reasons: &[Reason]) -> String {
    said(None, reasons).join("; ")
}
