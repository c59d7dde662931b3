//! How much a run tests: the usual amount, or eight times as much for a nightly run.

/// What `DAL_CHECK=nightly` multiplies by.
const NIGHTLY: u64 = 8;

/// The number of sequences, rounds or seconds of a test: `usual`, or eight times as many with
/// `DAL_CHECK=nightly`.
///
/// ```
/// use dal_testkit::volume;
///
/// let sequences = volume(256); // 2,048 in a nightly run
/// assert!(sequences == 256 || sequences == 2_048);
/// ```
///
/// # Panics
/// When `DAL_CHECK` is anything but `nightly` or empty: a typing error must not thin out a run.
pub fn volume(usual: u64) -> u64 {
    if is_nightly() {
        usual.saturating_mul(NIGHTLY)
    } else {
        usual
    }
}

/// Whether this is a nightly run, for what runs only then: every seed, every setting.
///
/// # Panics
/// When `DAL_CHECK` is anything but `nightly` or empty.
pub fn is_nightly() -> bool {
    let value = std::env::var_os("DAL_CHECK").unwrap_or_default();
    asks_for_nightly(&value.to_string_lossy())
}

#[expect(clippy::panic, reason = "called from tests: that is how they fail")]
fn asks_for_nightly(value: &str) -> bool {
    match value {
        "" => false,
        "nightly" => true,
        other => panic!(
            "DAL_CHECK=`{other}` is not known; set DAL_CHECK=nightly for the long run, or unset it"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::asks_for_nightly;

    #[test]
    fn only_nightly_asks_for_the_long_run() {
        assert!(asks_for_nightly("nightly"));
        assert!(!asks_for_nightly(""));
    }

    #[test]
    #[should_panic(expected = "DAL_CHECK=`nigthly` is not known")]
    fn a_typing_error_is_refused() {
        asks_for_nightly("nigthly");
    }
}
