//! Whether a step may be taken: yes with the evidence, or no with the reasons.

use std::fmt;

use serde::Serialize;

use crate::flow::converge::{Incomplete, Standing};
use crate::harness::evidence::{Evidence, MethodEvidence};
use crate::phases::{Phase, SecondaryRole, Store, Verb, plan};

/// Whether a step may be taken: see [`Harness::may_step`](super::Harness::may_step). `Display` is
/// for people, serde for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MayStep {
    /// The entity.
    pub entity: String,
    /// The phase in force.
    pub from: Option<Phase>,
    /// The phase that was asked for.
    pub to: Phase,
    /// Whether it may be taken: there is no reason against it.
    pub may: bool,
    /// Why not.
    pub reasons: Vec<Reason>,
    /// What comparisons have shown, for the read methods that were called; those of the other
    /// entities of the group after its own.
    pub methods: Vec<MethodEvidence>,
}

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

/// What is known of an entity when a step is asked for.
pub(crate) struct Facts {
    pub(crate) best_effort: bool,
    pub(crate) incomplete: Vec<(Store, Incomplete)>,
    pub(crate) standing: Standing,
    /// Without one there is nothing that could be compared in this process.
    pub(crate) has_wrapper: bool,
    pub(crate) methods: Vec<MethodEvidence>,
    pub(crate) evidence: Evidence,
}

impl MayStep {
    pub(crate) fn new(entity: &str, from: Option<Phase>, to: Phase, reasons: Vec<Reason>) -> Self {
        Self {
            entity: entity.to_owned(),
            from,
            to,
            may: reasons.is_empty(),
            reasons,
            methods: Vec::new(),
        }
    }

    /// Judges the step from what is known.
    pub(crate) fn judge(entity: &str, from: Phase, to: Phase, facts: Facts) -> Self {
        let reasons = facts.reasons(from, to);
        Self {
            methods: facts.methods,
            ..Self::new(entity, Some(from), to, reasons)
        }
    }

    /// What holds for another entity of the group counts as well.
    pub(crate) fn and(&mut self, entity: &str, other: Self) {
        let reasons = other.reasons.into_iter();
        self.reasons.extend(reasons.map(|reason| reason.of(entity)));
        self.methods.extend(other.methods);
        self.may = self.reasons.is_empty();
    }
}

impl Facts {
    fn reasons(&self, from: Phase, to: Phase) -> Vec<Reason> {
        if !from.is_adjacent(to) {
            return vec![Reason::NotAdjacent];
        }
        let mut reasons = Vec::new();
        if to.writes_both() && !self.best_effort {
            reasons.push(Reason::NeedsBestEffort);
        }
        let (gains, needs_evidence) = (from.gains(to), needs_evidence(from, to));
        // Comparisons with a store that lacks records show nothing, whichever store it is.
        let incomplete = self.incomplete.iter();
        reasons.extend(
            incomplete
                .filter(|(store, _)| needs_evidence || Some(*store) == gains)
                .map(|&(store, why)| Reason::Incomplete { store, why }),
        );
        if needs_evidence || gains.is_some() {
            let Standing { pending, dirty, .. } = self.standing;
            if dirty > 0 {
                reasons.push(Reason::Dirty { records: dirty });
            }
            if pending > 0 {
                reasons.push(Reason::Pending { writes: pending });
            }
        }
        if needs_evidence && self.has_wrapper {
            if self.methods.iter().all(|method| method.compared == 0) {
                reasons.push(Reason::NothingCompared);
            }
            for method in &self.methods {
                self.of_method(method, &mut reasons);
            }
        }
        reasons
    }

    fn of_method(&self, counts: &MethodEvidence, reasons: &mut Vec<Reason>) {
        let method = counts.method;
        let (compared, needed) = (counts.compared, self.evidence.min_compared);
        if counts.different > 0 {
            let times = counts.different;
            reasons.push(Reason::Different { method, times });
        }
        if compared < needed {
            reasons.push(Reason::TooFew {
                method,
                compared,
                needed,
            });
        }
        let of = counts.judged();
        let at_most = self.evidence.at_most(of);
        let shares = counts.shares().into_iter();
        reasons.extend(
            shares
                .filter(|(_, times)| *times > at_most)
                .map(|(outcome, times)| Reason::TooMany {
                    method,
                    outcome,
                    times,
                    of,
                    at_most,
                }),
        );
        if counts.unsupported > 0 {
            let times = counts.unsupported;
            reasons.push(Reason::Unsupported { method, times });
        }
    }
}

impl Reason {
    /// The same, as a reason of this entity for its group.
    pub(crate) fn of(self, entity: &str) -> Self {
        Self::Member {
            entity: entity.to_owned(),
            because: Box::new(self),
        }
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

impl fmt::Display for MayStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.map_or("no phase", Phase::as_str);
        let answer = if self.may { "yes" } else { "no" };
        write!(f, "{}: {from} → {}: {answer}", self.entity, self.to)?;
        for reason in &self.reasons {
            write!(f, "\n  {reason}")?;
        }
        if self.may {
            for method in &self.methods {
                write!(f, "\n  ")?;
                if method.entity != self.entity {
                    write!(f, "{}: ", method.entity)?;
                }
                write!(f, "{}: {} compared", method.method, method.compared)?;
                for (outcome, times) in method.shares() {
                    if times > 0 {
                        write!(f, ", {times} {outcome}")?;
                    }
                }
            }
        }
        Ok(())
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

/// Whether the step relies on what comparisons have shown: it leads forward, from a phase that
/// compares reads.
pub(crate) fn needs_evidence(from: Phase, to: Phase) -> bool {
    to > from && plan(from, Verb::Read).secondary == SecondaryRole::Compare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_steps_forward_from_where_reads_are_compared_need_evidence() {
        let pairs = Phase::ALL.windows(2);
        let forward: Vec<bool> = pairs.map(|it| needs_evidence(it[0], it[1])).collect();
        assert_eq!(forward, [false, false, true, true, true]);
        let mut pairs = Phase::ALL.windows(2);
        assert!(pairs.all(|it| !needs_evidence(it[1], it[0])));
    }
}
