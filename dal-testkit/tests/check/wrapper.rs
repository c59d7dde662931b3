//! `check` through the wrapper, on stores in memory.

use std::future::Ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::memory::{
    Defect, Memory, ShadowUserRepository, UserRepository, UserRepositoryOp, good, user_ops,
};
use crate::regressions::file_with;
use async_trait::async_trait;
use dal_testkit::check::{Failure, FailureKind, Just, Statistics, check};

/// A store whose ids begin where those of the other one do.
fn alike(
    token: &'static str,
    defect: Defect,
) -> impl Fn() -> Ready<Arc<dyn UserRepository>> + Send + Sync + 'static {
    move || std::future::ready(Arc::new(Memory::new(8, token, defect)) as _)
}

fn run(defect: Defect) -> Result<Statistics, Box<Failure<UserRepositoryOp>>> {
    check(user_ops(), good, alike("d", defect))
        .sequences(300)
        .calls(20)
        .seed(1)
        .try_run_through(ShadowUserRepository::new)
}

#[test]
fn good_stores_pass_and_the_phase_changes_in_mid_sequence() {
    let statistics = check(user_ops(), good, alike("d", Defect::None))
        .sequences(200)
        .floor("register", 200)
        .floor("rename", 100)
        .try_run_through(ShadowUserRepository::new)
        .unwrap();
    assert!(statistics.phases > 200, "{statistics}");
    assert!(statistics.error_rate() > 0.03, "{statistics}");
}

#[test]
fn a_mirror_that_loses_the_time_is_found() {
    let failure = run(Defect::MirrorForgetsTime).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Difference);
    assert!(failure.steps.len() <= 3, "{failure}");
    assert!(
        failure.differences.iter().any(|d| d.contains("created_at")),
        "{failure}"
    );
    // Not that it should be declared: it is.
    let helps = |with: &str| failure.help.iter().any(|help| help.contains(with));
    assert!(helps("to the last digit"), "{failure}");
    assert!(!helps("declare it"), "{failure}");
}

/// No read follows that compares the two.
#[test]
fn what_the_stores_hold_at_the_end_is_compared() {
    let file =
        file_with(r#"[[{"register": {"new": {"email": "a", "name": "b"}, "binds_user": 0}}]]"#);
    let failure = check(user_ops(), good, alike("d", Defect::MirrorForgetsTime))
        .sequences(0)
        .regressions(file.path())
        .try_run_through(ShadowUserRepository::new)
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Difference, "{failure}");
    let text = "at the end, in dual-write, the two stores do not hold the same: Get { id: h(0) }";
    assert!(failure.summary.contains(text), "{failure}");
    let line = "\n→ end. Get { id: h(0) } on both stores\n";
    assert!(failure.to_string().contains(line), "{failure}");
    let returned = "\n         returned Ok(User {";
    assert!(failure.to_string().contains(returned), "{failure}");
}

#[test]
fn a_mirror_that_does_not_move_the_ids_on_is_found() {
    let failure = run(Defect::MirrorKeepsIds).unwrap_err();
    assert!(failure.steps.len() <= 4, "{failure}");
    let text = failure.regression().unwrap();
    assert!(text.contains("{\"to\":\"dynamodb-leads\"}"), "{failure}");
    assert!(
        failure
            .help
            .iter()
            .any(|help| help.contains("id generator")),
        "{failure}"
    );
}

#[test]
fn a_second_store_that_swallows_or_folds_is_found() {
    for defect in [Defect::FoldsCase, Defect::GuardStays, Defect::WrongOrder] {
        let failure = run(defect).unwrap_err();
        assert_eq!(
            failure.kind,
            FailureKind::Difference,
            "{defect:?} {failure}"
        );
        assert!(failure.steps.len() <= 5, "{defect:?} {failure}");
        // What differs because it is another record is not blamed on its times.
        let blamed = failure
            .help
            .iter()
            .any(|help| help.contains("is generated"));
        assert!(!blamed, "{defect:?} {failure}");
    }
}

