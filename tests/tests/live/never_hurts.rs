//! The other store hangs for ever, on real engines: what the caller's own store adds up to at the 99th
//! percentile, bare and through the wrapper in one run, and what is left of the pools once it is back.

use std::time::{Duration, Instant};

use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Phase, ShadowReads};
use dal_testkit::faults::{Command, HttpFault, HttpFaults, LinkFault, MySqlProxy};
use dal_testkit::servers::{self, Engine, announce, runtime};
use dal_testkit::volume;
use dal_tests::stores::{fresh_dynamodb, fresh_mysql};
use shop::Repositories;
use shop::model::NewUser;
use shop::repos::UserRepository;

use crate::machine;

const SUITE: &str = "never_hurts_backends";
const ADDED: Duration = Duration::from_millis(1);
/// Of one shadow read.
const TIMEOUT: Duration = Duration::from_millis(500);

/// Calls of one kind in a run; 16,000 with `DAL_CHECK=nightly`.
fn calls() -> usize {
    usize::try_from(volume(2_000)).unwrap()
}

fn ann() -> NewUser {
    NewUser {
        email: "ann@x".to_owned(),
        name: "Ann".to_owned(),
    }
}

async fn harness(phase: Phase) -> Harness {
    Harness::builder(Fixed::new(phase))
        .best_effort_writes()
        .stores_hold_the_same()
        .shadow_reads(ShadowReads {
            timeout: TIMEOUT,
            ..ShadowReads::default()
        })
        .start()
        .await
        .unwrap()
}

/// What is added at the 99th percentile has to be small in one of three runs: what the wrapper adds is
/// there in each of them, what the machine adds is not.
async fn adds_at_most_a_millisecond(
    what: &str,
    calls: usize,
    mut bare: impl AsyncFnMut(usize),
    mut shadowed: impl AsyncFnMut(usize),
) {
    for _ in 0..3 {
        let (without, with) = one_run(calls, &mut bare, &mut shadowed).await;
        let at = |percent: usize| (without[calls * percent / 100], with[calls * percent / 100]);
        let ((bare_median, median), (without, with)) = (at(50), at(99));
        eprintln!(
            "{what}: median {bare_median:?} and p99 {without:?} bare, {median:?} and {with:?} with the other store hung for ever"
        );
        if with.saturating_sub(without) <= ADDED {
            return;
        }
    }
    panic!("{what}: more than {ADDED:?} added at p99, three times");
}

/// The times of both, sorted. They take turns block by block, so that whatever else the machine does
/// happens to both; a moment before each block, so that what the other one left behind (a shadow read, a
/// connection to clean) is not added to it.
async fn one_run(
    calls: usize,
    bare: &mut impl AsyncFnMut(usize),
    shadowed: &mut impl AsyncFnMut(usize),
) -> (Vec<Duration>, Vec<Duration>) {
    const BLOCK: usize = 500;
    let (mut without, mut with) = (Vec::with_capacity(calls), Vec::with_capacity(calls));
    for block in 0..calls / BLOCK {
        let numbers = block * BLOCK..(block + 1) * BLOCK;
        tokio::time::sleep(Duration::from_millis(100)).await;
        for number in numbers.clone() {
            let began = Instant::now();
            bare(number).await;
            without.push(began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        for number in numbers {
            let began = Instant::now();
            shadowed(number).await;
            with.push(began.elapsed());
        }
    }
    without.sort();
    with.sort();
    (without, with)
}

#[test]
fn with_dynamodb_hung_for_ever_a_call_on_mysql_takes_at_most_a_millisecond_longer_at_p99() {
    if announce(SUITE, &[Engine::MySql, Engine::Embedded]).len() < 2 {
        return;
    }
    let _machine = machine::alone();
    runtime().block_on(async {
        let db = fresh_mysql().await;
        let (dynamodb, table) = fresh_dynamodb(Engine::Embedded).await;
        let faults = HttpFaults::new();
        let hung = dal_dynamodb::from_client(&faults.client(dynamodb.client()));
        let mysql = Repositories::mysql(&db);
        let harness = harness(Phase::ShadowRead).await;
        let both = Repositories::shadowed(&mysql, &Repositories::dynamodb(&hung, &table), &harness);
        let id = both.users.register(&ann()).await.unwrap().id;
        assert!(harness.drain(Duration::from_secs(30)).await);
        faults.everywhere(HttpFault::Hang);

        let read =
            async |users: &dyn UserRepository| assert!(users.get(id).await.unwrap().is_some());
        adds_at_most_a_millisecond(
            "reads of MySQL",
            calls(),
            async |_| read(&*mysql.users).await,
            async |_| read(&*both.users).await,
        )
        .await;
        harness.step("user", Phase::DualWrite).await.unwrap();
        let write = async |users: &dyn UserRepository, number: usize| {
            users.rename(id, &format!("Ann {number}")).await.unwrap();
        };
        adds_at_most_a_millisecond(
            "writes in dual-write",
            calls(),
            async |number| write(&*mysql.users, number).await,
            async |number| write(&*both.users, number).await,
        )
        .await;
        let total = harness.report().total();
        assert!(
            total.counts.adds_up() && total.counts.compared < 100,
            "{total:?}"
        );
        assert!(total.counts.eligible >= 2 * calls() as u64, "{total:?}");
    });
}

#[test]
fn with_mysql_hung_for_ever_a_read_of_dynamodb_takes_no_longer_and_the_pool_outlives_it() {
    if announce(SUITE, &[Engine::MySql, Engine::Embedded]).len() < 2 {
        return;
    }
    let _machine = machine::alone();
    runtime().block_on(async {
        let url = servers::mysql().fresh_database().await.unwrap();
        let proxy = MySqlProxy::start(&url).await.unwrap();
        let db = dal_mysql::connect(&proxy.url(&url).unwrap()).await.unwrap();
        shop::schema::create_mysql(&db).await.unwrap();
        let (dynamodb, table) = fresh_dynamodb(Engine::Embedded).await;
        let dynamodb = Repositories::dynamodb(&dynamodb, &table);
        let harness = harness(Phase::DynamoDbRead).await;
        let both = Repositories::shadowed(&Repositories::mysql(&db), &dynamodb, &harness);
        let id = both.users.register(&ann()).await.unwrap().id;
        assert!(harness.drain(Duration::from_secs(30)).await);
        proxy.always(Command::Any, LinkFault::Hang);

        let read =
            async |users: &dyn UserRepository| assert!(users.get(id).await.unwrap().is_some());
        adds_at_most_a_millisecond(
            "reads of DynamoDB",
            4_000,
            async |_| read(&*dynamodb.users).await,
            async |_| read(&*both.users).await,
        )
        .await;
        let hung = harness.report().total();
        assert!(
            hung.counts.timed_out >= 10 && hung.counts.adds_up(),
            "{hung:?}"
        );

        proxy.heal();
        let until = Instant::now() + Duration::from_mins(1);
        while harness.report().total().counts.equal < hung.counts.equal + 100 {
            assert!(Instant::now() < until, "{:?}", harness.report().total());
            read(&*both.users).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}
