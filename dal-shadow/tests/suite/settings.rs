//! Settings with which a test does not wait, and what the rarer ones do.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dal_shadow::source::Fixed;
use dal_shadow::{
    Evidence, Harness, HarnessBuilder, MethodSettings, Phase, Phases, Repairs, SecondaryWrites,
    ShadowReads, Steps,
};
use tokio::time::{Instant, sleep};

use crate::log::Captured;
use crate::users::{Fault, Memory, ShadowUserRepository, User, UserRepository};

/// The first difference counts; reads without a key are read once more, soon.
pub fn no_rereads() -> ShadowReads {
    ShadowReads {
        rereads: 0,
        reread_pause: Duration::from_millis(1),
        ..ShadowReads::default()
    }
}

/// What is unknown lands within this time.
pub fn late_effect(late_effect: Duration) -> Repairs {
    Repairs {
        late_effect,
        ..Repairs::default()
    }
}

/// A step waits for so long.
pub fn patience(timeout: Duration) -> Steps {
    Steps {
        timeout,
        ..Steps::default()
    }
}

async fn wrapped(
    change: impl FnOnce(HarnessBuilder) -> HarnessBuilder,
) -> (Harness, ShadowUserRepository<Memory>, Arc<Memory>) {
    wrapped_in(Phases::from_list("*=shadow-read").unwrap(), change).await
}

async fn wrapped_in(
    phases: Phases,
    change: impl FnOnce(HarnessBuilder) -> HarnessBuilder,
) -> (Harness, ShadowUserRepository<Memory>, Arc<Memory>) {
    let builder = Harness::builder(Fixed::phases(phases))
        .best_effort_writes()
        .stores_hold_the_same();
    let harness = change(builder).start().await.unwrap();
    let (mysql, dynamodb) = (Memory::new("mysql"), Memory::new("dynamodb"));
    let users = ShadowUserRepository::new(mysql, Arc::clone(&dynamodb), harness.clone());
    (harness, users, dynamodb)
}

/// The virtual time until it holds; at most a minute.
async fn until(holds: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(1), "it never held");
        sleep(Duration::from_millis(1)).await;
    }
    began.elapsed()
}

/// A register whose secondary write hangs for ever.
async fn hung(users: &ShadowUserRepository<Memory>, dynamodb: &Memory) -> User {
    dynamodb.fault(Fault::Hang);
    let user = users.register("bob@x").await.unwrap();
    until(|| dynamodb.calls.load(Ordering::SeqCst) > 0).await;
    dynamodb.fault(Fault::None);
    user
}

