//! Whether a step may be taken: yes with the evidence, or no with the reasons.

use std::fmt;

use serde::Serialize;

use crate::flow::converge::{Incomplete, Standing};
use crate::harness::evidence::{Evidence, MethodEvidence, needs_evidence};
use crate::harness::reason::{Reason, said};
use crate::phases::{Phase, Store};

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

    /// Whether the step may be taken, from what is known.
    pub(crate) fn from_facts(entity: &str, from: Phase, to: Phase, facts: Facts) -> Self {
        let reasons = facts.reasons(from, to);
        Self {
            methods: facts.methods,
            ..Self::new(entity, Some(from), to, reasons)
        }
    }

    /// What holds for another entity of the group counts as well; what holds for the whole group,
    /// once.
    pub(crate) fn and(&mut self, entity: &str, other: Self) {
        for reason in other.reasons {
            if !reason.is_of_group() || !self.reasons.contains(&reason) {
                self.reasons.push(reason.of(entity));
            }
        }
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
            reasons.extend(self.evidence.missing(&self.methods));
        }
        reasons
    }
}

impl fmt::Display for MayStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.map_or("no phase", Phase::as_str);
        let answer = if self.may { "yes" } else { "no" };
        write!(f, "{}: {from} → {}: {answer}", self.entity, self.to)?;
        for reason in said(Some(&self.entity), &self.reasons) {
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
