//! What was counted from one report to the next.

use std::collections::BTreeMap;

use super::Report;
use crate::harness::method::{MethodReport, WriteCounts};

impl Report {
    /// What was counted since `mark`, an earlier report of the same harness: differences that a
    /// copy has mended since then count no more. Calls that were in flight at the mark belong to
    /// the time after it. Latencies stay those since the start of the process.
    #[must_use]
    pub fn since(&self, mark: &Self) -> Self {
        let mut since = self.clone();
        for entity in &mut since.entities {
            let mut known = mark.entities.iter();
            let Some(before) = known.find(|known| known.entity == entity.entity) else {
                continue;
            };
            for method in &mut entity.methods {
                let mut known = before.methods.iter();
                if let Some(before) = known.find(|known| known.method == method.method) {
                    *method = method_since(method, before);
                }
            }
        }
        for rule in &mut since.rules {
            let mut known = mark.rules.iter();
            if let Some(before) = known.find(|known| known.id == rule.id) {
                rule.hits = rule.hits.saturating_sub(before.hits);
            }
        }
        since.sinks.dropped = since.sinks.dropped.saturating_sub(mark.sinks.dropped);
        since.sinks.panicked = since.sinks.panicked.saturating_sub(mark.sinks.panicked);
        since
    }
}

fn method_since(now: &MethodReport, before: &MethodReport) -> MethodReport {
    let ended_before = before.eligible.saturating_sub(before.in_flight);
    MethodReport {
        calls: now.calls.saturating_sub(before.calls),
        eligible: now.eligible.saturating_sub(ended_before),
        compared: now.compared.saturating_sub(before.compared),
        acknowledged: now.acknowledged.saturating_sub(before.acknowledged),
        shed: now.shed.saturating_sub(before.shed),
        timed_out: now.timed_out.saturating_sub(before.timed_out),
        inconclusive: now.inconclusive.saturating_sub(before.inconclusive),
        unsampled: now.unsampled.saturating_sub(before.unsampled),
        equal: now.equal.saturating_sub(before.equal),
        different: now.different.saturating_sub(before.different),
        outcomes: counts_since(&now.outcomes, &before.outcomes),
        reasons: counts_since(&now.reasons, &before.reasons),
        paths: counts_since(&now.paths, &before.paths),
        errors: counts_since(&now.errors, &before.errors),
        secondary_writes: writes_since(&now.secondary_writes, &before.secondary_writes),
        ..now.clone()
    }
}

fn writes_since(now: &WriteCounts, before: &WriteCounts) -> WriteCounts {
    let ended_before = before.sent.saturating_sub(before.pending);
    WriteCounts {
        sent: now.sent.saturating_sub(ended_before),
        applied: now.applied.saturating_sub(before.applied),
        refused: now.refused.saturating_sub(before.refused),
        failed: now.failed.saturating_sub(before.failed),
        lost: now.lost.saturating_sub(before.lost),
        retried: now.retried.saturating_sub(before.retried),
        late: now.late.saturating_sub(before.late),
        unknown: now.unknown.saturating_sub(before.unknown),
        ..*now
    }
}

fn counts_since<K: Ord + Clone>(
    now: &BTreeMap<K, u64>,
    before: &BTreeMap<K, u64>,
) -> BTreeMap<K, u64> {
    now.iter()
        .map(|(key, count)| {
            let before = before.get(key).copied().unwrap_or_default();
            (key.clone(), count.saturating_sub(before))
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}
