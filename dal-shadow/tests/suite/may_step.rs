//! What a step forward needs to be shown, and what the source and a step by hand make of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::log::Captured;
use crate::phases::{TICK, stores, until, watched, write};
use crate::settings::{no_rereads, patience};
use crate::users::{Fault, Memory, ShadowUserRepository, User, UserRepository};
use dal_shadow::source::{Fixed, WatchedFile};
use dal_shadow::{
    EntityStatus, Evidence, Harness, HarnessBuilder, MayStep, Phase, Reason, SecondaryWrites,
    ShadowReads, StepError, Store,
};
use dal_traits::RetryPolicy;

const PAUSE: Duration = Duration::from_millis(300);

struct Setup {
    _folder: tempfile::TempDir,
    file: std::path::PathBuf,
    harness: Harness,
    users: ShadowUserRepository<Memory>,
    mysql: Arc<Memory>,
    dynamodb: Arc<Memory>,
}

/// The first difference counts, and no read is shed.
fn reads() -> ShadowReads {
    ShadowReads {
        in_flight: 1_000,
        ..no_rereads()
    }
}

/// In a phase that a file says; both stores are said to hold the same.
async fn in_phase(phase: Phase, change: impl FnOnce(HarnessBuilder) -> HarnessBuilder) -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phases.json");
    wants(&file, phase.as_str());
    let builder = watched(&file).shadow_reads(reads());
    let harness = change(builder).start().await.unwrap();
    let (users, mysql, dynamodb) = stores(&harness);
    Setup {
        _folder: folder,
        file,
        harness,
        users,
        mysql,
        dynamodb,
    }
}

