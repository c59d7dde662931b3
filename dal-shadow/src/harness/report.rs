//! What a harness has counted.

mod since;
mod text;

use serde::Serialize;

use crate::findings::delivery::SinkReport;
use crate::harness::entity::EntityReport;
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
    /// Whether secondary writes may be lost when the process ends: nothing keeps them durably.
    pub best_effort_writes: bool,
    /// The entities, by name.
    pub entities: Vec<EntityReport>,
    /// The rules and their hits.
    pub rules: Vec<RuleReport>,
    /// What the sinks did not take.
    pub sinks: SinkReport,
}

/// The sums over some methods; the meaning of each is that of [`MethodReport`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Calls.
    pub calls: u64,
    /// Calls of writes.
    pub writes: u64,
    /// Calls that can be compared.
    pub eligible: u64,
    /// Compared.
    pub compared: u64,
    /// Acknowledged by both.
    pub acknowledged: u64,
    /// Shed.
    pub shed: u64,
    /// Timed out.
    pub timed_out: u64,
    /// Inconclusive.
    pub inconclusive: u64,
    /// Not in the sample.
    pub unsampled: u64,
    /// Not decided yet.
    pub in_flight: u64,
    /// Equal.
    pub equal: u64,
    /// Different.
    pub different: u64,
    /// Error answers.
    pub errors: u64,
    /// Secondary writes that were not made, or may not have been, since the start. With `repair` on
    /// the trait, transfers bring their records: [`EntityStatus`](crate::EntityStatus) says what is
    /// missing now.
    pub missing_writes: u64,
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
    /// Whether every eligible call is accounted for, exactly.
    pub const fn adds_up(&self) -> bool {
        self.eligible
            == self.compared
                + self.acknowledged
                + self.shed
                + self.timed_out
                + self.inconclusive
                + self.unsampled
                + self.in_flight
    }

    /// Adds what was counted of a method.
    fn add(&mut self, method: &MethodReport) {
        self.calls += method.calls;
        self.writes += if method.write { method.calls } else { 0 };
        self.eligible += method.eligible;
        self.compared += method.compared;
        self.acknowledged += method.acknowledged;
        self.shed += method.shed;
        self.timed_out += method.timed_out;
        self.inconclusive += method.inconclusive;
        self.unsampled += method.unsampled;
        self.in_flight += method.in_flight;
        self.equal += method.equal;
        self.different += method.different;
        self.errors += method.errors.values().sum::<u64>();
        let writes = method.secondary_writes;
        self.missing_writes += writes.refused + writes.failed + writes.lost + writes.unknown;
    }
}
