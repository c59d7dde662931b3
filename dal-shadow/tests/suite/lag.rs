//! How far a slow secondary store gets behind under load: bounded, visible, and made up for. In virtual
//! time, so that what the caller pays is exact.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use dal_shadow::source::Fixed;
use dal_shadow::{EntityStatus, Harness, Phase, SecondaryWrites};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep};

use crate::accounts::{Account, AccountRepository, Accounts, Faults, ShadowAccountRepository};

/// Two writes every 4 ms: 500 a second.
const PACE: Duration = Duration::from_millis(4);
const BURST: u64 = 2;
const PRIMARY: Duration = Duration::from_millis(2);

/// How long the load lasts: half a minute with `DAL_CHECK=nightly`.
fn load() -> u64 {
    let nightly = std::env::var("DAL_CHECK").is_ok_and(|value| value == "nightly");
    let seconds = if nightly { 30 } else { 3 };
    BURST * seconds * 1_000 / u64::try_from(PACE.as_millis()).unwrap()
}

struct Setup {
    mysql: Arc<Accounts>,
    dynamodb: Arc<Accounts>,
    harness: Harness,
    accounts: Arc<ShadowAccountRepository<Accounts>>,
}

impl Setup {
    /// In `dual-write`, with so many accounts in both stores, and with so many secondary writes at
    /// once.
    async fn new(secondary: Duration, accounts: u64, queued: usize, in_flight: usize) -> Self {
        let stores = [1, 2].map(|seed| Accounts::new(seed, Duration::ZERO, Faults::default()));
        let [mysql, dynamodb] = stores;
        for id in 1..=accounts {
            let (name, writes) = (format!("account {id}"), Vec::new());
            let account = Account { id, name, writes };
            mysql.plant(account.clone());
            dynamodb.plant(account);
        }
        mysql.takes(PRIMARY);
        dynamodb.takes(secondary);
        let harness = Harness::builder(Fixed::new(Phase::DualWrite))
            .best_effort_writes()
            .stores_hold_the_same()
            .secondary_writes(SecondaryWrites {
                queued,
                in_flight,
                ..SecondaryWrites::default()
            })
            .start()
            .await
            .unwrap();
        let accounts = Arc::new(ShadowAccountRepository::new(
            Arc::clone(&mysql),
            Arc::clone(&dynamodb),
            harness.clone(),
        ));
        Self {
            mysql,
            dynamodb,
            harness,
            accounts,
        }
    }

    fn status(&self) -> EntityStatus {
        self.harness.status().remove(0)
    }

    /// Writes at the pace, write `n` to the account that `account` says, and looks at the entity
    /// before each; returns what the slowest of the callers took.
    async fn write(
        &self,
        account: impl Fn(u64) -> u64,
        mut look: impl FnMut(u64, EntityStatus),
    ) -> Duration {
        let (mut pace, mut callers) = (interval(PACE), JoinSet::new());
        for number in 1..=load() {
            if number % BURST == 1 {
                pace.tick().await;
            }
            look(number, self.status());
            let (accounts, id) = (Arc::clone(&self.accounts), account(number));
            callers.spawn(async move {
                let began = Instant::now();
                let name = format!("account {id}");
                accounts.rename(id, &name, number).await.unwrap();
                began.elapsed()
            });
        }
        callers.join_all().await.into_iter().max().unwrap()
    }

