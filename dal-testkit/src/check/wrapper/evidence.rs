//! What the wrapper itself found: a call counts when the wrapper compared it, or need not.

use std::sync::{Arc, Mutex, PoisonError};

use dal_shadow::compare::{Difference, Why};
use dal_shadow::ops::OpMethod;
use dal_shadow::record::{CallOutcome, Finding, Record};
use dal_shadow::sink::{Raw, Sink};
use dal_shadow::{Harness, MethodReport, Phase};

use crate::check::FailureKind;
use crate::check::comparison::{places_of, shown};
use crate::check::fault::Fault;

/// The findings that were not looked at yet.
#[derive(Clone, Default)]
pub(super) struct Findings(Arc<Mutex<Vec<Raw>>>);

impl Findings {
    /// Takes the findings of this kind, in their order.
    fn take(&self, wanted: impl Fn(&Record) -> bool) -> Vec<Raw> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = std::mem::take(&mut *kept);
        let (taken, others) = all.into_iter().partition(|raw| wanted(&raw.record));
        *kept = others;
        taken
    }
}

impl Sink for Findings {
    fn record(&self, _record: &Record) {}

    fn wants_values(&self) -> bool {
        true
    }

    fn record_unredacted(&self, record: &Record, finding: &Finding) {
        let raw = Raw {
            record: record.clone(),
            differences: finding.differences.clone(),
            answers: finding.answers.clone(),
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(raw);
    }
}

/// The findings and the counts of a harness.
pub(super) struct Evidence {
    harness: Harness,
    findings: Findings,
}

/// What was counted of a read before a call of it.
pub(super) struct Before(MethodReport);

/// What the wrapper found wrong with a call.
pub(super) struct Wrong {
    pub(super) step: usize,
    raw: Raw,
    kind: FailureKind,
}

impl Evidence {
    pub(super) fn new(harness: Harness, findings: Findings) -> Self {
        Self { harness, findings }
    }

    /// What was counted before a call of a read.
    pub(super) fn before(&self, method: &OpMethod) -> Before {
        Before(self.counts(method))
    }

    fn counts(&self, method: &OpMethod) -> MethodReport {
        let report = self.harness.report();
        let mut entities = report.entities.into_iter();
        let of_entity = entities.find(|entity| entity.status.entity == method.entity);
        let methods = of_entity.map(|entity| entity.methods).into_iter();
        methods
            .flatten()
            .find(|counts| counts.method == method.method)
            .unwrap_or_default()
    }

    /// Secondary writes that were left to transfers.
    pub(super) fn transferred(&self) -> u64 {
        let report = self.harness.report();
        report
            .methods()
            .map(|it| it.secondary_writes.transferred)
            .sum()
    }

    /// The first fault among the comparisons of a read since `before`. One without a result is
    /// [`FailureKind::Inconclusive`].
    pub(super) fn of_read(
        &self,
        before: &Before,
        method: &OpMethod,
        phase: Phase,
        at: usize,
        advice: &dyn Fn(&[Difference]) -> Vec<String>,
    ) -> Result<(), Fault> {
        let found = self.findings.take(|record| {
            (record.entity, record.method) == (method.entity, method.method)
                && record.correlation_id == at.to_string()
        });
        if let Some(wrong) = first_wrong(found, |_| Some(method)) {
            return Err(wrong.fault(method, advice));
        }
        let (now, before) = (self.counts(method), &before.0);
        let pending = |of: &MethodReport| of.outcomes.get("pending").copied().unwrap_or_default();
        let missed = [
            ("timed_out", now.counts.timed_out - before.counts.timed_out),
            ("shed", now.counts.shed - before.counts.shed),
            ("unsampled", now.counts.unsampled - before.counts.unsampled),
            ("pending", pending(&now) - pending(before)),
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

    /// The first thing that went wrong with the secondary writes that have ended; `methods` are all
    /// that there are.
    pub(super) fn of_writes(&self, methods: &[&'static OpMethod]) -> Option<Wrong> {
        first_wrong(self.findings.take(|_| true), |record| {
            method_of(methods, record)
        })
    }
}

/// The method that a record is about.
fn method_of(methods: &[&'static OpMethod], record: &Record) -> Option<&'static OpMethod> {
    let is = |method: &&&'static OpMethod| {
        (method.entity, method.method) == (record.entity, record.method)
    };
    methods.iter().find(is).copied()
}

/// The first difference, or else the first comparison without a result.
fn first_wrong<'a>(
    found: Vec<Raw>,
    method: impl Fn(&Record) -> Option<&'a OpMethod>,
) -> Option<Wrong> {
    let mut unclear = None;
    for raw in found {
        let is_difference = raw.record.outcome.is_mismatch()
            || method(&raw.record).is_some_and(|method| is_unsupported(&raw, method));
        let step = raw.record.correlation_id.parse().unwrap_or_default();
        if is_difference {
            let kind = FailureKind::Difference;
            return Some(Wrong { step, raw, kind });
        }
        if unclear.is_none() && is_unclear(&raw) {
            let kind = FailureKind::Inconclusive;
            unclear = Some(Wrong { step, raw, kind });
        }
    }
    unclear
}

impl Wrong {
    /// The method, among all that there are.
    pub(super) fn method(&self, methods: &[&'static OpMethod]) -> Option<&'static OpMethod> {
        method_of(methods, &self.raw.record)
    }

    /// The fault that says so.
    pub(super) fn fault(
        &self,
        method: &OpMethod,
        advice: &dyn Fn(&[Difference]) -> Vec<String>,
    ) -> Fault {
        let mut fault = reported(&self.raw, self.kind, method, self.step);
        if self.kind == FailureKind::Difference {
            fault.help = advice(&self.raw.differences);
        }
        fault
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
