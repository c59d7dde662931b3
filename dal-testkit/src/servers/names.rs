//! Names of test databases and tables, which say when they were made.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is older than this was left by a run that was killed: no run uses a database for so long.
pub(super) const LEFT_OVER: Duration = Duration::from_hours(6);

/// A name that is given once: seconds since 1970, the process, a number, and chance.
pub(super) fn fresh() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "{}_{}_{}_{:06x}",
        now().as_secs(),
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed),
        fastrand::u32(..0x0100_0000)
    )
}

/// Those of `names` that begin with `prefix`, each with its age where it tells one.
pub(super) fn aged(prefix: &str, names: Vec<String>) -> Vec<(String, Option<Duration>)> {
    names
        .into_iter()
        .filter(|name| name.starts_with(prefix))
        .map(|name| {
            let age = name.strip_prefix(prefix).and_then(age);
            (name, age)
        })
        .collect()
}

fn age(name: &str) -> Option<Duration> {
    let seconds = name.split('_').next()?.parse().ok()?;
    Some(now().saturating_sub(Duration::from_secs(seconds)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the age of what another process made is told by the machine's own clock"
)]
fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_age() {
        let names = vec![
            format!("dal_test_{}", fresh()),
            "dal_test_1700000000_7_0_00abcd".to_owned(),
            "dal_test_by_hand".to_owned(),
            "production".to_owned(),
        ];
        let ages: Vec<_> = aged("dal_test_", names).into_iter().map(|n| n.1).collect();
        assert_eq!(ages.len(), 3);
        assert!(ages[0].unwrap() < Duration::from_mins(1));
        assert!(ages[1].unwrap() > LEFT_OVER);
        assert_eq!(ages[2], None);
    }
}
