//! What a run found, as data.

use std::collections::BTreeMap;
use std::time::Duration;

use dal_shadow::ops::{OpMethod, Operation as _};
use dal_shadow::{Harness, MayStep, MethodReport, Phase, Totals};
use serde::Serialize;

use super::calls::ShopOp;
use super::findings::Finding;
use super::floors;
use super::stores::Engines;
use crate::defect::Defect;

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
    /// `equal`, `different`, or `inconclusive` when too little was compared.
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
    pub(super) counts: Totals,
    /// Error answers of the primary store by kind.
    pub(super) error_kinds: BTreeMap<String, u64>,
    /// By `entity.method`.
    pub(super) methods: BTreeMap<String, MethodReport>,
    /// What was less than promised.
    pub(super) missed: Vec<String>,
    /// Whether each entity might take its next step forward.
    pub(super) may_step: Vec<MayStep>,
    pub(super) differences: Vec<Finding>,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All answers were equal, and enough was compared.
    Equal,
    /// Some answers differed.
    Different,
    /// Neither, and why.
    Inconclusive(String),
}

impl Report {
    pub(super) fn of(
        setting: &Setting,
        harness: &dal_shadow::Report,
        may_step: Vec<MayStep>,
        differences: Vec<Finding>,
    ) -> Self {
        let (counts, methods) = (harness.total(), methods(harness));
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
            may_step,
            differences,
        }
    }
}

/// Whether each entity may take its next step forward.
pub(super) fn next_steps(harness: &Harness) -> Vec<MayStep> {
    let statuses = harness.status().into_iter();
    statuses
        .filter_map(|status| Some((status.phase?.next()?, status.entity)))
        .map(|(next, entity)| harness.may_step(&entity, next))
        .collect()
}

/// The methods that the workers call, by `entity.method`.
pub(super) fn methods(harness: &dal_shadow::Report) -> BTreeMap<String, MethodReport> {
    let count = |called: &OpMethod| {
        let entity = harness
            .entities
            .iter()
            .find(|it| it.status.entity == called.entity)?;
        let mut methods = entity.methods.iter();
        methods.find(|it| it.method == called.method).cloned()
    };
    ShopOp::methods()
        .into_iter()
        .filter(|method| !method.mirror)
        .map(|called| {
            let name = format!("{}.{}", called.entity, called.method);
            (name, count(called).unwrap_or_default())
        })
        .collect()
}

/// A difference is one however little was compared; equality needs enough.
fn verdict(setting: &Setting, counts: &Totals, missed: &[String]) -> Verdict {
    if counts.counts.different > 0 {
        return Verdict::Different;
    }
    if let Some(defect) = setting.planted {
        return Verdict::Inconclusive(format!(
            "the planted defect {defect} met none of {} compared calls; give it more --seconds or another --seed",
            counts.counts.compared
        ));
    }
    if missed.is_empty() {
        Verdict::Equal
    } else {
        Verdict::Inconclusive(format!(
            "too little was compared to call the stores equal: {}{}; give it more --seconds, or a machine that has less to do",
            missed.get(..3).unwrap_or(missed).join("; "),
            if missed.len() > 3 { "; …" } else { "" }
        ))
    }
}
