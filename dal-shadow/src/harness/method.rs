//! One method of a wrapper, and what has been counted of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::compare::terms::Terms;
use crate::compare::{CallOutcome, Share, Verdict};
use crate::harness::counts::{Counts, WriteCounts};
use crate::harness::evidence::{MethodEvidence, Seen};
use crate::harness::latency::{Latencies, Latency};
use crate::harness::policy::Compared;
use crate::harness::spec::MethodSpec;
use crate::phases::{Store, Verb};
use crate::rules::Rules;
use crate::tree::answer::Answer;

/// So many differing places of one method are told apart.
const MAX_PATHS: usize = 64;

/// The reason of a read that asks for the page after a token of the primary.
pub(super) const CONTINUED_PAGE: &str = "continued_page";

/// A method and its counts, shared by every wrapper of its trait under one harness.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) spec: &'static MethodSpec,
    pub(crate) terms: Terms,
    /// How its reads are compared.
    pub(crate) compared: Compared,
    calls: AtomicU64,
    fenced: AtomicU64,
    tally: Mutex<Tally>,
    mysql: Latencies,
    dynamodb: Latencies,
}

/// What is counted under one lock, so that a report never sees half of a call.
#[derive(Debug, Default)]
struct Tally {
    counts: Counts,
    outcomes: BTreeMap<&'static str, u64>,
    reasons: BTreeMap<String, u64>,
    paths: BTreeMap<String, u64>,
    ends: BTreeMap<String, u64>,
    errors: BTreeMap<&'static str, u64>,
    secondary_writes: WriteCounts,
    window: Window,
}

/// The time since the last copy of the entity: only what began in it is evidence.
#[derive(Debug, Default)]
struct Window {
    /// Counts the copies.
    number: u64,
    /// Calls before it.
    calls_before: u64,
    shown: MethodEvidence,
}

/// What has been counted of a method since the start of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MethodReport {
    /// The method.
    pub method: &'static str,
    /// Whether it writes.
    pub write: bool,
    /// Calls, in every phase.
    pub calls: u64,
    /// Reads that the primary store for writes answered, because the other one might have lacked
    /// an acknowledged write: a fence.
    pub fenced: u64,
    /// How they ended, those that can be compared.
    #[serde(flatten)]
    pub counts: Counts,
    /// How many calls ended how, by the name of the outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Why nothing could be said, and how often; `continued_page` is a page that only the primary
    /// store can continue, as its token is not `portable`.
    pub reasons: BTreeMap<String, u64>,
    /// Where answers differed, without indices and keys (`items[].email`; empty for the answer
    /// itself), and in how many calls; `…` stands for more places than are told apart.
    pub paths: BTreeMap<String, u64>,
    /// How the two stores ended where they differ and one of them ended with an error, and in how
    /// many calls: `unique_violation EmailTaken | a value`, by kind and code, the primary's first.
    pub ends: BTreeMap<String, u64>,
    /// Error answers of the primary by kind, in the phases that use both stores.
    pub errors: BTreeMap<&'static str, u64>,
    /// Secondary writes.
    pub secondary_writes: WriteCounts,
    /// Latencies of both stores, in the phases that use both.
    pub latency: Latency,
}

impl Method {
    pub(crate) fn new(spec: &'static MethodSpec, rules: Rules, compared: Compared) -> Self {
        Self {
            spec,
            terms: Terms::new(rules, spec.pages),
            compared,
            calls: AtomicU64::new(0),
            fenced: AtomicU64::new(0),
            tally: Mutex::default(),
            mysql: Latencies::default(),
            dynamodb: Latencies::default(),
        }
    }

