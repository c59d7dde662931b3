//! A call through the wrapper: who answers, what the secondary store gets, what is compared and counted.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::settings::{late_effect, no_rereads};
use crate::users::{Fault, Memory, RepoError, ShadowUserRepository, UserRepository};
use dal_shadow::sink::RingSink;
use dal_shadow::source::Fixed;
use dal_shadow::{
    Harness, HarnessBuilder, MethodReport, Order, Phase, Repairs, SecondaryWrites, ShadowReads,
    Steps,
};

struct Setup {
    mysql: Arc<Memory>,
    dynamodb: Arc<Memory>,
    harness: Harness,
    ring: RingSink,
    users: ShadowUserRepository<Memory>,
}

impl Setup {
    async fn new(phase: Phase, change: impl FnOnce(HarnessBuilder) -> HarnessBuilder) -> Self {
        let ring = RingSink::new(100).unredacted();
        let builder = Harness::builder(Fixed::new(phase))
            .best_effort_writes()
            .stores_hold_the_same()
            .shadow_reads(no_rereads())
            .repairs(late_effect(Duration::from_millis(100)))
            .sink(ring.clone());
        let harness = change(builder).start().await.unwrap();
        let (mysql, dynamodb) = (Memory::new("mysql"), Memory::new("dynamodb"));
        let users =
            ShadowUserRepository::new(Arc::clone(&mysql), Arc::clone(&dynamodb), harness.clone());
        Self {
            mysql,
            dynamodb,
            harness,
            ring,
            users,
        }
    }

    async fn method(&self, name: &str) -> MethodReport {
        assert!(self.harness.drain(Duration::from_secs(20)).await);
        let report = self.harness.report();
        assert!(report.total().counts.adds_up());
        let found = report.methods().find(|method| method.method == name);
        found.unwrap().clone()
    }
}

async fn in_phase(phase: Phase) -> Setup {
    Setup::new(phase, |builder| builder).await
}

#[tokio::test]
async fn each_phase_answers_from_its_store_and_writes_where_it_must() {
    for phase in Phase::ALL {
        let setup = in_phase(phase).await;
        let user = setup.users.register("ann@x").await.unwrap();
        setup.users.rename(user.id, "Ann").await.unwrap();
        setup.method("rename").await;
        let (one, other) = (setup.mysql.all(), setup.dynamodb.all());
        let only = |store: &Memory| store.calls.load(Ordering::SeqCst) == 0;
        match phase {
            Phase::MySqlOnly => assert!(one.len() == 1 && only(&setup.dynamodb)),
            Phase::DynamoDbOnly => assert!(other.len() == 1 && only(&setup.mysql)),
            _ => assert_eq!(one, other, "{phase}"),
        }
        setup.mysql.fault(Fault::Garbage);
        let read = setup.users.get(user.id).await.unwrap().unwrap();
        let from_mysql = phase < Phase::DynamoDbRead;
        assert_eq!(read.name == "garbage", from_mysql, "{phase}");
        let name = setup.users.name_of_store().await;
        assert_eq!(name == "mysql", from_mysql, "{phase}");
    }
}

#[tokio::test]
async fn a_generated_id_exists_once_and_is_pinned_also_when_the_secondary_write_is_repeated() {
    for (phase, behind) in [(Phase::DualWrite, 1), (Phase::DynamoDbLeads, 0)] {
        let setup = in_phase(phase).await;
        let stores = [&setup.mysql, &setup.dynamodb];
        stores[behind].next.store(100, Ordering::SeqCst);
        stores[behind].fault(Fault::FailTimes(2));
        let user = setup.users.register("ann@x").await.unwrap();
        assert_eq!(user.id, 1);
        let counts = setup.method("register").await;
        assert_eq!(setup.mysql.all(), std::slice::from_ref(&user));
        assert_eq!(setup.dynamodb.all(), [user]);
        let writes = counts.secondary_writes;
        assert_eq!((writes.applied, writes.retried, writes.pending), (1, 2, 0));
        assert_eq!((counts.counts.eligible, counts.counts.acknowledged), (1, 1));
    }
}