#[tokio::test(start_paused = true)]
async fn a_comparison_waits_for_the_writes_of_its_record_so_long_and_no_longer() {
    for (pending_timeout, least) in [(Duration::ZERO, 0), (Duration::from_secs(3), 3_000)] {
        let (harness, users, dynamodb) = wrapped(|builder| {
            builder.shadow_reads(ShadowReads {
                pending_timeout,
                ..no_rereads()
            })
        })
        .await;
        let user = hung(&users, &dynamodb).await;
        users.get(user.id).await.unwrap();
        let pending = || {
            let report = harness.report();
            let get = report.methods().find(|method| method.method == "get");
            get.and_then(|get| get.outcomes.get("pending").copied()) == Some(1)
        };
        let time = until(pending).await;
        let least = Duration::from_millis(least);
        assert!(
            (least..least + Duration::from_millis(500)).contains(&time),
            "{time:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_waits_for_those_before_it_so_long_and_no_longer() {
    for (refused_timeout, least) in [(Duration::ZERO, 0), (Duration::from_secs(3), 3_000)] {
        let (harness, users, dynamodb) = wrapped(|builder| {
            builder.secondary_writes(SecondaryWrites {
                refused_timeout,
                ..SecondaryWrites::default()
            })
        })
        .await;
        hung(&users, &dynamodb).await;
        // Its unique value belongs to another record there.
        let stray = User {
            id: 99,
            email: "ann@x".to_owned(),
            name: String::new(),
        };
        dynamodb.users.lock().unwrap().insert(99, stray);
        users.register("ann@x").await.unwrap();
        let refused = || {
            let report = harness.report();
            report
                .methods()
                .any(|method| method.secondary_writes.refused == 1)
        };
        let time = until(refused).await;
        let least = Duration::from_millis(least);
        assert!(
            (least..least + Duration::from_millis(500)).contains(&time),
            "{time:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn more_dirty_records_than_are_kept_make_the_entity_incomplete() {
    for (dirty_records, expected) in [(2, (2, Some("overflow"))), (3, (3, None))] {
        let (harness, users, dynamodb) = wrapped(|builder| {
            builder.repairs(Repairs {
                dirty_records,
                ..Repairs::default()
            })
        })
        .await;
        dynamodb.fault(Fault::Panic);
        for email in ["ann@x", "bob@x", "cat@x"] {
            users.register(email).await.unwrap();
        }
        let failed = || {
            let report = harness.report();
            report
                .methods()
                .map(|it| it.secondary_writes.failed)
                .sum::<u64>()
                == 3
        };
        until(failed).await;
        let status = &harness.status()[0];
        let dirty = status.dirty;
        assert_eq!(
            (dirty, status.incomplete.get("dynamodb").copied()),
            expected
        );
    }
}

#[tokio::test(start_paused = true)]
async fn sample_timeout_and_rereads_can_be_set_per_method() {
    let phases = Phases::from_list("user=shadow-read@0").unwrap();
    let own = MethodSettings {
        sample: Some(100.0),
        timeout: Some(Duration::from_secs(7)),
        rereads: Some(3),
    };
    let (harness, users, dynamodb) = wrapped_in(phases, |builder| {
        builder
            .shadow_reads(no_rereads())
            .method("user", "get", own)
    })
    .await;
    let user = users.register("ann@x").await.unwrap();
    let counts = async |name: &str| {
        assert!(harness.drain(Duration::from_mins(1)).await);
        let report = harness.report();
        let found = report.methods().find(|method| method.method == name);
        found.unwrap().counts
    };
    // The entity's sample is empty; the method has its own.
    users.get(user.id).await.unwrap();
    users.list(None, 10).await.unwrap();
    let (get, list) = (counts("get").await, counts("list").await);
    assert_eq!((get.equal, list.unsampled), (1, 1));
    // Once, and three times again.
    let before = dynamodb.calls.load(Ordering::SeqCst);
    dynamodb.fault(Fault::Garbage);
    users.get(user.id).await.unwrap();
    assert_eq!(counts("get").await.different, 1);
    assert_eq!(dynamodb.calls.load(Ordering::SeqCst) - before, 4);
    // Below its own timeout, and above that of the harness.
    for (time, equal, timed_out) in [(6, 2, 0), (8, 2, 1)] {
        dynamodb.fault(Fault::Slow(Duration::from_secs(time)));
        users.get(user.id).await.unwrap();
        let get = counts("get").await;
        assert_eq!((get.equal, get.timed_out), (equal, timed_out), "{time} s");
    }
}

/// What it has seen of the secondary store is older than the write that it has waited for.
#[tokio::test(start_paused = true)]
async fn a_read_without_a_key_is_read_once_more_also_where_the_first_difference_counts() {
    let (harness, users, dynamodb) = wrapped(|builder| builder.shadow_reads(no_rereads())).await;
    dynamodb.fault(Fault::Slow(Duration::from_millis(100)));
    users.register("ann@x").await.unwrap();
    until(|| dynamodb.calls.load(Ordering::SeqCst) > 0).await;
    dynamodb.fault(Fault::None);
    users.list(None, 10).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    // One that stays counts.
    dynamodb.users.lock().unwrap().clear();
    users.list(None, 10).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    let report = harness.report();
    let list = report.methods().find(|it| it.method == "list").unwrap();
    let outcomes = ["lagging", "missing_in_secondary", "different"];
    let outcomes = outcomes.map(|it| list.outcomes.get(it).copied().unwrap_or_default());
    assert_eq!(outcomes[0], 1, "{list:?}");
    assert_eq!(outcomes[1] + outcomes[2], 1, "{list:?}");
}

/// Also with a method whose pages have tokens.
#[tokio::test]
async fn an_incomplete_dynamodb_answers_no_page_in_dynamodb_read() {
    let harness = Harness::builder(Fixed::new(Phase::DynamoDbRead)).best_effort_writes();
    let harness = harness.start().await.unwrap();
    let (mysql, dynamodb) = (Memory::new("mysql"), Memory::new("dynamodb"));
    let users = ShadowUserRepository::new(mysql, dynamodb, harness.clone());
    users.register("ann@x").await.unwrap();
    let list = || users.list(None, 10);
    list().await.unwrap();
    assert_eq!(harness.report().total().fenced, 1);
    let mark = harness.repairing("user").unwrap();
    assert!(harness.repaired(&mark).unwrap());
    list().await.unwrap();
    assert_eq!(harness.report().total().fenced, 1);
}

#[tokio::test]
async fn settings_that_name_what_no_wrapper_has_are_not_silent() {
    let (log, _guard) = Captured::warnings();
    let settings = MethodSettings::default();
    let (harness, _users, _dynamodb) = wrapped(|builder| {
        builder
            .method("user", "get", settings)
            .method("user", "by_emial", settings)
            .method("user", "register", settings) // writes are not sampled
            .method("ordr", "get", settings)
            .evidence_for("crat", Evidence::default())
    })
    .await;
    let unused = ["crat", "ordr.get", "user.by_emial", "user.register"];
    assert_eq!(harness.report().unused_settings, unused);
    let table = harness.report().to_string();
    assert!(table.contains("crat, ordr.get, user.by_emial"), "{table}");
    let log = log.text();
    assert_eq!(log.matches("no wrapper of the entity").count(), 2, "{log}");
    assert!(
        log.contains("by_emial") && log.contains("register"),
        "{log}"
    );
}

#[tokio::test]
async fn a_sample_that_is_no_percentage_is_refused_at_the_start() {
    for sample in [-1.0, 100.5, f64::NAN] {
        let settings = MethodSettings {
            sample: Some(sample),
            ..MethodSettings::default()
        };
        let builder = Harness::builder(Fixed::new(Phase::MySqlOnly));
        let refused = builder.method("user", "get", settings).start().await;
        let problem = refused.unwrap_err().to_string();
        assert!(problem.contains("`user.get`"), "{problem}");
    }
}
