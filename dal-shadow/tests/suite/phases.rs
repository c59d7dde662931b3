//! Where phases come from, and what happens when they no longer do.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::settings::patience;
use crate::users::{Fault, Memory, ShadowUserRepository, UserRepository};
use dal_shadow::source::{Environment, Fixed, WatchedFile};
use dal_shadow::{
    EntityStatus, ErrorKind, Harness, HarnessBuilder, Phase, Phases, SecondaryWrites, StepError,
    Steps,
};
use futures::FutureExt;

pub const TICK: Duration = Duration::from_millis(10);

pub fn watched(path: &Path) -> HarnessBuilder {
    Harness::builder(WatchedFile::new(path).every(TICK))
        .best_effort_writes()
        .stores_hold_the_same()
        .steps(Steps {
            timeout: Duration::from_millis(300),
            start_timeout: Duration::from_millis(50),
            ..Steps::default()
        })
}

pub fn stores(harness: &Harness) -> (ShadowUserRepository<Memory>, Arc<Memory>, Arc<Memory>) {
    let (mysql, dynamodb) = (Memory::new("mysql"), Memory::new("dynamodb"));
    let users =
        ShadowUserRepository::new(Arc::clone(&mysql), Arc::clone(&dynamodb), harness.clone());
    (users, mysql, dynamodb)
}

/// Written aside and renamed, as the documentation asks.
pub fn write(path: &Path, text: &str) {
    let aside = path.with_extension("new");
    std::fs::write(&aside, text).unwrap();
    std::fs::rename(aside, path).unwrap();
}

/// Waits until the entity `user` is as described.
pub async fn until(harness: &Harness, what: impl Fn(&EntityStatus) -> bool) -> EntityStatus {
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        let status = harness.status();
        let user = status
            .iter()
            .find(|status| status.entity == "user")
            .unwrap();
        if what(user) {
            return user.clone();
        }
        assert!(Instant::now() < end, "{user:?}");
        tokio::time::sleep(TICK).await;
    }
}