#[tokio::test]
async fn a_mirror_whose_reply_is_lost_is_repeated_and_a_replay_is_not() {
    let setup = in_phase(Phase::DualWrite).await;
    setup.dynamodb.fault(Fault::LoseReplies(1));
    let user = setup.users.register("ann@x").await.unwrap();
    assert_eq!(setup.method("register").await.secondary_writes.applied, 1);
    // Until nothing of it can land late any more.
    tokio::time::sleep(Duration::from_millis(150)).await;
    setup.method("register").await;
    setup.dynamodb.fault(Fault::LoseReplies(1));
    setup.users.rename(user.id, "Ann").await.unwrap();
    let rename = setup.method("rename").await;
    assert_eq!(
        (rename.secondary_writes.failed, rename.counts.inconclusive),
        (1, 1)
    );
    assert_eq!(setup.dynamodb.all()[0].name, "Ann");
}

#[tokio::test]
async fn a_write_that_the_primary_refused_is_not_sent_to_the_secondary() {
    let setup = in_phase(Phase::ShadowRead).await;
    let refused = setup.users.rename(9, "x").await;
    assert_eq!(refused, Err(RepoError::NotFound));
    let rename = setup.method("rename").await;
    assert_eq!(setup.dynamodb.calls.load(Ordering::SeqCst), 0);
    assert_eq!((rename.counts.eligible, rename.calls), (0, 1));
    assert_eq!(rename.errors.get("not_found"), Some(&1));
}

#[tokio::test]
async fn a_secondary_write_that_is_refused_is_a_difference_and_does_not_reach_the_caller() {
    let setup = in_phase(Phase::DualWrite).await;
    let user = setup.users.register("ann@x").await.unwrap();
    setup.method("register").await;
    setup.dynamodb.users.lock().unwrap().clear();
    assert_eq!(setup.users.rename(user.id, "Ann").await, Ok(()));
    let rename = setup.method("rename").await;
    assert_eq!(
        (rename.counts.different, rename.secondary_writes.refused),
        (1, 1)
    );
    let records = setup.ring.records();
    assert_eq!(records.len(), 1);
    assert!(records[0].diff.contains("not_found"), "{}", records[0].diff);
}

#[tokio::test]
async fn a_difference_is_found_and_names_its_field() {
    for order in [Order::Detached, Order::PrimaryFirst, Order::Concurrent] {
        let setup = Setup::new(Phase::ShadowRead, |builder| {
            builder.shadow_reads(ShadowReads {
                order,
                ..no_rereads()
            })
        })
        .await;
        let user = setup.users.register("ann@x").await.unwrap();
        setup.method("register").await;
        assert_eq!(setup.users.get(user.id).await.unwrap(), Some(user.clone()));
        assert_eq!(setup.method("get").await.counts.equal, 1);
        setup.dynamodb.fault(Fault::Garbage);
        assert_eq!(setup.users.get(user.id).await.unwrap(), Some(user));
        let get = setup.method("get").await;
        assert_eq!(
            (get.counts.eligible, get.counts.equal, get.counts.different),
            (2, 1, 1),
            "{order:?}"
        );
        assert_eq!(setup.ring.records()[0].differences[0].path, "name");
    }
}

#[tokio::test]
async fn a_difference_that_does_not_stand_still_is_not_confirmed() {
    let slow = |builder: HarnessBuilder| {
        builder.shadow_reads(ShadowReads {
            rereads: 2,
            reread_pause: Duration::from_millis(30),
            ..ShadowReads::default()
        })
    };
    let setup = Setup::new(Phase::ShadowRead, slow).await;
    let user = setup.users.register("ann@x").await.unwrap();
    setup.method("register").await;

    setup.dynamodb.fault(Fault::Garbage);
    setup.users.get(user.id).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    setup.dynamodb.fault(Fault::None);
    assert_eq!(setup.method("get").await.outcomes.get("lagging"), Some(&1));

    setup.dynamodb.fault(Fault::Garbage);
    setup.users.get(user.id).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    setup.mysql.fault(Fault::Garbage);
    assert_eq!(setup.method("get").await.outcomes.get("unstable"), Some(&1));

    setup.mysql.fault(Fault::None);
    setup.users.get(user.id).await.unwrap();
    assert_eq!(setup.method("get").await.counts.different, 1);
}

