//! The ten planted defects: `check` finds each of them and shrinks it. The one suite that proves so.

use dal_testkit::check::FailureKind;
use dal_testkit::servers::{Engine, announce};
use dal_testkit::{is_nightly, volume};
use shop::defect::Defect;

use super::calls::About;
use super::pool::FIRST_ID_APART;
use super::{SUITE, prepared};

/// The calls that meet a defect.
const fn spoils(defect: Defect) -> About {
    match defect {
        Defect::MissingGuard | Defect::Overwrite | Defect::SwallowedFailure => About::Users,
        Defect::NegativeStock | Defect::FloatNumbers | Defect::WrongOrder => About::Products,
        Defect::FirstPageOnly | Defect::UpdateCreates => About::Carts,
        _ => About::Orders,
    }
}

/// One seed; three with `DAL_CHECK=nightly`.
pub fn seeds() -> &'static [u64] {
    if is_nightly() { &[1, 2, 3] } else { &[1] }
}

/// On the embedded engine; on both with `DAL_CHECK=nightly`.
fn each_defect_is_found_on(engine: Engine) {
    if announce(SUITE, &[Engine::MySql, engine]).len() != 2 {
        return;
    }
    // Those of the orders first: they need the longest sequences.
    for defect in Defect::ALL.into_iter().rev() {
        for seed in seeds() {
            let failure = prepared(spoils(defect), engine, Some(defect), FIRST_ID_APART)
                .seed(*seed)
                .sequences(volume(1_000))
                .try_run()
                .expect_err(defect.as_str());
            assert_eq!(failure.kind, FailureKind::Difference, "{failure}");
            let calls = failure.steps.len();
            eprintln!("{defect} on {engine:?}, seed {seed}: {calls} calls");
            assert!(calls <= 8, "{defect}: {failure}");
        }
    }
}

#[test]
fn each_planted_defect_is_found_and_shrunk_to_at_most_eight_calls() {
    each_defect_is_found_on(Engine::Embedded);
    if is_nightly() {
        each_defect_is_found_on(Engine::Local);
    }
}

#[test]
fn a_defect_is_known_by_its_name() {
    for defect in Defect::ALL {
        assert_eq!(defect.to_string().parse(), Ok(defect));
    }
    assert!(
        "none"
            .parse::<Defect>()
            .unwrap_err()
            .contains("missing-guard")
    );
}
