//! `check` on two stores in memory: what agrees passes, what does not is found and made small.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory::{Defect, Memory, UserRepository, UserRepositoryOp, good, user_ops, with};
use dal_testkit::check::{Failure, FailureKind, Statistics, check};

/// The seeds with which each defect must be found.
const SEEDS: [u64; 3] = [1, 2, 3];

fn run(defect: Defect, seed: u64) -> Result<Statistics, Box<Failure<UserRepositoryOp>>> {
    check(user_ops(), good, with(defect))
        .sequences(300)
        .calls(40)
        .seed(seed)
        .try_run()
}

#[test]
fn stores_that_agree_pass_with_statistics() {
    let statistics = check(user_ops(), good, with(Defect::None))
        .sequences(300)
        .seed(7)
        .floor("rename", 200)
        .floor("user.list", 200)
        .floor("errors.unique_violation", 50)
        .floor("handles.dead", 50)
        .error_floor(0.05)
        .try_run()
        .unwrap();
    assert_eq!(statistics.sequences, 300);
    assert_eq!(statistics.inconclusive, 0);
    assert!(statistics.calls_of("register") >= 600);
    assert!(statistics.handles.bound > 500, "{statistics}");
    assert!(statistics.handles.dead > 50, "{statistics}");
    assert!(statistics.handles.never_existed > 50, "{statistics}");
    assert!(statistics.ids_never_apart.is_empty());
}

#[test]
fn every_planted_defect_is_found_with_every_seed_and_made_small() {
    for (defect, most) in [
        (Defect::MissingGuard, 2),
        (Defect::GuardStays, 3),
        (Defect::RenameCreates, 3),
        (Defect::FirstPageOnly, 3),
        (Defect::PageSkips, 4),
        (Defect::WrongOrder, 3),
        (Defect::FoldsCase, 3),
        (Defect::TrimsNames, 1),
        (Defect::ReusesIds, 3),
        (Defect::SwallowsErrors, 1),
    ] {
        for seed in SEEDS {
            let failure = run(defect, seed).unwrap_err();
            assert_eq!(
                failure.kind,
                FailureKind::Difference,
                "{defect:?} {failure}"
            );
            assert!(failure.steps.len() <= most, "{defect:?} {failure}");
            assert!(!failure.differences.is_empty(), "{defect:?} {failure}");
        }
    }
}

#[test]
fn every_sequence_ends_with_the_reads_of_what_it_has_made() {
    let statistics = check(user_ops(), good, with(Defect::None))
        .sequences(100)
        .calls(1)
        .seed(1)
        .try_run()
        .unwrap();
    let made = statistics.ok_of("register");
    assert!(made >= 40, "{statistics}");
    assert!(statistics.calls_of("get") >= made, "{statistics}");
    assert!(statistics.calls_of("several") >= made, "{statistics}");
}

#[test]
fn a_failure_shows_the_calls_the_difference_with_both_values_and_the_sequence_as_data() {
    let failure = run(Defect::TrimsNames, 1).unwrap_err();
    let text = failure.to_string();
    assert!(
        text.contains("differs at name: \"Bob \" | \"Bob\""),
        "{text}"
    );
    assert!(
        text.contains(r#"{"register":{"binds_user":0,"new":{"email":"ann@x","name":"Bob "}}}"#),
        "{text}"
    );
}

#[test]
fn the_same_seed_makes_the_same_failure() {
    let one = run(Defect::PageSkips, 11).unwrap_err();
    let other = run(Defect::PageSkips, 11).unwrap_err();
    assert_eq!(one.regression(), other.regression());
}

#[test]
fn a_panic_of_a_store_is_a_failure_of_that_store() {
    let failure = run(Defect::Panics, 1).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Broken);
    assert!(
        failure
            .summary
            .contains("DynamoDB panicked at dal-testkit/tests/check/memory.rs:")
            && failure.summary.contains(": renamed users"),
        "{failure}"
    );
    assert!(failure.steps.len() <= 3, "{failure}");
}

#[test]
fn an_unmet_floor_fails() {
    let failure = check(user_ops(), good, with(Defect::None))
        .sequences(3)
        .floor("rename", 100_000)
        .error_floor(0.9)
        .try_run()
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Floor);
    assert!(failure.summary.contains("`rename`: "), "{failure}");
    assert!(failure.summary.contains("not 90.0 %"), "{failure}");
}

#[test]
fn a_floor_for_no_method_is_refused() {
    let failure = check(user_ops(), good, with(Defect::None))
        .floor("renam", 1)
        .try_run()
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Setup);
    assert!(failure.summary.contains("user.rename"), "{failure}");
}

#[test]
fn stores_that_are_not_fresh_are_said_to_be_not_reproducible() {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let once = || {
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let defect = if made == 20 {
            Defect::MissingGuard
        } else {
            Defect::None
        };
        std::future::ready(Arc::new(Memory::new(998, "d", defect)) as Arc<dyn UserRepository>)
    };
    let failure = (0..50)
        .find_map(|seed| {
            MADE.store(0, Ordering::Relaxed);
            check(user_ops(), good, once)
                .sequences(40)
                .seed(seed)
                .try_run()
                .err()
        })
        .unwrap();
    assert_eq!(failure.kind, FailureKind::NotReproducible, "{failure}");
    assert!(failure.help[0].contains("fresh stores"), "{failure}");
}

#[test]
fn inside_a_runtime_it_says_what_to_do() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let failure = runtime
        .block_on(async { check(user_ops(), good, with(Defect::None)).try_run() })
        .unwrap_err();
    assert!(failure.summary.contains("plain `#[test] fn`"), "{failure}");
}

#[test]
fn ids_that_are_never_apart_are_noted() {
    let statistics = check(user_ops(), good, good)
        .sequences(20)
        .try_run()
        .unwrap();
    assert_eq!(statistics.ids_never_apart, ["user"]);
}

/// Runs one test of this binary with a variable set; what it wrote to the real standard error.
fn with_variables(test: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("independent::{test}"), "--nocapture"])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), said)
}

#[test]
fn the_number_of_sequences_and_the_seed_can_be_set_from_outside_and_floors_follow() {
    let (success, text) = with_variables(
        "ids_that_are_never_apart_are_noted",
        &[("PROPTEST_CASES", "7"), ("DAL_CHECK_SEED", "99")],
    );
    assert!(
        success && text.contains("7 sequences (0 inconclusive)"),
        "{text}"
    );
    assert!(text.contains("seed 99"), "{text}");
    let (success, text) = with_variables(
        "ids_that_are_never_apart_are_noted",
        &[("PROPTEST_CASES", "many")],
    );
    assert!(
        !success && text.contains("PROPTEST_CASES: `many` is not a number"),
        "{text}"
    );
}