    /// A call begins.
    pub(crate) fn called(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// The read goes to the primary store for writes, because of a fence.
    pub(crate) fn fenced(&self) {
        self.fenced.fetch_add(1, Ordering::Relaxed);
    }

    /// A store answered.
    pub(crate) fn took(&self, store: Store, time: Duration) {
        match store {
            Store::MySql => self.mysql.add(time),
            Store::DynamoDb => self.dynamodb.add(time),
        }
    }

    /// How long a store took since the last time that this was asked, in microseconds, and how
    /// often.
    pub(crate) fn new_latencies(&self, store: Store) -> Vec<(u64, u64)> {
        match store {
            Store::MySql => self.mysql.new_ones(),
            Store::DynamoDb => self.dynamodb.new_ones(),
        }
    }

    /// The primary answered with an error of this kind.
    pub(crate) fn failed(&self, kind: &'static str) {
        *self.tally().errors.entry(kind).or_default() += 1;
    }

    /// Changes the counts of secondary writes.
    pub(crate) fn secondary_writes(&self, change: impl FnOnce(&mut WriteCounts)) {
        change(&mut self.tally().secondary_writes);
    }

    /// A call that can be compared begins; the number of the window that it belongs to.
    pub(crate) fn eligible(&self) -> u64 {
        let mut tally = self.tally();
        tally.counts.begin();
        tally.window.number
    }

    /// The entity was copied: what was compared before it is no evidence any more.
    pub(crate) fn copied(&self) {
        let mut tally = self.tally();
        tally.window = Window {
            number: tally.window.number + 1,
            calls_before: self.calls.load(Ordering::Relaxed),
            shown: MethodEvidence::default(),
        };
    }

    /// What the calls since the last copy have shown.
    pub(crate) fn evidence(&self) -> MethodEvidence {
        let tally = self.tally();
        let calls = self.calls.load(Ordering::Relaxed);
        MethodEvidence {
            entity: self.spec.entity,
            method: self.spec.method,
            calls: calls.saturating_sub(tally.window.calls_before),
            ..tally.window.shown
        }
    }

    /// A call that can be compared, and began in this window, ended like this; with both answers,
    /// where they are there.
    pub(crate) fn settled(
        &self,
        verdict: &Verdict,
        window: u64,
        answers: Option<&(Answer, Answer)>,
    ) {
        let seen = Seen::of(answers);
        let outcome = &verdict.outcome;
        let differs = outcome.is_mismatch();
        let ends = answers.filter(|_| differs).and_then(ends);
        let places: BTreeSet<String> = verdict
            .differences
            .iter()
            .filter(|_| differs)
            .map(|difference| difference.path.shape())
            .collect();
        let mut tally = self.tally();
        tally.counts.end(outcome);
        if tally.window.number == window {
            tally.window.shown.add(outcome, seen);
        }
        if outcome.share() == Share::Inconclusive {
            let reason = reason(outcome, seen);
            *tally.reasons.entry(reason.to_owned()).or_default() += 1;
        }
        *tally.outcomes.entry(outcome.as_str()).or_default() += 1;
        for place in places {
            count(&mut tally.paths, place);
        }
        if let Some(ends) = ends {
            count(&mut tally.ends, ends);
        }
    }

    /// Whether it writes, and a call that can be compared has no outcome yet.
    pub(crate) fn is_comparing_writes(&self) -> bool {
        self.spec.verb == Verb::Write && self.tally().counts.in_flight > 0
    }

    /// The counts so far.
    pub(crate) fn report(&self) -> MethodReport {
        let tally = self.tally();
        MethodReport {
            method: self.spec.method,
            write: self.spec.verb == Verb::Write,
            calls: self.calls.load(Ordering::Relaxed),
            fenced: self.fenced.load(Ordering::Relaxed),
            counts: tally.counts,
            outcomes: tally.outcomes.clone(),
            reasons: tally.reasons.clone(),
            paths: tally.paths.clone(),
            ends: tally.ends.clone(),
            errors: tally.errors.clone(),
            secondary_writes: tally.secondary_writes,
            latency: Latency {
                mysql: self.mysql.percentiles(),
                dynamodb: self.dynamodb.percentiles(),
            },
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one of a bounded number of names.
fn count(counts: &mut BTreeMap<String, u64>, name: String) {
    let known = counts.len() < MAX_PATHS || counts.contains_key(&name);
    let name = if known { name } else { "…".to_owned() };
    *counts.entry(name).or_default() += 1;
}

/// How both stores ended, where one of them ended with an error. Without its text, and without a code
/// that was made at run time: they may hold data.
fn ends((primary, secondary): &(Answer, Answer)) -> Option<String> {
    let end = |answer: &Answer| match answer {
        Answer::Value(value) if value.is_missing() => "nothing".to_owned(),
        Answer::Value(_) => "a value".to_owned(),
        Answer::Unserializable(_) | Answer::TooLarge | Answer::Panicked => "no snapshot".to_owned(),
        Answer::Error(error) => match &error.class.code {
            Some(Cow::Borrowed(code)) => format!("{} {code}", error.class.kind),
            _ => error.class.kind.to_string(),
        },
    };
    let failed = [primary, secondary].map(|answer| matches!(answer, Answer::Error(_)));
    (failed != [false, false]).then(|| format!("{} | {}", end(primary), end(secondary)))
}

/// Why nothing can be said of a call that ended like this.
fn reason(outcome: &CallOutcome, seen: Seen) -> &str {
    match outcome {
        // There are no answers because the secondary was not asked: the call carries a page token
        // that only the primary understands.
        CallOutcome::UnsupportedInShadow if seen == Seen::Nothing => CONTINUED_PAGE,
        outcome => outcome.detail().unwrap_or(outcome.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::policy::Policy;
    use crate::tree::{Difference, Path, Step};

    static SPEC: MethodSpec = MethodSpec {
        entity: "user",
        method: "get",
        verb: Verb::Read,
        mirror: false,
        bulk: false,
        names_more: &[],
        ignore: &[],
        unordered: &[],
        presence: &[],
        pages: None,
        normalize: &[],
    };

    #[test]
    fn a_method_tells_so_many_places_apart_and_no_more() {
        let method = Method::new(
            &SPEC,
            Rules::none(),
            Policy::default().of_method("user", "get"),
        );
        let names: Vec<&'static str> = (0..2 * MAX_PATHS)
            .map(|number| &*format!("field{number}").leak())
            .collect();
        for name in &names {
            let owner = "User";
            let place = Difference {
                path: Path::from(vec![Step::Field { owner, name }]),
                primary: None,
                secondary: None,
            };
            let window = method.eligible();
            let verdict = Verdict {
                outcome: CallOutcome::Different,
                differences: vec![place.clone(), place],
            };
            method.settled(&verdict, window, None);
        }
        let report = method.report();
        assert_eq!(report.paths.len(), MAX_PATHS + 1);
        assert_eq!(report.paths.get("field0"), Some(&1), "once in a call");
        assert_eq!(report.paths.values().sum::<u64>(), report.counts.different);
    }
}
