//! Settings with which a test does not wait, and what the rarer ones do.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dal_shadow::source::Fixed;
use dal_shadow::{Harness, HarnessBuilder, Phase, Repairs, SecondaryWrites, ShadowReads, Steps};
use tokio::time::{Instant, sleep};

use crate::users::{Fault, Memory, ShadowUserRepository, User, UserRepository};

/// The first difference counts.
pub fn no_rereads() -> ShadowReads {
    ShadowReads {
        rereads: 0,
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
    let builder = Harness::builder(Fixed::new(Phase::ShadowRead))
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
