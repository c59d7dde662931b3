//! What a harness has counted.

mod since;
mod text;

use serde::Serialize;

use crate::findings::delivery::SinkReport;
use crate::harness::counts::{Counts, WriteCounts};
use crate::harness::entity::EntityStatus;
use crate::harness::method::MethodReport;
use crate::rules::RuleReport;

/// Everything counted since the start of the process. `Display` is a table for people, serde the
/// same for programs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Where the phases come from.
    pub source: String,
    /// Why the source is unreadable at this moment.
    pub problem: Option<String>,
    /// Names in the source that no wrapper of this process has: usually a mistyped entity.
    pub unused: Vec<String>,
    /// Names in the settings of the harness that no wrapper has: entities as `order`, read methods
    /// as `user.by_email`.
    pub unused_settings: Vec<String>,
    /// Whether secondary writes may be lost when the process ends: nothing keeps them durably.
    pub best_effort_writes: bool,
    /// The entities, by name.
    pub entities: Vec<EntityReport>,
    /// The rules and their hits.
    pub rules: Vec<RuleReport>,
    /// What the sinks did not take.
    pub sinks: SinkReport,
}

/// What was counted of an entity, and where it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntityReport {
    /// Where it is now. This, and not a count, says what may be missing: `dirty` and `incomplete`.
    #[serde(flatten)]
    pub status: EntityStatus,
    /// Whether secondary writes can be lost in this phase: nothing keeps them durably.
    pub best_effort: bool,
    /// The methods, in order of declaration.
    pub methods: Vec<MethodReport>,
}

/// The sums over some methods; the meaning of each is that of [`MethodReport`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Calls.
    pub calls: u64,
    /// Calls of writes.
    pub writes: u64,
    /// Error answers.
    pub errors: u64,
    /// Reads that a fence sent to the primary store for writes.
    pub fenced: u64,
    /// How the calls ended that can be compared.
    #[serde(flatten)]
    pub counts: Counts,
    /// What became of secondary writes. Transfers bring what was `refused`, `failed` or is
    /// `unknown`: what may be missing now is in [`EntityReport::status`].
    pub secondary_writes: WriteCounts,
}

impl Report {
    /// Every method of every entity.
    pub fn methods(&self) -> impl Iterator<Item = &MethodReport> {
        self.entities.iter().flat_map(|entity| &entity.methods)
    }

    /// The sums over all methods.
    pub fn total(&self) -> Totals {
        let mut total = Totals::default();
        for method in self.methods() {
            total.add(method);
        }
        total
    }
}

impl Totals {
    /// Adds what was counted of a method.
    fn add(&mut self, method: &MethodReport) {
        self.calls += method.calls;
        self.writes += if method.write { method.calls } else { 0 };
        self.errors += method.errors.values().sum::<u64>();
        self.fenced += method.fenced;
        self.counts.add(&method.counts);
        self.secondary_writes.add(&method.secondary_writes);
    }
}
