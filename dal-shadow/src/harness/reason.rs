//! Why a step may not be taken.

use std::fmt;

use serde::Serialize;

use crate::flow::converge::Incomplete;
use crate::phases::Store;

/// Why a step may not be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The entity has no phase to step from, or is not known.
    NoPhase,
    /// The phase is in force already.
    InForce,
    /// The step is not between neighbours.
    NotAdjacent,
    /// The phase writes both stores, and the harness was built without `best_effort_writes()`.
    NeedsBestEffort,
    /// A store that the step needs may lack records.
    Incomplete {
        /// The store.
        store: Store,
        /// Why.
        why: Incomplete,
    },
    /// Records may differ, until a transfer has made them equal.
    Dirty {
        /// How many.
        records: usize,
    },
    /// Secondary writes wait or are under way. A step waits for them itself.
    Pending {
        /// How many.
        writes: usize,
    },
    /// No read of the entity was compared since the last copy: no traffic is no evidence.
    NothingCompared,
    /// A read method was compared too rarely.
    TooFew {
        /// The method.
        method: &'static str,
        /// How often it was compared.
        compared: u64,
        /// How often it must be.
        needed: u64,
    },
    /// The stores returned different answers.
    Different {
        /// The method.
        method: &'static str,
        /// In so many calls.
        times: u64,
    },
    /// Too large a share of the calls of a method ended like this.
    TooMany {
        /// The method.
        method: &'static str,
        /// How: `lagging`, `unstable`, `pending`, `shed`, `inconclusive` or `timed_out`.
        outcome: &'static str,
        /// So many calls.
        times: u64,
        /// Of so many.
        of: u64,
        /// Of which so many may end like this.
        at_most: u64,
    },
    /// A reason of another entity of the group.
    Member {
        /// The entity.
        entity: String,
        /// Its reason.
        because: Box<Reason>,
    },
    /// The store that is to answer cannot do what the other one does.
    Unsupported {
        /// The method.
        method: &'static str,
        /// In so many calls.
        times: u64,
    },
}

impl Reason {
    /// The same, as a reason of this entity for its group.
    pub(crate) fn of(self, entity: &str) -> Self {
        Self::Member {
            entity: entity.to_owned(),
            because: Box::new(self),
        }
    }

    /// Whether it is one of the group, and not of one entity.
    pub(crate) const fn is_of_group(&self) -> bool {
        matches!(self, Self::NeedsBestEffort | Self::NotAdjacent)
    }

    /// Whether `!` in a setting steps past it: not what a step by hand would stop at, too.
    pub(crate) const fn can_be_forced(&self) -> bool {
        matches!(
            self,
            Self::NothingCompared
                | Self::TooFew { .. }
                | Self::Different { .. }
                | Self::TooMany { .. }
                | Self::Unsupported { .. }
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InForce => f.write_str("the phase is in force already"),
            Self::NoPhase => f.write_str("the entity is not known or has no phase"),
            Self::NotAdjacent => f.write_str("only steps between neighbours are taken"),
            Self::NeedsBestEffort => {
                f.write_str("the harness was built without `best_effort_writes()`")
            }
            Self::Incomplete { store, why } => write!(f, "{store} is incomplete ({why})"),
            Self::Dirty { records } => {
                write!(f, "{records} dirty records wait for a transfer")
            }
            Self::Pending { writes } => write!(f, "{writes} secondary writes have not ended"),
            Self::NothingCompared => f.write_str("no read was compared: no traffic, no evidence"),
            Self::TooFew {
                method,
                compared,
                needed,
            } => write!(f, "{method}: {compared} calls compared of {needed} needed"),
            Self::Different { method, times } => write!(f, "{method}: {times} calls different"),
            Self::TooMany {
                method,
                outcome,
                times,
                of,
                at_most,
            } => write!(
                f,
                "{method}: {times} of {of} calls {outcome}, at most {at_most} allowed"
            ),
            Self::Member { entity, because } => write!(f, "{entity}: {because}"),
            Self::Unsupported { method, times } => write!(
                f,
                "{method}: the secondary does not support it ({times} calls)"
            ),
        }
    }
}

/// The reasons in words: one that several entities of a group have stands once, after their names.
/// Those that name no entity are of `own`.
pub(super) fn said(own: Option<&str>, reasons: &[Reason]) -> Vec<String> {
    let mut said: Vec<(String, Vec<Option<&str>>)> = Vec::new();
    for reason in reasons {
        let (entity, because) = match reason {
            Reason::Member { entity, because } => (Some(entity.as_str()), because.to_string()),
            own => (None, own.to_string()),
        };
        match said.iter_mut().find(|(known, _)| *known == because) {
            Some((_, entities)) => entities.push(entity),
            None => said.push((because, vec![entity])),
        }
    }
    let with_names = |(because, entities): (String, Vec<Option<&str>>)| {
        if entities == [None] {
            return because;
        }
        let names: Vec<_> = entities.into_iter().filter_map(|it| it.or(own)).collect();
        format!("{}: {because}", names.join(", "))
    };
    said.into_iter().map(with_names).collect()
}
