//! What was counted from one report to the next.

use std::collections::BTreeMap;

use super::Report;
use crate::harness::method::MethodReport;

impl Report {
    /// What was counted since `mark`, an earlier report of the same harness: differences that a
    /// copy has mended since then count no more. Calls that were in flight at the mark belong to
    /// the time after it. Latencies stay those since the start of the process.
    #[must_use]
    pub fn since(&self, mark: &Self) -> Self {
        let mut since = self.clone();
        for entity in &mut since.entities {
            let mut known = mark.entities.iter();
            let Some(before) = known.find(|known| known.status.entity == entity.status.entity)
            else {
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
    MethodReport {
        calls: now.calls.saturating_sub(before.calls),
        fenced: now.fenced.saturating_sub(before.fenced),
        counts: now.counts.since(&before.counts),
        outcomes: named_since(&now.outcomes, &before.outcomes),
        reasons: named_since(&now.reasons, &before.reasons),
        paths: named_since(&now.paths, &before.paths),
        ends: named_since(&now.ends, &before.ends),
        errors: named_since(&now.errors, &before.errors),
        secondary_writes: now.secondary_writes.since(&before.secondary_writes),
        ..now.clone()
    }
}

fn named_since<K: Ord + Clone>(
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
