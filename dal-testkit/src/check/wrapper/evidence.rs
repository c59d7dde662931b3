//! What the wrapper itself found: a call counts when the wrapper compared it, or need not.

use dal_shadow::compare::{Difference, Why};
use dal_shadow::ops::OpMethod;
use dal_shadow::record::CallOutcome;
use dal_shadow::sink::{Raw, RingSink};
use dal_shadow::{Harness, Phase, Totals};

use crate::check::FailureKind;
use crate::check::comparison::{places_of, shown};
use crate::check::fault::Fault;

/// The findings and the counts of a harness.
pub(super) struct Evidence {
    harness: Harness,
    ring: RingSink,
}

impl Evidence {
    pub(super) fn new(harness: Harness, ring: RingSink) -> Self {
        Self { harness, ring }
    }

    /// What was counted before a call.
    pub(super) fn before(&self) -> Totals {
        self.ring.clear();
        self.harness.report().total()
    }

    /// The first fault among the comparisons made since `before`. One without a result is
    /// [`FailureKind::Inconclusive`].
    pub(super) fn since(
        &self,
        before: Totals,
        method: &OpMethod,
        phase: Phase,
        at: usize,
        advice: &dyn Fn(&[Difference]) -> Vec<String>,
    ) -> Result<(), Fault> {
        let found = self.ring.raw();
        for raw in &found {
            if raw.record.outcome.is_mismatch() || is_unsupported(raw, method) {
                let mut fault = reported(raw, FailureKind::Difference, method, at);
                fault.help = advice(&raw.differences);
                return Err(fault);
            }
        }
        if let Some(raw) = found.iter().find(|raw| is_unclear(raw)) {
            return Err(reported(raw, FailureKind::Inconclusive, method, at));
        }
        let now = self.harness.report().total();
        let missed = [
            ("timed_out", now.counts.timed_out - before.counts.timed_out),
            ("shed", now.counts.shed - before.counts.shed),
            ("unsampled", now.counts.unsampled - before.counts.unsampled),
            ("in_flight", now.counts.in_flight),
        ];
        match missed.into_iter().find(|(_, count)| *count > 0) {
            None => Ok(()),
            Some((how, _)) => {
                let summary = format!(
                    "the wrapper has not compared `{}` in {phase}: `{how}`; the store that does not answer the caller gave no answer in time",
                    method.method
                );
                let fault = Fault::new(FailureKind::Inconclusive, at, summary);
                Err(fault.of(method).places(["not compared".to_owned()]))
            }
        }
    }
}

/// Whether a store returned that it does not support the call. A token of the other store is not
/// sent: then there is no answer at all.
fn is_unsupported(raw: &Raw, method: &OpMethod) -> bool {
    matches!(raw.record.outcome, CallOutcome::UnsupportedInShadow)
        && (method.write || raw.answers.is_some())
}

/// Whether the comparison has no result. An empty last page is no failure: the check compares the
/// whole list.
fn is_unclear(raw: &Raw) -> bool {
    matches!(raw.record.outcome, CallOutcome::Inconclusive(why) if why != Why::PageEnd)
}

/// The fault that a record of the wrapper reports.
fn reported(raw: &Raw, kind: FailureKind, method: &OpMethod, at: usize) -> Fault {
    let record = &raw.record;
    let outcome = record.outcome.as_str();
    let what = if method.write {
        format!("the secondary write of `{}`", record.method)
    } else {
        format!("`{}`", record.method)
    };
    let summary = format!(
        "the wrapper reports `{outcome}` for {what}, answered by {} in {}",
        record.answered_by, record.phase
    );
    let mut places = places_of(&raw.differences);
    if places.is_empty() {
        places.push(outcome.to_owned());
    }
    let mut fault = Fault::new(kind, at, summary).of(method).places(places);
    if let Some((primary, secondary)) = &raw.answers {
        fault = fault.answered(
            ["the primary store", "the secondary store"],
            [primary, secondary],
        );
    }
    fault.differences = raw.differences.iter().map(shown).collect();
    fault
}
