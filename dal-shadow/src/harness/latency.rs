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
pub(crate) struct Latencies(Mutex<Histograms>);

#[derive(Debug, Default)]
struct Histograms {
    /// Since the last measurement.
    new: Option<Histogram<u32>>,
    /// Before it.
    measured: Option<Histogram<u32>>,
}

/// The bounds are constants that `hdrhistogram` takes; a refusal would only lose figures.
fn histogram() -> Option<Histogram<u32>> {
    Histogram::new_with_bounds(1, LONGEST_US, DIGITS).ok()
}

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
        let mut histograms = self.histograms();
        if histograms.new.is_none() {
            histograms.new = histogram();
        }
        if let Some(histogram) = histograms.new.as_mut() {
            histogram.saturating_record(micros);
        }
    }

    /// The latencies since the last time that this was asked, in microseconds, and how often each.
    pub(crate) fn new_ones(&self) -> Vec<(u64, u64)> {
        let mut histograms = self.histograms();
        let Some(new) = histograms.new.take() else {
            return Vec::new();
        };
        let found = new
            .iter_recorded()
            .map(|each| (each.value_iterated_to(), each.count_since_last_iteration()))
            .collect();
        match histograms.measured.as_mut() {
            // The bounds are the same, so this is not refused.
            Some(measured) => {
                let _added = measured.add(&new);
            }
            None => histograms.measured = Some(new),
        }
        found
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        let histograms = self.histograms();
        let (new, measured) = (histograms.new.as_ref(), histograms.measured.as_ref());
        let Some(mut histogram) = new.or(measured).cloned() else {
            return Percentiles::default();
        };
        if let (Some(_), Some(measured)) = (new, measured) {
            // The bounds are the same, so this is not refused.
            let _added = histogram.add(measured);
        }
        drop(histograms);
        Percentiles {
            count: histogram.len(),
            p50_us: histogram.value_at_quantile(0.50),
            p95_us: histogram.value_at_quantile(0.95),
            p99_us: histogram.value_at_quantile(0.99),
            max_us: histogram.max(),
        }
    }

    fn histograms(&self) -> MutexGuard<'_, Histograms> {
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
    fn what_is_new_is_given_once_and_stays_in_the_percentiles() {
        let latencies = Latencies::default();
        for micros in [50, 50, 90] {
            latencies.add(Duration::from_micros(micros));
        }
        assert_eq!(latencies.new_ones(), [(50, 2), (90, 1)]);
        assert_eq!(latencies.new_ones(), []);
        assert_eq!(latencies.percentiles().count, 3);
        latencies.add(Duration::from_micros(70));
        assert_eq!(latencies.percentiles().count, 4);
        assert_eq!(latencies.new_ones(), [(70, 1)]);
        assert_eq!(
            (
                latencies.percentiles().count,
                latencies.percentiles().max_us
            ),
            (4, 90)
        );
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