#[tokio::test(start_paused = true)]
async fn a_read_without_a_key_differs_only_once_the_writes_on_their_way_have_ended() {
    let quick = |builder: HarnessBuilder| {
        builder.shadow_reads(ShadowReads {
            rereads: 2,
            reread_pause: Duration::from_millis(1),
            ..ShadowReads::default()
        })
    };
    let setup = Setup::new(Phase::ShadowRead, quick).await;
    let started = || tokio::time::sleep(Duration::from_millis(10));

    setup
        .dynamodb
        .fault(Fault::Slow(Duration::from_millis(500)));
    setup.users.register("ann@x").await.unwrap();
    started().await;
    setup.dynamodb.fault(Fault::None);
    setup.users.list(None, 10).await.unwrap();
    let list = setup.method("list").await;
    assert_eq!(list.outcomes.get("lagging"), Some(&1), "{list:?}");

    // One that does not end in time says nothing.
    setup.dynamodb.fault(Fault::Hang);
    setup.users.register("bob@x").await.unwrap();
    started().await;
    setup.dynamodb.fault(Fault::None);
    setup.users.list(None, 10).await.unwrap();
    let list = setup.method("list").await;
    assert_eq!(list.outcomes.get("pending"), Some(&1), "{list:?}");
    assert_eq!(list.counts.different, 0, "{list:?}");

    // Nothing is on its way: it counts.
    setup.dynamodb.users.lock().unwrap().clear();
    setup.users.list(None, 10).await.unwrap();
    let list = setup.method("list").await;
    assert_eq!(list.counts.different, 1, "{list:?}");
}

#[tokio::test]
async fn another_stores_page_token_is_not_compared_and_its_text_never_is() {
    let setup = in_phase(Phase::ShadowRead).await;
    for email in ["a", "b", "c"] {
        setup.users.register(email).await.unwrap();
    }
    setup.method("register").await;
    let first = setup.users.list(None, 2).await.unwrap();
    assert_eq!(first.next.as_deref(), Some("mysql:2"));
    let second = setup.users.list(first.next.as_deref(), 2).await.unwrap();
    assert_eq!(second.items.len(), 1);
    let list = setup.method("list").await;
    assert_eq!(
        (
            list.counts.compared,
            list.counts.equal,
            list.counts.inconclusive
        ),
        (1, 1, 1)
    );
    assert_eq!(list.outcomes.get("unsupported_in_shadow"), Some(&1));
}

#[tokio::test]
async fn what_is_not_in_the_sample_is_counted_and_not_sent() {
    let source = dal_shadow::Phases::from_list("*=shadow-read@0").unwrap();
    let harness = Harness::builder(Fixed::phases(source))
        .best_effort_writes()
        .stores_hold_the_same()
        .start()
        .await
        .unwrap();
    let (mysql, dynamodb) = (Memory::new("mysql"), Memory::new("dynamodb"));
    let users = ShadowUserRepository::new(mysql, Arc::clone(&dynamodb), harness.clone());
    for id in 0..10 {
        users.get(id).await.unwrap();
    }
    assert_eq!(dynamodb.calls.load(Ordering::SeqCst), 0);
    let total = harness.report().total();
    assert_eq!((total.counts.eligible, total.counts.unsampled), (10, 10));
}