fn wants(file: &Path, setting: &str) {
    write(file, &format!(r#"{{"user": "{setting}"}}"#));
}

/// One user on these stores, behind the wrapper's back.
fn hold(stores: &[&Memory]) {
    let user = User {
        id: 1,
        email: "ann@x".to_owned(),
        name: "Ann".to_owned(),
    };
    for store in stores {
        store.users.lock().unwrap().insert(1, user.clone());
    }
}

impl Setup {
    fn both(&self) {
        hold(&[&self.mysql, &self.dynamodb]);
    }

    async fn reads(&self, times: u64, id: u64) {
        for _ in 0..times {
            self.users.get(id).await.unwrap();
        }
        self.drain().await;
    }

    async fn drain(&self) {
        assert!(self.harness.drain(Duration::from_secs(5)).await);
    }

    fn may(&self, to: Phase) -> MayStep {
        self.harness.may_step("user", to)
    }

    /// What the source asks for, and why it was not taken.
    async fn refused(&self, setting: &str) -> String {
        wants(&self.file, setting);
        let status = until(&self.harness, |user| user.problem.is_some()).await;
        status.problem.unwrap()
    }

    async fn taken(&self, phase: Phase) -> EntityStatus {
        until(&self.harness, |user| {
            user.phase == Some(phase) && user.stepping.is_none()
        })
        .await
    }
}

#[tokio::test]
async fn a_dynamodb_that_was_never_filled_does_not_get_the_readers() {
    let setup = in_phase(Phase::ShadowRead, |builder| builder).await;
    hold(&[&setup.mysql]);
    setup.reads(100, 1).await;
    let may = setup.may(Phase::DynamoDbRead);
    let (method, times) = ("get", 100);
    let different = Reason::Different { method, times };
    assert!(!may.may && may.reasons.contains(&different), "{may}");

    let problem = setup.refused("dynamodb-read").await;
    assert!(problem.contains("get: 100 calls different"), "{problem}");
    assert!(problem.contains("`dynamodb-read!`"), "{problem}");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let status = &setup.harness.status()[0];
    assert_eq!(status.phase, Some(Phase::ShadowRead));
    assert_eq!(setup.users.get(1).await.unwrap().unwrap().name, "Ann");
}

#[tokio::test]
async fn a_hundred_stale_reads_beside_a_hundred_equal_ones_are_too_many() {
    let setup = in_phase(Phase::ShadowRead, |builder| {
        builder.shadow_reads(ShadowReads {
            rereads: 1,
            reread_pause: PAUSE,
            ..reads()
        })
    })
    .await;
    setup.both();
    setup.reads(100, 1).await;
    assert!(setup.may(Phase::DynamoDbRead).may);

    setup.dynamodb.fault(Fault::Garbage);
    let before = setup.dynamodb.calls.load(Ordering::SeqCst);
    for _ in 0..100 {
        setup.users.get(1).await.unwrap();
    }
    let end = Instant::now() + Duration::from_secs(5);
    while setup.dynamodb.calls.load(Ordering::SeqCst) < before + 100 {
        assert!(Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(TICK).await;
    setup.dynamodb.fault(Fault::None);
    setup.drain().await;

    let may = setup.may(Phase::DynamoDbRead);
    let lagging = Reason::TooMany {
        method: "get",
        outcome: "lagging",
        times: 100,
        of: 200,
        at_most: 2,
    };
    assert_eq!(may.reasons, [lagging], "{may}");
    let problem = setup.refused("dynamodb-read").await;
    assert!(problem.contains("100 of 200 calls lagging"), "{problem}");
}

#[tokio::test]
async fn enough_equal_reads_and_the_source_is_obeyed() {
    let setup = in_phase(Phase::ShadowRead, |builder| builder).await;
    setup.both();
    setup.reads(99, 1).await;
    let may = setup.may(Phase::DynamoDbRead);
    let few = Reason::TooFew {
        method: "get",
        compared: 99,
        needed: 100,
    };
    assert_eq!(may.reasons, [few]);
    setup.refused("dynamodb-read").await;
    // The blocked step is tried again by itself.
    setup.reads(1, 1).await;
    let status = setup.taken(Phase::DynamoDbRead).await;
    assert_eq!((status.problem, status.forced), (None, None));
    // It goes on to the end with what has been shown since the copy.
    for phase in [Phase::DynamoDbLeads, Phase::DynamoDbOnly] {
        let may = setup.may(phase);
        assert!(may.may && may.methods[0].compared == 100, "{may}");
        assert!(may.to_string().contains("yes\n  get: 100 compared"));
        wants(&setup.file, phase.as_str());
        setup.taken(phase).await;
    }
}

#[tokio::test]
async fn acknowledgements_and_empty_pages_are_no_evidence() {
    let setup = in_phase(Phase::ShadowRead, |builder| builder).await;
    setup.reads(150, 7).await;
    for _ in 0..150 {
        assert!(setup.users.list(None, 5).await.unwrap().items.is_empty());
        setup.users.pass_id(9).await.unwrap();
    }
    setup.drain().await;
    let total = setup.harness.report().total();
    assert_eq!(
        (total.counts.compared, total.counts.acknowledged),
        (0, 450),
        "{total:?}"
    );
    let may = setup.may(Phase::DynamoDbRead);
    assert!(may.reasons.contains(&Reason::NothingCompared), "{may}");
    let few = |method| Reason::TooFew {
        method,
        compared: 0,
        needed: 100,
    };
    assert!(may.reasons.contains(&few("get")) && may.reasons.contains(&few("list")));
    assert_eq!(may.reasons.len(), 3, "{may}");
}

#[tokio::test]
async fn no_traffic_is_no_evidence_whatever_the_thresholds() {
    let none = Evidence {
        min_compared: 0,
        share: 1.0,
    };
    let setup = in_phase(Phase::ShadowRead, |builder| builder.evidence(none)).await;
    setup.both();
    let may = setup.may(Phase::DynamoDbRead);
    assert_eq!(may.reasons, [Reason::NothingCompared]);
    let problem = setup.refused("dynamodb-read").await;
    assert!(problem.contains("no read was compared"), "{problem}");
    setup.reads(1, 1).await;
    setup.taken(Phase::DynamoDbRead).await;
}

#[tokio::test]
async fn an_exclamation_mark_forces_the_step_and_is_logged_and_reported() {
    let (log, _guard) = Captured::warnings();
    let setup = in_phase(Phase::ShadowRead, |builder| builder).await;
    setup.refused("dynamodb-read").await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    wants(&setup.file, "dynamodb-read!");
    let status = setup.taken(Phase::DynamoDbRead).await;
    assert_eq!(status.problem, None);
    let forced = status.forced.unwrap();
    assert!(forced.contains("no read was compared"), "{forced}");
    let table = setup.harness.report().to_string();
    let past = format!("the last step was forced past: {forced}");
    assert!(table.contains(&past), "{table}");
    let log = log.text();
    assert_eq!(log.matches("the step was forced").count(), 1, "{log}");
    let refusals = log.matches("the step was not taken").count();
    assert_eq!(
        refusals, 1,
        "a step that is tried again is said once: {log}"
    );

    // The way back needs no force, and the next step says nothing of the last one.
    wants(&setup.file, "shadow-read!");
    let status = setup.taken(Phase::ShadowRead).await;
    assert_eq!(status.forced, None);
}

#[tokio::test]
async fn no_force_goes_past_a_store_that_is_incomplete_or_dirty() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phases.json");
    wants(&file, "shadow-read");
    let harness = Harness::builder(WatchedFile::new(&file).every(TICK))
        .best_effort_writes()
        .steps(patience(Duration::from_millis(300)))
        .start()
        .await
        .unwrap();
    let (users, _mysql, dynamodb) = stores(&harness);
    wants(&file, "dynamodb-read!");
    let status = until(&harness, |user| user.problem.is_some()).await;
    let problem = status.problem.unwrap();
    assert!(problem.contains("dynamodb is incomplete"), "{problem}");
    let may = harness.may_step("user", Phase::DynamoDbRead);
    let incomplete = |reason: &Reason| {
        let Reason::Incomplete { store, .. } = reason else {
            return false;
        };
        *store == Store::DynamoDb
    };
    assert!(may.reasons.iter().any(incomplete), "{may}");

    dynamodb.fault(Fault::Throttle);
    users.register("ann@x").await.unwrap();
    let mark = harness.repairing("user").unwrap();
    assert!(harness.repaired(&mark).unwrap());
    let status = until(&harness, |user| {
        let problem = user.problem.as_deref().unwrap_or_default();
        problem.contains("did not come to rest")
    })
    .await;
    assert_eq!(status.phase, Some(Phase::ShadowRead));
    // Once it is clean, the step is taken.
    dynamodb.fault(Fault::None);
    until(&harness, |user| user.phase == Some(Phase::DynamoDbRead)).await;
}

#[tokio::test]
async fn the_last_step_waits_until_mysql_is_clean_too() {
    let setup = in_phase(Phase::DynamoDbLeads, |builder| builder).await;
    setup.mysql.fault(Fault::Throttle);
    setup.users.register("ann@x").await.unwrap();
    let problem = setup.refused("dynamodb-only!").await;
    assert!(problem.contains("did not come to rest"), "{problem}");
    setup.mysql.fault(Fault::None);
    setup.taken(Phase::DynamoDbOnly).await;
}

#[tokio::test]
async fn the_way_back_is_open_with_dynamodb_hung_and_records_dirty() {
    let setup = in_phase(Phase::DynamoDbRead, |builder| {
        builder.secondary_writes(SecondaryWrites {
            caller_timeout: TICK,
            attempt_timeout: TICK,
            retry: RetryPolicy {
                max_attempts: 1,
                ..RetryPolicy::default()
            },
            ..SecondaryWrites::default()
        })
    })
    .await;
    setup.dynamodb.fault(Fault::Hang);
    setup.users.register("ann@x").await.unwrap();
    until(&setup.harness, |user| user.dirty > 0).await;
    let forward = setup.may(Phase::DynamoDbLeads).reasons;
    assert!(
        forward.contains(&Reason::Dirty { records: 1 }),
        "{forward:?}"
    );
    let back = setup.may(Phase::ShadowRead);
    assert!(back.may, "{back}");
    wants(&setup.file, "shadow-read");
    let status = setup.taken(Phase::ShadowRead).await;
    assert!(status.dirty > 0, "{status:?}");
}

#[tokio::test]
async fn what_was_compared_before_a_copy_does_not_count() {
    let setup = in_phase(Phase::ShadowRead, |builder| {
        builder.shadow_reads(ShadowReads {
            timeout: Duration::from_secs(5),
            ..reads()
        })
    })
    .await;
    hold(&[&setup.mysql]);
    setup.reads(100, 1).await;
    // One that is under way when the copy ends.
    setup.dynamodb.fault(Fault::Slow(PAUSE));
    let mark = setup.harness.repairing("user").unwrap();
    setup.users.get(1).await.unwrap();
    tokio::time::sleep(TICK).await;
    assert!(setup.harness.repaired(&mark).unwrap());
    setup.drain().await;
    setup.dynamodb.fault(Fault::None);
    assert_eq!(setup.harness.report().total().counts.different, 101);
    let may = setup.may(Phase::DynamoDbRead);
    assert_eq!(may.reasons, [Reason::NothingCompared], "{may}");
    setup.both();
    setup.reads(100, 1).await;
    assert!(setup.may(Phase::DynamoDbRead).may);
}

#[tokio::test]
async fn every_read_method_that_was_called_must_be_shown_and_thresholds_are_set_by_entity() {
    let ten = Evidence {
        min_compared: 10,
        ..Evidence::default()
    };
    let setup = in_phase(Phase::ShadowRead, |builder| {
        builder.evidence_for("user", ten).evidence_for(
            "order",
            Evidence {
                min_compared: 1_000,
                ..ten
            },
        )
    })
    .await;
    setup.both();
    setup.reads(10, 1).await;
    assert!(setup.may(Phase::DynamoDbRead).may);
    setup.users.list(None, 5).await.unwrap();
    setup.drain().await;
    let may = setup.may(Phase::DynamoDbRead);
    let json = serde_json::to_value(&may).unwrap();
    let few = serde_json::json!(
        {"reason": "too_few", "method": "list", "compared": 1, "needed": 10}
    );
    assert_eq!(json["may"], false);
    assert_eq!(json["reasons"], serde_json::json!([few]));
    assert_eq!(json["methods"][0]["compared"], 10);
    assert_eq!(
        may.to_string(),
        "user: shadow-read → dynamodb-read: no\n  list: 1 calls compared of 10 needed"
    );
}

#[tokio::test]
async fn a_secondary_that_answers_nothing_shows_nothing() {
    let setup = in_phase(Phase::ShadowRead, |builder| builder).await;
    setup.both();
    setup.reads(200, 1).await;
    setup.dynamodb.fault(Fault::Throttle);
    setup.reads(3, 1).await;
    let may = setup.may(Phase::DynamoDbRead);
    let [Reason::TooMany { outcome, times, .. }] = &may.reasons[..] else {
        panic!("{may}");
    };
    assert_eq!((*outcome, *times), ("inconclusive", 3));
}

#[tokio::test]
async fn a_step_by_hand_and_the_first_two_steps_need_no_evidence() {
    let setup = in_phase(Phase::MySqlOnly, |builder| builder).await;
    for phase in [Phase::DualWrite, Phase::ShadowRead] {
        assert!(setup.may(phase).may);
        wants(&setup.file, phase.as_str());
        setup.taken(phase).await;
    }
    let mark = setup.harness.repairing("user").unwrap();
    assert!(setup.harness.repaired(&mark).unwrap());
    assert_eq!(
        setup.may(Phase::MySqlOnly).reasons,
        [Reason::NotAdjacent],
        "one step at a time"
    );
    assert!(setup.may(Phase::DualWrite).may);
    assert!(!setup.may(Phase::DynamoDbRead).may);
    let by_hand = setup.harness.step("user", Phase::DynamoDbRead).await;
    assert_eq!(by_hand, Ok(()));
    let unknown = setup.harness.may_step("book", Phase::DualWrite);
    assert_eq!(unknown.reasons, [Reason::NoPhase]);
}

#[tokio::test]
async fn the_answer_names_the_missing_word_best_effort() {
    let harness = Harness::builder(Fixed::new(Phase::MySqlOnly))
        .start()
        .await
        .unwrap();
    let (_users, ..) = stores(&harness);
    let may = harness.may_step("user", Phase::DualWrite);
    assert_eq!(may.reasons, [Reason::NeedsBestEffort]);
    let step = harness.step("user", Phase::DualWrite).await;
    assert_eq!(step, Err(StepError::NeedsBestEffort(Phase::DualWrite)));
}
