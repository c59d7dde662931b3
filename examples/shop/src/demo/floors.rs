//! How much a run must have compared before "no difference" means anything.

use std::collections::BTreeMap;
use std::time::Duration;

use dal_shadow::{MethodReport, Totals};

/// Of a run of ten seconds or more; of a shorter one its part.
const WHOLE: Duration = Duration::from_secs(10);
const COMPARED: u64 = 2_000;
const CALLS_OF_A_METHOD: u64 = 50;
/// Of all calls, whatever the time.
const WRITES_IN_100: u64 = 20;
const ERRORS_IN_100: u64 = 5;

/// What was less than it must be in this time, in words.
pub(super) fn missed(
    time: Duration,
    counts: &Totals,
    methods: &BTreeMap<String, MethodReport>,
) -> Vec<String> {
    let part = |whole: u64| whole * time.min(WHOLE).as_secs() / WHOLE.as_secs();
    let mut missed = Vec::new();
    let mut floor = |what: &str, is: u64, least: u64| {
        if is < least {
            missed.push(format!("{what}: {is} of at least {least}"));
        }
    };
    floor(
        "calls compared",
        counts.counts.compared,
        part(COMPARED).max(1),
    );
    floor("writes", counts.writes, counts.calls * WRITES_IN_100 / 100);
    floor(
        "error answers",
        counts.errors,
        counts.calls * ERRORS_IN_100 / 100,
    );
    for (name, method) in methods {
        floor(name, method.calls, part(CALLS_OF_A_METHOD).max(1));
    }
    missed
}

#[cfg(test)]
mod tests {
    use dal_shadow::Counts;

    use super::*;

    fn counts(calls: u64, writes: u64, errors: u64, compared: u64) -> Totals {
        Totals {
            calls,
            writes,
            errors,
            counts: Counts {
                compared,
                ..Counts::default()
            },
            ..Totals::default()
        }
    }

    #[test]
    fn nothing_compared_is_never_enough() {
        let none = missed(Duration::ZERO, &Totals::default(), &BTreeMap::new());
        assert_eq!(none, ["calls compared: 0 of at least 1"]);
    }

    #[test]
    fn the_floors_are_those_of_ten_seconds_and_of_a_shorter_run_its_part() {
        let rare = BTreeMap::from([(
            "user.get".to_owned(),
            MethodReport {
                calls: 30,
                ..MethodReport::default()
            },
        )]);
        let enough = counts(2_500, 500, 125, 2_000);
        assert!(missed(Duration::from_secs(6), &enough, &rare).is_empty());
        let long = missed(Duration::from_mins(10), &enough, &rare);
        assert_eq!(long, ["user.get: 30 of at least 50"]);
        let few = counts(2_500, 499, 124, 1_999);
        assert_eq!(
            missed(Duration::from_secs(10), &few, &BTreeMap::new()).len(),
            3
        );
    }
}