    /// Returns how long it takes until nothing is behind; then both stores hold every write.
    async fn is_made_up_for(&self) -> Duration {
        let began = Instant::now();
        assert!(self.harness.drain(Duration::from_mins(10)).await);
        let took = began.elapsed();
        let status = self.status();
        let behind = (status.pending, status.dirty, status.parked);
        assert_eq!(behind, (0, 0, 0), "{status:?}");
        assert!(status.incomplete.is_empty(), "{status:?}");
        assert_eq!(self.mysql.all(), self.dynamodb.all());
        let all = self.dynamodb.all();
        let writes: usize = all.values().map(|it| it.writes.len()).sum();
        assert_eq!(u64::try_from(writes).unwrap(), load());
        let report = self.harness.report();
        let rename = report.methods().find(|it| it.method == "rename").unwrap();
        let writes = &rename.secondary_writes;
        assert_eq!(writes.lost + writes.failed, 0, "{writes:?}");
        took
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_writes_a_second_of_one_record_are_at_most_three_transfers_behind() {
    let setup = Setup::new(Duration::from_millis(8), 1, 1_024, 32).await;
    // What was written at a moment, and the transfers until then.
    let (mut waiting, mut behind) = (VecDeque::new(), Vec::new());
    let look = |number: u64, status: EntityStatus| {
        assert!(status.dirty <= 1, "{status:?}");
        while let Some((write, transfers)) = waiting.front().copied()
            && setup.dynamodb.has(1, write)
        {
            behind.push(status.transferred - transfers);
            waiting.pop_front();
        }
        let newest = (1..number).rev().find(|write| setup.mysql.has(1, *write));
        waiting.extend(newest.map(|write| (write, status.transferred)));
    };
    let slowest = setup.write(|_| 1, look).await;
    assert_eq!(slowest, PRIMARY);
    let most = behind.iter().max().copied().unwrap();
    let seen = u64::try_from(behind.len()).unwrap();
    assert!(most <= 3 && seen > load() * 9 / 10, "{most} of {seen}");
    let before = setup.status().transferred;
    let took = setup.is_made_up_for().await;
    assert!(took < Duration::from_millis(100), "{took:?}");
    assert!(setup.status().transferred - before <= 3);
}

/// Its writes do not overlap, so that each could be made on its own.
#[tokio::test(start_paused = true)]
async fn one_caller_who_is_quicker_than_the_secondary_leaves_few_writes_behind() {
    let setup = Setup::new(Duration::from_millis(8), 1, 1_024, 32).await;
    let mut most = 0;
    for number in 1..=load() {
        let renamed = setup.accounts.rename(1, "account 1", number);
        renamed.await.unwrap();
        most = most.max(setup.status().pending);
    }
    assert!(most <= 9, "{most} secondary writes at once");
    let took = setup.is_made_up_for().await;
    assert!(took < Duration::from_millis(100), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_secondary_ten_times_slower_loses_nothing_and_costs_the_caller_nothing() {
    // Distinct records: each is at rest again before it is written the next time. Overlapping ones:
    // the two writes of a burst are of one of ten records.
    let distinct: fn(u64) -> u64 = |number| number % 2_000 + 1;
    let overlapping: fn(u64) -> u64 = |number| number.div_ceil(BURST) % 10 + 1;
    for (account, records, most_pending, most_dirty) in
        [(distinct, 2_000, 32, 0), (overlapping, 10, 10, 10)]
    {
        let setup = Setup::new(10 * PRIMARY, records, 1_024, 32).await;
        let (mut pending, mut dirty) = (0, 0);
        let look = |_, status: EntityStatus| {
            pending = pending.max(status.pending);
            dirty = dirty.max(status.dirty);
        };
        let slowest = setup.write(account, look).await;
        assert_eq!(slowest, PRIMARY, "{records} records");
        let seen = format!("{records} records: {pending} pending, {dirty} dirty");
        assert!(pending + dirty > 0, "{seen}");
        assert!(pending <= most_pending && dirty <= most_dirty, "{seen}");
        let took = setup.is_made_up_for().await;
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_secondary_cannot_keep_up_with_is_bounded_visible_and_made_up_for() {
    const QUEUED: usize = 64;
    let records = 2_000;
    // Four at once take 20 ms: 200 a second, of 500.
    let setup = Setup::new(10 * PRIMARY, records, QUEUED, 4).await;
    let (mut pending, mut dirty) = (0, 0);
    let look = |_, status: EntityStatus| {
        pending = pending.max(status.pending);
        dirty = dirty.max(status.dirty);
    };
    let slowest = setup.write(|number| number % records + 1, look).await;
    assert_eq!(slowest, PRIMARY);
    assert_eq!(pending, QUEUED);
    // Keys, and no more than there are records.
    assert!((100..=2_000).contains(&dirty), "{dirty}");
    // The lag stays visible until the last record is repaired.
    sleep(PACE).await;
    let status = setup.status();
    assert!(status.pending > 0 && status.dirty > 0, "{status:?}");
    let took = setup.is_made_up_for().await;
    assert!(took > Duration::from_secs(1), "{took:?}");
}
