//! Stores that are of no use: `check` must fail on each of them, with every seed. A store that
//! fails now and then, and works when it is asked again, passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::flaws::{Flaw, Side, Useless};
use crate::memory::{ShadowUserRepository, UserRepository, UserRepositoryOp, user_ops};
use crate::regressions::file_with;
use dal_testkit::check::FailureKind::{
    Broken, Difference, Inconclusive, NotFresh, Setup, TimedOut,
};
use dal_testkit::check::{Check, Failure, FailureKind, Statistics, check};
use dal_testkit::is_nightly;

/// The seeds with which each store must be found: one, and three with `DAL_CHECK=nightly`.
fn seeds() -> &'static [u64] {
    if is_nightly() { &[1, 2, 3] } else { &[1] }
}

type Users = dyn UserRepository;
type UserCheck = Check<UserRepositoryOp, Users, Users>;
type Outcome = Result<Statistics, Box<Failure<UserRepositoryOp>>>;

/// Makes the stores of one side, which have a place that they share.
fn store(
    flaw: Flaw,
    side: Side,
    first: u64,
) -> impl Fn() -> std::future::Ready<Arc<Users>> + Send + Sync + 'static {
    let shared = Arc::new(Useless::new(flaw, side, first));
    let made = AtomicU64::new(0);
    move || {
        let made = made.fetch_add(1, Ordering::Relaxed);
        let dynamodb = side == Side::DynamoDb;
        assert!(
            !(flaw == Flaw::FactoryPanics && dynamodb && made == 20),
            "no more stores"
        );
        let users = if flaw == Flaw::NotFresh && dynamodb {
            Arc::clone(&shared)
        } else {
            Arc::new(Useless::new(flaw, side, first))
        };
        std::future::ready(users)
    }
}

fn checked(flaw: Flaw, [mysql, dynamodb]: [u64; 2]) -> UserCheck {
    let mysql = store(flaw, Side::MySql, mysql);
    let dynamodb = store(flaw, Side::DynamoDb, dynamodb);
    check(user_ops(), mysql, dynamodb)
        .engines("MySQL 9.7", "DynamoDB Local")
        .sequences(300)
        .calls(20)
        .call_timeout(Duration::from_millis(if flaw.hangs() {
            60
        } else {
            10_000
        }))
        .repeats(if flaw.hangs() { 1 } else { 6 })
        .shrink_time(Duration::from_millis(300))
}

fn alone(flaw: Flaw, seed: u64) -> Outcome {
    checked(flaw, [8, 998])
        .floor("rename", 150)
        .seed(seed)
        .try_run()
}

fn through(flaw: Flaw, seed: u64) -> Outcome {
    checked(flaw, [8, 8])
        .seed(seed)
        .try_run_through(ShadowUserRepository::new)
}

/// What must be found when each call runs on both stores by themselves, and what it is called.
const ALONE: [(Flaw, FailureKind, &str); 14] = [
    (
        Flaw::RenameTimesOut,
        Difference,
        "DynamoDB Local keeps giving a transient answer",
    ),
    (
        Flaw::RenameConflicts,
        Difference,
        "DynamoDB Local gave a transient answer (asked 7 times)",
    ),
    (Flaw::RenameIsThrottled, Difference, "(asked 7 times)"),
    (
        Flaw::SecondRenameTimesOut,
        Difference,
        "in each of 3 runs on fresh stores",
    ),
    (Flaw::SecondRenameConflicts, Difference, "(asked 7 times)"),
    (Flaw::ListIsBusy, Difference, "(asked 7 times)"),
    (
        Flaw::NextPageIsBusyOnBoth,
        Inconclusive,
        "both gave a transient answer",
    ),
    (
        Flaw::RenameTimesOutOnBoth,
        Inconclusive,
        "both gave a transient answer",
    ),
    (
        Flaw::RenameConflictsOnBoth,
        Inconclusive,
        "both gave a transient answer",
    ),
    (
        Flaw::RenameIsUnexpectedOnBoth,
        Difference,
        "`rename` of `UserRepository` differs",
    ),
    (
        Flaw::UnexpectedAgainstConflict,
        Difference,
        "`rename` of `UserRepository` differs",
    ),
    (
        Flaw::GetHangs,
        TimedOut,
        "`get` of DynamoDB Local has not returned after 60ms",
    ),
    (
        Flaw::FactoryPanics,
        Setup,
        "the factory of DynamoDB Local panicked at ",
    ),
    (
        Flaw::NotFresh,
        NotFresh,
        "the stores of DynamoDB Local are not fresh",
    ),
];