#[tokio::test]
async fn secondary_writes_follow_the_order_of_the_first_ones() {
    let setup = in_phase(Phase::DualWrite).await;
    setup.dynamodb.fault(Fault::Slow(Duration::from_millis(5)));
    let mut ids = Vec::new();
    for round in 0..5 {
        // Each needs the one before: the e-mail is free again, the record is there.
        let user = setup.users.register("ann@x").await.unwrap();
        setup
            .users
            .rename(user.id, &round.to_string())
            .await
            .unwrap();
        setup.users.remove(user.id).await.unwrap();
        ids.push(user.id);
    }
    for name in ["register", "rename", "remove"] {
        let counts = setup.method(name).await;
        let agreed = counts.counts.equal + counts.counts.acknowledged;
        assert_eq!((counts.secondary_writes.applied, agreed), (5, 5), "{name}");
    }
    assert!(setup.dynamodb.all().is_empty() && setup.mysql.all().is_empty());
}

#[tokio::test]
async fn a_write_whose_caller_goes_away_reaches_both_stores() {
    let setup = in_phase(Phase::DualWrite).await;
    setup.mysql.fault(Fault::Slow(Duration::from_millis(50)));
    let call = setup.users.register("ann@x");
    let left = tokio::time::timeout(Duration::from_millis(10), call).await;
    assert!(left.is_err());
    let register = setup.method("register").await;
    assert_eq!(
        (
            register.secondary_writes.sent,
            register.secondary_writes.applied
        ),
        (1, 1)
    );
    assert_eq!(setup.mysql.all().len(), 1);
    assert_eq!(setup.mysql.all(), setup.dynamodb.all());
}

#[tokio::test]
async fn a_full_queue_becomes_transfers_and_loses_nothing() {
    let setup = Setup::new(Phase::DualWrite, |builder| {
        builder.secondary_writes(SecondaryWrites {
            queued: 3,
            in_flight: 2,
            ..SecondaryWrites::default()
        })
    })
    .await;
    setup.dynamodb.fault(Fault::Slow(Duration::from_millis(50)));
    for number in 0..10 {
        setup.users.register(&number.to_string()).await.unwrap();
    }
    let counts = setup.method("register").await;
    assert_eq!(counts.secondary_writes.sent, 10);
    assert!(
        counts.secondary_writes.transferred >= 6,
        "{:?}",
        counts.secondary_writes
    );
    assert_eq!(
        counts.secondary_writes.transferred + counts.secondary_writes.applied,
        10
    );
    assert_eq!(setup.mysql.all().len(), 10);
    assert_eq!(setup.mysql.all(), setup.dynamodb.all());
}

#[tokio::test]
async fn settings_without_a_limit_panic_nowhere() {
    let endless = |builder: HarnessBuilder| {
        builder
            .shadow_reads(ShadowReads {
                timeout: Duration::MAX,
                in_flight: usize::MAX,
                snapshot_bytes: usize::MAX,
                rereads: u32::MAX,
                reread_pause: Duration::MAX,
                pending_timeout: Duration::MAX,
                compare_timeout: Duration::MAX,
                ..ShadowReads::default()
            })
            .secondary_writes(SecondaryWrites {
                queued: usize::MAX,
                in_flight: usize::MAX,
                attempt_timeout: Duration::MAX,
                caller_timeout: Duration::MAX,
                refused_timeout: Duration::MAX,
                ..SecondaryWrites::default()
            })
            .repairs(Repairs {
                late_effect: Duration::MAX,
                first_pause: Duration::MAX,
                longest_pause: Duration::MAX,
                dirty_records: usize::MAX,
            })
            .steps(Steps {
                timeout: Duration::MAX,
                closed_at_most: Duration::MAX,
                start_timeout: Duration::MAX,
            })
    };
    let setup = Setup::new(Phase::DynamoDbRead, endless).await;
    let user = setup.users.register("ann@x").await.unwrap();
    assert_eq!(setup.users.get(user.id).await.unwrap(), Some(user));
    setup.harness.step("user", Phase::ShadowRead).await.unwrap();
    assert_eq!(setup.method("get").await.counts.equal, 1);
}
