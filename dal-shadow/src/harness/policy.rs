//! What all of a harness's settings come to.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::harness::evidence::Evidence;
use crate::harness::settings::{MethodSettings, Repairs, SecondaryWrites, ShadowReads, Steps};

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
    /// What differs for a method, by entity and method.
    pub(crate) methods: BTreeMap<(String, String), MethodSettings>,
}

/// How the reads of one method are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Compared {
    /// Per cent of the calls, where the method does not follow its entity.
    pub(crate) sample: Option<f64>,
    pub(crate) timeout: Duration,
    pub(crate) rereads: u32,
}

impl Policy {
    /// What a step forward of an entity needs to be shown.
    pub(crate) fn evidence_of(&self, entity: &str) -> Evidence {
        let own = self.evidence_for.get(entity);
        own.copied().unwrap_or(self.evidence)
    }

    /// How the reads of a method are compared.
    pub(crate) fn of_method(&self, entity: &str, method: &str) -> Compared {
        let own = self.methods.get(&(entity.to_owned(), method.to_owned()));
        let own = own.copied().unwrap_or_default();
        Compared {
            sample: own.sample,
            timeout: own.timeout.unwrap_or(self.reads.timeout),
            rereads: own.rereads.unwrap_or(self.reads.rereads),
        }
    }

    /// What is wrong with the settings of a method.
    pub(super) fn problem(&self) -> Option<String> {
        self.methods.iter().find_map(|((entity, method), own)| {
            let sample = own.sample?;
            let valid = (0.0..=100.0).contains(&sample);
            (!valid).then(|| {
                format!(
                    "the sample of `{entity}.{method}` is {sample}: write per cent, from 0 to 100"
                )
            })
        })
    }
}
