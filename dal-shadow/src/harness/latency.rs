//! How long the stores take.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Longer calls count as an hour.
const LONGEST_US: u64 = 3_600_000_000;
/// Significant digits of a percentile.
const DIGITS: u8 = 2;

/// Latencies of one store, written by many calls at a time.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Mutex<Option<Histogram<u32>>>);

/// Latencies of one store, in microseconds, exact to two digits.
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

impl Latencies {
    pub(crate) fn add(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(LONGEST_US);
        let mut histogram = self.histogram();
        if histogram.is_none() {
            // The bounds are constants that `hdrhistogram` takes; a refusal would only lose figures.
            *histogram = Histogram::new_with_bounds(1, LONGEST_US, DIGITS).ok();
        }
        if let Some(histogram) = histogram.as_mut() {
            histogram.saturating_record(micros);
        }
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        let histogram = self.histogram();
        let Some(histogram) = histogram.as_ref() else {
            return Percentiles::default();
        };
        Percentiles {
            count: histogram.len(),
            p50_us: histogram.value_at_quantile(0.50),
            p95_us: histogram.value_at_quantile(0.95),
            p99_us: histogram.value_at_quantile(0.99),
            max_us: histogram.max(),
        }
    }

    fn histogram(&self) -> MutexGuard<'_, Option<Histogram<u32>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact_to_two_digits() {
        let latencies = Latencies::default();
        for micros in 1..=10_000 {
            latencies.add(Duration::from_micros(micros));
        }
        let found = latencies.percentiles();
        assert_eq!(found.count, 10_000);
        for (found, exact) in [
            (found.p50_us, 5_000),
            (found.p95_us, 9_500),
            (found.p99_us, 9_900),
            (found.max_us, 10_000),
        ] {
            assert!(
                found >= exact && found <= exact * 101 / 100,
                "{found} {exact}"
            );
        }
    }

    #[test]
    fn no_latency_is_too_short_or_too_long() {
        let latencies = Latencies::default();
        assert_eq!(latencies.percentiles(), Percentiles::default());
        latencies.add(Duration::ZERO);
        latencies.add(Duration::MAX);
        assert_eq!(latencies.percentiles().count, 2);
    }
}
