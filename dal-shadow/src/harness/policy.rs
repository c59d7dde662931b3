//! What all of a harness's settings come to.

use std::collections::BTreeMap;

use crate::harness::evidence::Evidence;
use crate::harness::settings::{Repairs, SecondaryWrites, ShadowReads, Steps};

/// The settings of a harness.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) best_effort_writes: bool,
    /// Both stores hold the same records when the harness starts.
    pub(crate) hold_the_same: bool,
    pub(crate) reads: ShadowReads,
    pub(crate) writes: SecondaryWrites,
    pub(crate) repairs: Repairs,
    pub(crate) steps: Steps,
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
