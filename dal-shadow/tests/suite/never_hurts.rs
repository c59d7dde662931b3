//! The caller never pays for the other store: not in answers, not in errors, not in time, not in
//! memory, and every call is accounted for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::settings::{late_effect, no_rereads};
use crate::users::{Fault, Memory, ShadowUserRepository, UserRepository};
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, HarnessBuilder, Phase, Report, SecondaryWrites, ShadowReads};

const FAULTS: [Fault; 6] = [
    Fault::Hang,
    Fault::Slow(Duration::from_millis(30)),
    Fault::Throttle,
    Fault::LoseReplies(u64::MAX),
    Fault::Panic,
    Fault::Garbage,
];

type Users = ShadowUserRepository<Memory>;

/// The first difference counts, and the secondary has little time.
fn reads() -> ShadowReads {
    ShadowReads {
        timeout: Duration::from_millis(200),
        ..no_rereads()
    }
}

async fn wrapped(
    phase: Phase,
    change: impl FnOnce(HarnessBuilder) -> HarnessBuilder,
) -> (Users, Harness, Arc<Memory>) {
    let builder = Harness::builder(Fixed::new(phase))
        .best_effort_writes()
        .stores_hold_the_same()
        .repairs(late_effect(Duration::from_millis(100)))
        .shadow_reads(reads());
    let harness = change(builder).start().await.unwrap();
    let (mysql, dynamodb) = (Memory::new("mysql"), Memory::new("dynamodb"));
    let users = ShadowUserRepository::new(mysql, Arc::clone(&dynamodb), harness.clone());
    (users, harness, dynamodb)
}

/// A fixed sequence of calls and their answers, errors among them, as text.
async fn answers(users: &impl UserRepository) -> Vec<String> {
    let mut all = Vec::new();
    for round in 0..5_u64 {
        all.push(format!(
            "{:?}",
            users.register(&format!("u{round}@x")).await
        ));
        all.push(format!("{:?}", users.register("u0@x").await));
        all.push(format!("{:?}", users.rename(round, "name").await));
        all.push(format!("{:?}", users.get(round).await));
        all.push(format!("{:?}", users.list(None, 3).await));
        all.push(format!("{:?}", users.remove(round + 1).await));
    }
    all
}

#[tokio::test]
async fn answers_and_errors_are_those_of_the_answering_store_whatever_the_other_one_does() {
    let expected = answers(&*Memory::new("mysql")).await;
    for phase in [Phase::DualWrite, Phase::ShadowRead] {
        for fault in FAULTS {
            let (users, harness, dynamodb) = wrapped(phase, |builder| builder).await;
            dynamodb.fault(fault);
            assert_eq!(answers(&users).await, expected, "{phase} {fault:?}");
            assert!(harness.report().total().counts.adds_up());
        }
    }
}

#[tokio::test]
async fn every_kind_of_trouble_is_counted_as_itself() {
    for (fault, outcome) in [
        (Fault::Hang, "timed_out"),
        (Fault::KeepsDeadline, "timed_out"),
        (Fault::Throttle, "inconclusive"),
        (Fault::Panic, "panicked"),
        (Fault::Garbage, "different"),
    ] {
        let (users, harness, dynamodb) = wrapped(Phase::ShadowRead, |builder| builder).await;
        let user = users.register("ann@x").await.unwrap();
        assert!(harness.drain(Duration::from_secs(5)).await);
        dynamodb.fault(fault);
        for _ in 0..20 {
            users.get(user.id).await.unwrap();
        }
        assert!(harness.drain(Duration::from_secs(5)).await);
        let report = harness.report();
        let get = report
            .methods()
            .find(|method| method.method == "get")
            .unwrap();
        assert_eq!(get.outcomes.get(outcome), Some(&20), "{fault:?}: {get:?}");
        assert!(report.total().counts.adds_up() && report.total().counts.in_flight == 0);
    }
}

#[tokio::test]
async fn a_store_that_answers_nothing_is_left_alone_and_found_again() {
    let (users, harness, dynamodb) = wrapped(Phase::ShadowRead, |builder| {
        builder.shadow_reads(ShadowReads {
            timeout: Duration::from_millis(20),
            ..no_rereads()
        })
    })
    .await;
    let user = users.register("ann@x").await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    let read = async || {
        users.get(user.id).await.unwrap();
        assert!(harness.drain(Duration::from_secs(5)).await);
    };
    dynamodb.fault(Fault::Hang);
    for _ in 0..30 {
        read().await;
    }
    let hung = harness.report().total();
    assert!((10..15).contains(&hung.counts.timed_out), "{hung:?}");
    assert_eq!(hung.counts.timed_out + hung.counts.shed, 30, "{hung:?}");
    dynamodb.fault(Fault::None);
    let until = Instant::now() + Duration::from_secs(10);
    while harness.report().total().counts.compared < hung.counts.compared + 30 {
        read().await;
        assert!(Instant::now() < until, "{:?}", harness.report().total());
    }
    assert!(harness.report().total().counts.adds_up());
}