#[tokio::test]
async fn a_file_moves_the_phases_step_by_step_forward_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phases.json");
    write(&file, r#"{"*": "mysql-only"}"#);
    let harness = watched(&file).start().await.unwrap();
    let (users, mysql, dynamodb) = stores(&harness);
    users.register("ann@x").await.unwrap();
    assert!(dynamodb.all().is_empty());
    let there_and_back = Phase::ALL.iter().chain(Phase::ALL.iter().rev().skip(1));
    for phase in there_and_back {
        // Forced: this test is about the steps, not about what they need.
        write(&file, &format!(r#"{{"user": "{phase}@50!"}}"#));
        let status = until(&harness, |user| {
            user.phase == Some(*phase) && user.stepping.is_none()
        })
        .await;
        assert_eq!(status.problem, None);
        if phase.writes_both() && !status.incomplete.is_empty() {
            let mark = harness.repairing("user").unwrap();
            harness.repair_record("user", 1_u64).await.unwrap();
            assert!(harness.repaired(&mark).unwrap());
        }
        mysql.fault(Fault::Garbage);
        let read = users.get(1).await.unwrap().map(|user| user.name);
        let by_mysql = *phase < Phase::DynamoDbRead;
        assert_eq!(read.as_deref() == Some("garbage"), by_mysql, "{phase}");
        mysql.fault(Fault::None);
    }
}

#[tokio::test]
async fn a_jump_over_a_phase_is_refused_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phases.json");
    write(&file, r#"{"user": "mysql-only"}"#);
    let harness = watched(&file).start().await.unwrap();
    let (_users, ..) = stores(&harness);
    write(&file, r#"{"user": "shadow-read"}"#);
    let status = until(&harness, |user| user.problem.is_some()).await;
    assert_eq!(status.phase, Some(Phase::MySqlOnly));
    assert!(status.problem.unwrap().contains("only neighbours"));
    let refused = harness.step("user", Phase::DynamoDbOnly).await;
    assert!(matches!(refused, Err(StepError::NotAdjacent { .. })));
    let unknown = harness.step("book", Phase::DualWrite).await;
    let Err(StepError::Unknown { known, .. }) = unknown else {
        panic!("{unknown:?}")
    };
    assert_eq!(known, ["user"]);
}

#[tokio::test]
async fn a_source_that_is_lost_or_holds_garbage_changes_no_phase() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phases.json");
    write(&file, r#"{"user": "shadow-read"}"#);
    let harness = watched(&file).start().await.unwrap();
    let (users, ..) = stores(&harness);
    for trouble in ["", "{", r#"{"user": "shadow"}"#, "{}", "[1]"] {
        write(&file, trouble);
        tokio::time::sleep(TICK * 5).await;
        assert!(harness.report().problem.is_some(), "{trouble}");
        let status = until(&harness, |_| true).await;
        assert_eq!(status.phase, Some(Phase::ShadowRead), "{trouble}");
        users.register(trouble).await.unwrap();
    }
    std::fs::remove_file(&file).unwrap();
    tokio::time::sleep(TICK * 5).await;
    assert!(harness.report().problem.is_some());
    users.register("ann@x").await.unwrap();
    write(&file, r#"{"user": "dual-write"}"#);
    until(&harness, |user| user.phase == Some(Phase::DualWrite)).await;
    assert_eq!(harness.report().problem, None);
}

#[tokio::test]
async fn a_restart_without_the_source_goes_on_in_the_last_accepted_phase_or_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phases.json");
    let memory = folder.path().join("last.json");
    let error = watched(&file).remember(&memory).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    assert!(
        text.contains("no default phase") && text.contains("phases.json"),
        "{text}"
    );

    write(&file, r#"{"user": "dual-write"}"#);
    let harness = watched(&file).remember(&memory).start().await.unwrap();
    let (users, ..) = stores(&harness);
    harness.step("user", Phase::ShadowRead).await.unwrap();
    drop((users, harness));

    std::fs::remove_file(&file).unwrap();
    let harness = watched(&file).remember(&memory).start().await.unwrap();
    let (users, ..) = stores(&harness);
    let status = until(&harness, |_| true).await;
    assert_eq!(status.phase, Some(Phase::ShadowRead));
    assert!(harness.report().problem.is_some());

    // And a start with a phase that is no neighbour of the last one is a jump like any other.
    write(&file, r#"{"user": "dynamodb-only"}"#);
    let status = until(&harness, |user| user.problem.is_some()).await;
    assert_eq!(status.phase, Some(Phase::ShadowRead));
    drop((users, harness));
    let harness = watched(&file).remember(&memory).start().await.unwrap();
    let (_users, ..) = stores(&harness);
    let status = until(&harness, |user| user.problem.is_some()).await;
    assert_eq!(status.phase, Some(Phase::ShadowRead));
}

#[tokio::test]
async fn a_memory_that_is_garbage_is_said_and_not_guessed_around() {
    let folder = tempfile::tempdir().unwrap();
    let memory = folder.path().join("last.json");
    write(&memory, "garbage");
    let builder = Harness::builder(Fixed::new(Phase::MySqlOnly)).remember(&memory);
    let error = builder.start().await.unwrap_err().to_string();
    assert!(error.contains("last.json"), "{error}");
}

#[tokio::test]
async fn phases_that_write_both_stores_need_the_word_best_effort() {
    for phase in Phase::ALL {
        let started = Harness::builder(Fixed::new(phase)).start().await;
        assert_eq!(started.is_err(), phase.writes_both(), "{phase}");
        if let Err(error) = started {
            assert!(error.to_string().contains("best_effort_writes()"));
        }
    }
    let harness = Harness::builder(Fixed::new(Phase::MySqlOnly))
        .start()
        .await
        .unwrap();
    let (_users, ..) = stores(&harness);
    let step = harness.step("user", Phase::DualWrite).await;
    assert_eq!(step, Err(StepError::NeedsBestEffort(Phase::DualWrite)));
}

#[tokio::test]
async fn an_entity_that_no_source_names_waits_until_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phases.json");
    write(&file, r#"{"order": "mysql-only"}"#);
    let harness = watched(&file).start().await.unwrap();
    let (users, mysql, dynamodb) = stores(&harness);
    let early = tokio::time::timeout(TICK * 5, users.register("ann@x")).await;
    assert!(early.is_err());
    let calls = |store: &Memory| store.calls.load(Ordering::SeqCst);
    assert_eq!((calls(&mysql), calls(&dynamodb)), (0, 0));
    assert_eq!(harness.report().unused, ["order"]);
    let table = harness.report().to_string();
    assert!(
        table.contains("no wrapper uses these names of the source: order"),
        "{table}"
    );
    assert!(table.contains("user: no phase, calls wait"), "{table}");
    write(&file, r#"{"order": "mysql-only", "user": "dynamodb-only"}"#);
    users.register("ann@x").await.unwrap();
    assert_eq!((calls(&mysql), calls(&dynamodb)), (0, 1));
}

#[tokio::test]
async fn an_environment_without_the_variable_is_no_source() {
    let source = Environment::variable("DAL_PHASES_OF_NOBODY");
    let builder = Harness::builder(source).steps(Steps {
        start_timeout: Duration::ZERO,
        ..Steps::default()
    });
    let error = builder.start().await.unwrap_err().to_string();
    assert!(error.contains("DAL_PHASES_OF_NOBODY"), "{error}");
}

#[tokio::test]
async fn a_step_that_hands_over_waits_for_secondary_writes_and_is_refused_when_they_hang() {
    let harness = Harness::builder(Fixed::new(Phase::ShadowRead))
        .best_effort_writes()
        .stores_hold_the_same()
        .steps(patience(Duration::from_millis(200)))
        .start()
        .await
        .unwrap();
    let (users, _mysql, dynamodb) = stores(&harness);
    dynamodb.fault(Fault::Slow(Duration::from_millis(100)));
    let user = users.register("ann@x").await.unwrap();
    assert!(dynamodb.all().is_empty());
    harness.step("user", Phase::DynamoDbRead).await.unwrap();
    assert_eq!(users.get(user.id).await.unwrap(), Some(user.clone()));

    harness.step("user", Phase::ShadowRead).await.unwrap();
    dynamodb.fault(Fault::Hang);
    users.rename(user.id, "Ann").await.unwrap();
    let refused = harness.step("user", Phase::DynamoDbRead).await;
    let refused = refused.unwrap_err();
    let (phase, dirty) = (Phase::ShadowRead, 0);
    let under_way = StepError::WritesUnderWay {
        phase,
        pending: 1,
        dirty,
    };
    assert_eq!(refused, under_way);
    assert_eq!(users.get(user.id).await.unwrap().unwrap().name, "Ann");
    users.rename(user.id, "Anna").await.unwrap();
}

#[tokio::test]
async fn the_way_back_is_open_while_the_other_store_hangs() {
    let harness = Harness::builder(Fixed::new(Phase::DynamoDbRead))
        .best_effort_writes()
        .stores_hold_the_same()
        .secondary_writes(SecondaryWrites {
            caller_timeout: Duration::from_millis(20),
            ..SecondaryWrites::default()
        })
        .steps(patience(Duration::from_secs(2)))
        .start()
        .await
        .unwrap();
    let (users, mysql, dynamodb) = stores(&harness);
    dynamodb.fault(Fault::Hang);
    users.register("ann@x").await.unwrap();
    harness.step("user", Phase::ShadowRead).await.unwrap();
    assert_eq!(users.get(1).await.unwrap().unwrap().email, "ann@x");
    assert_eq!(mysql.all().len(), 1);
}

#[test]
fn outside_of_a_runtime_the_start_says_so() {
    let starting = Harness::builder(Fixed::phases(Phases::from_list("*=mysql-only").unwrap()));
    let error = starting.start().now_or_never().unwrap().unwrap_err();
    assert!(error.to_string().contains("tokio runtime"));
}
