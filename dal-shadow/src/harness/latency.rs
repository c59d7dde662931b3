//! How long the stores take: counts in buckets, four to each doubling, from a microsecond to an hour.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

/// Buckets to each doubling; a percentile is exact to a quarter of its value.
const PARTS: u64 = 4;
/// Thirty-two doublings of a microsecond are more than an hour.
const BUCKETS: usize = 32 * 4;

/// Counts of latencies, written by many calls at a time.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: Box<[AtomicU64]>,
    max: AtomicU64,
}

/// Latencies of one store, in microseconds. A percentile is the upper end of its bucket: at most a
/// quarter too high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Calls.
    pub count: u64,
    /// Half of the calls took no longer.
    pub p50_us: u64,
    /// 95 per cent of the calls took no longer.
    pub p95_us: u64,
    /// 99 per cent of the calls took no longer.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

/// Latencies of both stores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// MySQL.
    pub mysql: Percentiles,
    /// DynamoDB.
    pub dynamodb: Percentiles,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: std::iter::repeat_with(AtomicU64::default)
                .take(BUCKETS)
                .collect(),
            max: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    pub(crate) fn add(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get(bucket(micros)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.max.fetch_max(micros, Ordering::Relaxed);
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        let counts: Vec<u64> = self
            .buckets
            .iter()
            .map(|bucket| bucket.load(Ordering::Relaxed))
            .collect();
        let count = counts.iter().sum();
        let max = self.max.load(Ordering::Relaxed);
        let at = |percent: u64| {
            let rank = count * percent / 100;
            let mut seen = 0;
            let found = counts.iter().position(|bucket| {
                seen += bucket;
                seen > rank
            });
            found.map_or(max, |index| upper_end(index).min(max))
        };
        Percentiles {
            count,
            p50_us: at(50),
            p95_us: at(95),
            p99_us: at(99),
            max_us: max,
        }
    }
}

/// The bucket of a latency: its doubling, and the quarter within.
fn bucket(micros: u64) -> usize {
    let doubling = u64::from(micros.max(1).ilog2());
    let part = if doubling < 2 {
        0
    } else {
        (micros >> (doubling - 2)) & (PARTS - 1)
    };
    usize::try_from(doubling * PARTS + part).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
}

fn upper_end(index: usize) -> u64 {
    let index = u64::try_from(index).unwrap_or(u64::MAX);
    let (doubling, part) = (index / PARTS, index % PARTS);
    if doubling < 2 {
        return (2 << doubling) - 1;
    }
    ((PARTS + part + 1) << (doubling - 2)).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_at_most_a_quarter_too_high() {
        let histogram = Histogram::default();
        for micros in 1..=10_000 {
            histogram.add(Duration::from_micros(micros));
        }
        let found = histogram.percentiles();
        assert_eq!((found.count, found.max_us), (10_000, 10_000));
        for (found, exact) in [
            (found.p50_us, 5_000),
            (found.p95_us, 9_500),
            (found.p99_us, 9_900),
        ] {
            assert!(found >= exact && found <= exact * 5 / 4, "{found} {exact}");
        }
    }

    #[test]
    fn every_latency_has_a_bucket_whose_end_is_not_below_it() {
        for micros in [0, 1, 2, 3, 4, 5, 7, 8, 1_000, 1_000_000, 3_600_000_000] {
            assert!(upper_end(bucket(micros)) >= micros, "{micros}");
        }
        Histogram::default().add(Duration::MAX);
    }
}