/// The 99th percentile of so many calls.
async fn p99(calls: usize, mut call: impl AsyncFnMut(usize)) -> Duration {
    let mut times = Vec::with_capacity(calls);
    for number in 0..calls {
        let began = Instant::now();
        call(number).await;
        times.push(began.elapsed());
    }
    times.sort();
    times.get(calls * 99 / 100).copied().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_other_store_hung_for_ever_a_call_takes_at_most_a_millisecond_longer_at_p99() {
    const CALLS: usize = 10_000;
    let alone = Memory::new("mysql");
    let user = alone.register("ann@x").await.unwrap();
    let (users, harness, dynamodb) = wrapped(Phase::ShadowRead, |builder| builder).await;
    users.register("ann@x").await.unwrap();
    dynamodb.fault(Fault::Hang);

    let bare_reads = p99(CALLS, async |_| drop(alone.get(user.id).await.unwrap())).await;
    let reads = p99(CALLS, async |_| drop(users.get(user.id).await.unwrap())).await;
    let bare_writes = p99(CALLS, async |n| {
        alone.rename(1, &n.to_string()).await.unwrap();
    })
    .await;
    let writes = p99(CALLS, async |n| {
        users.rename(1, &n.to_string()).await.unwrap();
    })
    .await;
    for (what, bare, shadowed) in [
        ("reads", bare_reads, reads),
        ("writes", bare_writes, writes),
    ] {
        let added = shadowed.saturating_sub(bare);
        eprintln!("{what}: p99 {bare:?} bare, {shadowed:?} with the other store hung for ever");
        assert!(added <= Duration::from_millis(1), "{what}: {added:?} added");
    }
    let total = harness.report().total();
    assert!(total.counts.adds_up(), "{total:?}");
    assert!(
        total.counts.shed > 0 && total.counts.eligible >= 20_000,
        "{total:?}"
    );
}

/// Bytes of memory that the process has in use.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = text
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0);
    pages * 4096
}

/// How long the flood lasts: a minute with `DAL_CHECK=nightly`.
fn flood() -> Duration {
    let nightly = std::env::var("DAL_CHECK").is_ok_and(|value| value == "nightly");
    Duration::from_secs(if nightly { 60 } else { 6 })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_bounded_in_a_flood_and_the_counts_add_up_exactly() {
    let (users, harness, dynamodb) = wrapped(Phase::ShadowRead, |builder| builder).await;
    let users = Arc::new(users);
    let id = users.register("ann@x").await.unwrap().id;
    assert!(harness.drain(Duration::from_secs(5)).await);
    let end = Instant::now() + flood();
    let mut callers = Vec::new();
    for caller in 0..8_u64 {
        let users = Arc::clone(&users);
        callers.push(tokio::spawn(async move {
            let mut calls = 0_u64;
            while Instant::now() < end {
                for _ in 0..100 {
                    users.get(id).await.unwrap();
                    users.rename(id, &caller.to_string()).await.unwrap();
                }
                calls += 200;
                // The flood is of calls, not of processor time: other tests run beside it.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            calls
        }));
    }
    let troubles = [Fault::Hang, Fault::Throttle, Fault::Garbage, Fault::None];
    let mut largest = 0;
    let mut settled = None;
    for round in 0.. {
        if Instant::now() >= end {
            break;
        }
        let fault = troubles[round % troubles.len()];
        dynamodb.fault(fault);
        tokio::time::sleep(flood() / 12).await;
        // What the first round leaves (queues, buckets, the allocator's arenas) is the base line.
        let now = resident();
        largest = largest.max(now);
        settled.get_or_insert(now);
    }
    let mut calls = 1;
    for caller in callers {
        calls += caller.await.unwrap();
    }
    dynamodb.fault(Fault::None);
    assert!(harness.drain(Duration::from_mins(1)).await);
    let report: Report = harness.report();
    let total = report.total();
    assert_eq!(total.calls, calls);
    assert_eq!(total.counts.in_flight, 0);
    assert!(total.counts.adds_up(), "{total:?}");
    for method in report.methods() {
        let writes = method.secondary_writes;
        let ended =
            writes.applied + writes.refused + writes.failed + writes.transferred + writes.lost;
        assert_eq!(writes.sent, ended, "{method:?}");
    }
    let grown = largest.saturating_sub(settled.unwrap_or(largest));
    eprintln!(
        "{calls} calls, memory grew by {} KiB after the first round; {total:?}",
        grown / 1024
    );
    assert!(grown < 64 * 1024 * 1024, "{grown} bytes");
}

#[tokio::test]
async fn in_dynamodb_read_a_write_waits_for_the_secondary_store_and_at_most_so_long() {
    let wait = Duration::from_millis(100);
    let (users, harness, dynamodb) = wrapped(Phase::DynamoDbRead, |builder| {
        builder.secondary_writes(SecondaryWrites {
            caller_timeout: wait,
            ..SecondaryWrites::default()
        })
    })
    .await;
    dynamodb.fault(Fault::Slow(Duration::from_millis(30)));
    let user = users.register("ann@x").await.unwrap();
    assert_eq!(dynamodb.all(), [user]);
    dynamodb.fault(Fault::Hang);
    let began = Instant::now();
    users.register("bob@x").await.unwrap();
    assert!((wait..Duration::from_secs(2)).contains(&began.elapsed()));
    let report = harness.report();
    let register = report.methods().find(|m| m.method == "register").unwrap();
    assert_eq!(
        (
            register.secondary_writes.late,
            register.secondary_writes.pending
        ),
        (1, 1)
    );
}