#[test]
fn a_kept_sequence_with_phases_fails_again() {
    let file = file_with(
        &run(Defect::MirrorKeepsIds)
            .unwrap_err()
            .regression()
            .unwrap(),
    );
    let again = check(user_ops(), good, alike("d", Defect::MirrorKeepsIds))
        .sequences(0)
        .regressions(file.path())
        .try_run_through(ShadowUserRepository::new)
        .unwrap_err();
    assert!(again.summary.contains("regression 1"), "{again}");
    check(user_ops(), good, alike("d", Defect::None))
        .sequences(0)
        .regressions(file.path())
        .try_run_through(ShadowUserRepository::new)
        .unwrap();
}

#[test]
fn all_six_phases_need_a_copy() {
    let only = file_with("[[{\"to\": \"mysql-only\"}]]");
    let failure = check(user_ops(), good, alike("d", Defect::None))
        .sequences(0)
        .regressions(only.path())
        .try_run_through(ShadowUserRepository::new)
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Setup);
    assert!(failure.summary.contains(".copy(..)"), "{failure}");
}

fn with_copy(defect: Defect) -> Result<Statistics, Box<Failure<UserRepositoryOp>>> {
    let mysql = || std::future::ready(Arc::new(Memory::new(8, "m", Defect::None)));
    let dynamodb = move || std::future::ready(Arc::new(Memory::new(8, "d", defect)));
    check(user_ops(), mysql, dynamodb)
        .sequences(200)
        .seed(1)
        .copy(|mysql, dynamodb| async move { dynamodb.copy_from(&mysql) })
        .try_run_through(ShadowUserRepository::new)
}

#[test]
fn with_a_copy_sequences_go_through_all_six_phases() {
    let statistics = with_copy(Defect::None).unwrap();
    assert!(statistics.phases > 400, "{statistics}");
}

#[test]
fn a_copy_that_leaves_what_was_deleted_is_found() {
    let failure = with_copy(Defect::CopyLeavesDeleted).unwrap_err();
    assert!(failure.steps.len() <= 5, "{failure}");
}

#[derive(Debug, thiserror::Error, dal_shadow::Classify)]
pub enum LampError {}

#[dal_shadow::shadow(ops)]
#[async_trait]
pub trait Lamp: Send + Sync {
    #[shadow(write, replay, key = all)]
    async fn turn(&self, on: bool) -> Result<(), LampError>;
    #[shadow(read)]
    async fn is_on(&self) -> Result<bool, LampError>;
}

#[derive(Default)]
struct Light(AtomicBool);

#[async_trait]
impl Lamp for Light {
    async fn turn(&self, on: bool) -> Result<(), LampError> {
        self.0.store(on, Ordering::Relaxed);
        Ok(())
    }

    async fn is_on(&self) -> Result<bool, LampError> {
        Ok(self.0.load(Ordering::Relaxed))
    }
}

/// Turns the other light as well, of which it should know nothing.
struct Meddling {
    own: Arc<Light>,
    other: Arc<Light>,
}

#[async_trait]
impl Lamp for Meddling {
    async fn turn(&self, on: bool) -> Result<(), LampError> {
        self.other.turn(on).await?;
        self.own.turn(on).await
    }

    async fn is_on(&self) -> Result<bool, LampError> {
        self.own.is_on().await
    }
}

#[test]
fn a_write_to_the_store_that_is_out_of_use_is_found() {
    let file = file_with(
        r#"[[{"to": "dual-write"}, {"to": "mysql-only"}, {"turn": {"on": true}}, {"is_on": {}}]]"#,
    );
    let light = || std::future::ready(Arc::new(Light::default()));
    let run = |meddles: bool| {
        check(LampArgs { on: Just(true) }.ops(), light, light)
            .sequences(0)
            .regressions(file.path())
            .copy(|mysql, dynamodb| async move {
                dynamodb.turn(mysql.is_on().await.unwrap()).await.unwrap();
            })
            .try_run_through(move |mysql, dynamodb, harness| {
                let other = if meddles {
                    Arc::clone(&dynamodb)
                } else {
                    Arc::default()
                };
                let own = Meddling { own: mysql, other };
                ShadowLamp::new(Arc::new(own), dynamodb, harness)
            })
    };
    run(false).unwrap();
    let failure = run(true).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Difference, "{failure}");
    let text = "DynamoDB was written in mysql-only, where it is out of use: IsOn changed";
    assert!(failure.summary.contains(text), "{failure}");
}