/// What must be found through the wrapper.
const THROUGH: [(Flaw, FailureKind, &str); 8] = [
    (
        Flaw::MirrorIsBusy,
        Difference,
        "the secondary write of `register`",
    ),
    (
        Flaw::MirrorConflicts,
        Difference,
        "the secondary write of `register`",
    ),
    (
        Flaw::MirrorPanics,
        Difference,
        "`panicked` for the secondary write of `register`",
    ),
    (
        Flaw::MirrorIsUnexpected,
        Difference,
        "the secondary write of `register`",
    ),
    (
        Flaw::MirrorHangs,
        Difference,
        "the secondary write of `register`",
    ),
    (
        Flaw::SecondaryRenameIsUnexpected,
        Difference,
        "the secondary write of `rename`",
    ),
    (
        Flaw::SecondaryRenameIsUnsupported,
        Difference,
        "the secondary write of `rename`",
    ),
    (Flaw::SecondaryGetIsBusy, Difference, "`get`"),
];

/// Fails on each flaw that passes, is called something else, or is not confirmed.
fn are_found(flaws: &[(Flaw, FailureKind, &str)], run: fn(Flaw, u64) -> Outcome, seed: u64) {
    let mut missed = Vec::new();
    for (flaw, kind, text) in flaws {
        let named = format!("{flaw:?}, seed {seed}");
        match run(*flaw, seed) {
            Ok(statistics) => missed.push(format!("{named}: passed: {statistics}")),
            Err(failure)
                if failure.kind != *kind
                    || !failure.summary.contains(text)
                    || failure.confirmed.is_some_and(|c| c.failed < c.of) =>
            {
                missed.push(format!("{named}: {:?}: {failure}", failure.kind));
            }
            Err(_) => {}
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_useless_store_is_found_with_every_seed() {
    for seed in seeds() {
        are_found(&ALONE, alone, *seed);
    }
}

#[test]
fn every_useless_store_is_found_through_the_wrapper_with_every_seed() {
    for seed in seeds() {
        are_found(&THROUGH, through, *seed);
    }
}

/// One `get` in a phase that compares it and answers from MySQL.
fn shadow_get(flaw: Flaw) -> Box<Failure<UserRepositoryOp>> {
    let file = file_with(r#"[[{"to": "shadow-read"}, {"get": {"id": 0}}]]"#);
    checked(flaw, [8, 8])
        .sequences(0)
        .regressions(file.path())
        .try_run_through(ShadowUserRepository::new)
        .unwrap_err()
}

#[test]
fn a_shadow_read_that_is_always_transient_or_never_returns_is_found() {
    for (flaw, text) in [
        (
            Flaw::SecondaryGetIsBusy,
            "the wrapper reports `inconclusive` for `get`",
        ),
        (Flaw::GetHangs, "the wrapper has not compared `get`"),
    ] {
        let failure = shadow_get(flaw);
        assert_eq!(failure.kind, Difference, "{failure}");
        assert!(failure.summary.contains(text), "{failure}");
    }
}

#[test]
fn a_copy_that_panics_is_reported_with_its_line_the_steps_and_the_seed() {
    let mysql = store(Flaw::None, Side::MySql, 8);
    let dynamodb = store(Flaw::None, Side::DynamoDb, 8);
    let failure = check(user_ops(), mysql, dynamodb)
        .sequences(20)
        .seed(5)
        .copy(|_, _| async { panic!("this copy panics") })
        .try_run_through(ShadowUserRepository::new)
        .unwrap_err();
    assert_eq!(failure.kind, Broken, "{failure}");
    assert!(
        failure
            .summary
            .contains("the hook of `.copy(..)` panicked at ")
            && failure.summary.contains("check/useless.rs:")
            && failure.summary.contains("this copy panics")
            && failure.summary.contains("seed 5; fails 3 of 3"),
        "{failure}"
    );
    assert_eq!(failure.steps.len(), 1, "{failure}");
}

#[test]
fn an_inconclusive_regression_fails_whatever_share_is_tolerated() {
    let failure = alone(Flaw::RenameIsUnexpectedOnBoth, 1).unwrap_err();
    assert_eq!(failure.kind, Difference);
    let help = "`Unexpected` is equal to nothing, not even to itself";
    assert!(failure.help.iter().any(|h| h.contains(help)), "{failure}");
    let file = file_with(&failure.regression().unwrap());
    let again = checked(Flaw::RenameTimesOutOnBoth, [8, 998])
        .sequences(20)
        .inconclusive_at_most(1.0)
        .regressions(file.path())
        .try_run()
        .unwrap_err();
    assert_eq!(again.kind, Inconclusive, "{again}");
    assert!(again.summary.contains("regression 1"), "{again}");
}

#[test]
fn a_share_of_inconclusive_sequences_can_be_tolerated_and_is_counted() {
    let run = |share| {
        checked(Flaw::RenameTimesOutOnBoth, [8, 998])
            .seed(1)
            .repeats(0)
            .inconclusive_at_most(share)
            .try_run()
    };
    let statistics = run(1.0).unwrap();
    assert!(statistics.inconclusive > 100, "{statistics}");
    assert_eq!(statistics.calls_of("rename"), 0, "{statistics}");
    let share = statistics.inconclusive_rate();
    assert_eq!(run(share - 0.05).unwrap_err().kind, Inconclusive);
}

/// The reads at the end show what is left: nothing makes up for them.
#[test]
fn a_read_at_the_end_without_a_result_fails_whatever_share_is_tolerated() {
    let failure = checked(Flaw::GetIsBusyOnBoth, [8, 998])
        .seed(1)
        .inconclusive_at_most(1.0)
        .try_run()
        .unwrap_err();
    assert_eq!(failure.kind, Inconclusive, "{failure}");
    assert!(failure.summary.contains("`get`"), "{failure}");
}

#[test]
fn a_store_that_conflicts_on_five_calls_of_a_hundred_passes() {
    for seed in seeds() {
        let statistics = alone(Flaw::ConflictsNowAndThen, *seed).unwrap();
        assert_eq!(statistics.inconclusive, 0, "{statistics}");
        assert!(statistics.repeated > 100, "{statistics}");
        let statistics = through(Flaw::ConflictsNowAndThen, *seed).unwrap();
        assert_eq!(statistics.inconclusive, 0, "{statistics}");
        assert!(statistics.repeated > 100, "{statistics}");
    }
}

/// A link that is lost now and then leaves the effect of a write unknown: the sequence is repeated.
#[test]
fn a_store_that_loses_a_reply_now_and_then_passes() {
    static LOST: AtomicU64 = AtomicU64::new(0);
    let statistics = check(user_ops(), store(Flaw::None, Side::MySql, 8), || {
        let flaw = match LOST.fetch_add(1, Ordering::Relaxed) % 10 {
            9 => Flaw::SecondRenameTimesOut,
            _ => Flaw::None,
        };
        std::future::ready(Arc::new(Useless::new(flaw, Side::DynamoDb, 998)) as Arc<Users>)
    })
    .sequences(200)
    .seed(3)
    .try_run()
    .unwrap();
    assert_eq!(statistics.sequences, 200, "{statistics}");
}
