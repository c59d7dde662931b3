//! What a run found, as data.

use std::collections::BTreeMap;
use std::time::Duration;

use dal_shadow::{MethodReport, Phase};
use serde::Serialize;
use shop::defect::Defect;

use super::findings::Finding;
use super::floors;
use super::stage::Engines;

/// What was run.
pub(super) struct Setting {
    pub(super) engines: Engines,
    pub(super) phase: Phase,
    pub(super) planted: Option<Defect>,
    pub(super) seed: u64,
    pub(super) workers: u32,
    pub(super) asked: Duration,
    pub(super) elapsed: Duration,
    pub(super) copied: usize,
}

/// The whole report; `--json` writes it as it is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    /// `equal`, `different`, or `unsaid` when too little was compared to say.
    pub(super) verdict: Verdict,
    pub(super) engines: Engines,
    pub(super) phase: String,
    /// The planted defect.
    pub(super) planted: Option<String>,
    pub(super) seconds: f64,
    pub(super) seed: u64,
    pub(super) workers: u32,
    /// Records that were copied before.
    pub(super) copied: usize,
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// Error answers of the answering store by kind.
    pub(super) error_kinds: BTreeMap<String, u64>,
    /// By `entity.method`.
    pub(super) methods: BTreeMap<String, MethodReport>,
    /// What was less than promised.
    pub(super) missed: Vec<String>,
    pub(super) differences: Vec<Finding>,
}

/// Sums over all methods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) calls: u64,
    pub(super) writes: u64,
    pub(super) errors: u64,
    /// Reads, and writes whose second write was sent. The six that follow add up to these.
    pub(super) eligible: u64,
    pub(super) compared: u64,
    pub(super) inconclusive: u64,
    pub(super) shed: u64,
    pub(super) timed_out: u64,
    pub(super) unsampled: u64,
    pub(super) in_flight: u64,
    /// Of those compared.
    pub(super) equal: u64,
    /// Of those compared.
    pub(super) different: u64,
}

/// What the run says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Equal,
    Different,
    /// And why nothing can be said.
    Unsaid(String),
}

impl Report {
    pub(super) fn of(
        setting: &Setting,
        harness: &dal_shadow::Report,
        differences: Vec<Finding>,
    ) -> Self {
        let (counts, methods) = counted(harness);
        let mut error_kinds = BTreeMap::new();
        for (kind, count) in methods.values().flat_map(|method| &method.errors) {
            *error_kinds.entry((*kind).to_owned()).or_insert(0) += count;
        }
        let missed = floors::missed(setting.asked.min(setting.elapsed), &counts, &methods);
        let verdict = verdict(setting, &counts, &missed);
        Self {
            verdict,
            engines: setting.engines.clone(),
            phase: setting.phase.as_str().to_owned(),
            planted: setting.planted.map(|defect| defect.to_string()),
            seconds: setting.elapsed.as_secs_f64(),
            seed: setting.seed,
            workers: setting.workers,
            copied: setting.copied,
            counts,
            error_kinds,
            methods,
            missed,
            differences,
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.verdict.clone()
    }
}

/// The sums, and the methods by `entity.method`.
pub(super) fn counted(harness: &dal_shadow::Report) -> (Counts, BTreeMap<String, MethodReport>) {
    let methods: BTreeMap<String, MethodReport> = harness
        .entities
        .iter()
        .flat_map(|entity| {
            let named = |method: &MethodReport| {
                let name = format!("{}.{}", entity.entity, method.method);
                (name, method.clone())
            };
            entity.methods.iter().map(named)
        })
        .collect();
    (Counts::of(methods.values()), methods)
}

impl Counts {
    fn of<'a>(methods: impl Iterator<Item = &'a MethodReport>) -> Self {
        methods.fold(Self::default(), |sum, method| Self {
            calls: sum.calls + method.calls,
            writes: sum.writes + if method.write { method.calls } else { 0 },
            errors: sum.errors + method.errors.values().sum::<u64>(),
            eligible: sum.eligible + method.eligible,
            compared: sum.compared + method.compared,
            inconclusive: sum.inconclusive + method.inconclusive,
            shed: sum.shed + method.shed,
            timed_out: sum.timed_out + method.timed_out,
            unsampled: sum.unsampled + method.unsampled,
            in_flight: sum.in_flight + method.in_flight,
            equal: sum.equal + method.equal,
            different: sum.different + method.different,
        })
    }
}

/// A difference is one however little was compared; equality needs enough.
fn verdict(setting: &Setting, counts: &Counts, missed: &[String]) -> Verdict {
    if counts.different > 0 {
        return Verdict::Different;
    }
    if let Some(defect) = setting.planted {
        return Verdict::Unsaid(format!(
            "the planted defect {defect} met none of {} compared calls; give it more --seconds or another --seed",
            counts.compared
        ));
    }
    if missed.is_empty() {
        Verdict::Equal
    } else {
        Verdict::Unsaid(format!(
            "too little was compared to call the stores equal: {}{}; give it more --seconds, or a machine that has less to do",
            missed.get(..3).unwrap_or(missed).join("; "),
            if missed.len() > 3 { "; …" } else { "" }
        ))
    }
}
