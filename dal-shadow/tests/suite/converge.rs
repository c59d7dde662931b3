//! Writes converge: with a secondary that is slower, with writes that overlap, with a reply that is
//! late, with a caller that goes on before the secondary write has ended. In virtual time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use dal_shadow::source::Fixed;
use dal_shadow::{Carrier, Harness, HarnessBuilder, OpCx, Phase, StepError, shadow};
use tokio::time::{Instant, sleep, timeout};

use crate::accounts::{
    Account, AccountRepository, Accounts, Failure, Faults, ShadowAccountRepository,
};
use crate::settings::{late_effect, patience};

type Wrapper = Arc<ShadowAccountRepository<Accounts>>;

const SOON: Duration = Duration::from_mins(5);

struct Setup {
    mysql: Arc<Accounts>,
    dynamodb: Arc<Accounts>,
    harness: Harness,
    accounts: Wrapper,
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Setup {
    async fn new(
        phase: Phase,
        faults: Faults,
        change: impl FnOnce(HarnessBuilder) -> HarnessBuilder,
    ) -> Self {
        let mysql = Accounts::new(1, Duration::ZERO, Faults::default());
        let dynamodb = Accounts::new(2, Duration::ZERO, faults);
        let builder = Harness::builder(Fixed::new(phase))
            .best_effort_writes()
            .stores_hold_the_same()
            .steps(patience(Duration::from_secs(2)))
            .repairs(late_effect(Duration::from_secs(1)));
        let harness = change(builder).start().await.unwrap();
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

    async fn in_phase(phase: Phase) -> Self {
        Self::new(phase, Faults::default(), |builder| builder).await
    }

    async fn open(&self, names: impl IntoIterator<Item = &'static str>) {
        for name in names {
            self.accounts.open(name, 0).await.unwrap();
        }
        self.at_rest().await;
    }

    async fn at_rest(&self) {
        let status = || self.harness.status();
        assert!(self.harness.drain(SOON).await, "{:?}", status());
    }

    async fn both_hold_the_same(&self) {
        self.at_rest().await;
        // What could land late has had its time, and was looked at again.
        sleep(Duration::from_secs(1)).await;
        self.at_rest().await;
        assert_eq!(self.harness.status()[0].dirty, 0);
        assert_eq!(self.mysql.all(), self.dynamodb.all());
    }

    /// The next call on a store is made after `before`, and returns after `after`.
    fn next_call(store: &Accounts, before: u64, after: u64) {
        let pauses = (millis(before), millis(after));
        store.pauses.lock().unwrap().push_back(pauses);
    }

    fn spawn<T: Send + 'static>(
        &self,
        call: impl AsyncCall<T> + 'static,
    ) -> tokio::task::JoinHandle<T> {
        let accounts = Arc::clone(&self.accounts);
        tokio::spawn(async move { call.on(accounts).await })
    }
}

/// A call of the wrapper, for a task.
#[async_trait]
trait AsyncCall<T>: Send {
    async fn on(self, accounts: Wrapper) -> T;
}

#[async_trait]
impl<T, F, R> AsyncCall<T> for F
where
    F: FnOnce(Wrapper) -> R + Send,
    R: Future<Output = T> + Send,
    T: Send,
{
    async fn on(self, accounts: Wrapper) -> T {
        self(accounts).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_secondary_that_is_slower_than_the_primary_loses_nothing() {
    for slower in [8, 20] {
        let setup = Setup::in_phase(Phase::DualWrite).await;
        // 4,001 writes of distinct records at 500 per second.
        let mut callers = Vec::new();
        for number in 0..4_001_u64 {
            Setup::next_call(&setup.mysql, 1, 1);
            Setup::next_call(&setup.dynamodb, slower, 0);
            callers.push(setup.spawn(move |accounts: Wrapper| async move {
                accounts.open(&number.to_string(), number).await.map(drop)
            }));
            sleep(millis(2)).await;
        }
        for caller in callers {
            caller.await.unwrap().unwrap();
        }
        setup.both_hold_the_same().await;
        assert_eq!(setup.dynamodb.all().len(), 4_001);
        let report = setup.harness.report();
        let open = report.methods().find(|it| it.method == "open").unwrap();
        assert_eq!(
            open.secondary_writes.lost + open.secondary_writes.failed,
            0,
            "{open:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_record_that_hangs_delays_no_other_one() {
    let setup = Setup::in_phase(Phase::DynamoDbRead).await;
    setup.open(["ann", "bob"]).await;
    setup.dynamodb.hung.store(1, Ordering::SeqCst);
    let hung = setup.spawn(|accounts: Wrapper| async move {
        let began = Instant::now();
        accounts.rename(1, "cat", 1).await.unwrap();
        began.elapsed()
    });
    sleep(millis(10)).await;
    let began = Instant::now();
    setup.accounts.rename(2, "dan", 2).await.unwrap();
    assert!(began.elapsed() < millis(10), "{:?}", began.elapsed());
    // The caller of the other one waits, for a bounded time.
    assert_eq!(hung.await.unwrap(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_late_leaves_both_stores_alike() {
    let setup = Setup::in_phase(Phase::DualWrite).await;
    setup.open(["ann"]).await;
    // Both write MySQL in this order; the reply of the first one comes after that of the second.
    Setup::next_call(&setup.mysql, 0, 50);
    let first = setup.spawn(|it: Wrapper| async move { it.rename(1, "first", 1).await });
    sleep(millis(10)).await;
    setup.accounts.rename(1, "second", 2).await.unwrap();
    first.await.unwrap().unwrap();
    setup.both_hold_the_same().await;
    assert_eq!(setup.dynamodb.all()[&1].name, "second");
    assert_eq!(setup.harness.status()[0].transferred, 1);
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_overlaps_a_write_leaves_nothing_behind() {
    for delete_first in [true, false] {
        let setup = Setup::in_phase(Phase::DualWrite).await;
        setup.open(["ann"]).await;
        let account = setup.mysql.all()[&1].clone();
        Setup::next_call(&setup.mysql, 0, if delete_first { 50 } else { 20 });
        let put = setup.spawn(|it: Wrapper| async move { it.put_exact(&account).await });
        sleep(millis(10)).await;
        Setup::next_call(&setup.mysql, 0, if delete_first { 0 } else { 50 });
        assert!(setup.accounts.close(1).await.unwrap());
        put.await.unwrap().unwrap();
        setup.both_hold_the_same().await;
        assert!(setup.dynamodb.all().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn two_writes_of_one_struct_never_run_side_by_side_on_the_secondary() {
    let setup = Setup::in_phase(Phase::DualWrite).await;
    let account = |write| Account {
        id: 1,
        name: "ann".to_owned(),
        writes: vec![write],
    };
    // The first one takes longer on DynamoDB than the second one, which is newer.
    Setup::next_call(&setup.dynamodb, 50, 0);
    setup.accounts.put_exact(&account(1)).await.unwrap();
    setup.accounts.put_exact(&account(2)).await.unwrap();
    setup.both_hold_the_same().await;
    assert_eq!(setup.dynamodb.all()[&1].writes, [2]);
    assert_eq!(setup.harness.status()[0].transferred, 0);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_only_the_answer_names_counts_from_the_beginning_of_its_call() {
    let setup = Setup::in_phase(Phase::DualWrite).await;
    // The account is there before its `open` returns, and somebody renames it.
    Setup::next_call(&setup.mysql, 0, 50);
    let opened = setup.spawn(|it: Wrapper| async move { it.open("ann", 1).await });
    sleep(millis(10)).await;
    setup.accounts.rename(1, "bob", 2).await.unwrap();
    opened.await.unwrap().unwrap();
    setup.both_hold_the_same().await;
    assert_eq!(setup.dynamodb.all()[&1].writes, [1, 2]);
}

const ALWAYS_THROTTLED: Faults = Faults {
    throttled: 100,
    lost: 0,
    late: 0,
    panics: 0,
};

#[tokio::test(start_paused = true)]
async fn in_dynamodb_read_a_write_that_dynamodb_lacks_is_seen_by_the_next_read() {
    let setup = Setup::new(Phase::DynamoDbRead, ALWAYS_THROTTLED, |builder| builder).await;
    let opened = setup.accounts.open("ann", 1).await.unwrap();
    assert_eq!(setup.accounts.get(1).await.unwrap(), Some(opened));
    let status = || setup.harness.status().remove(0);
    assert_eq!(status().dirty, 1);
    // DynamoDB gains nothing while it lacks something.
    let refused = setup.harness.step("account", Phase::DynamoDbLeads).await;
    let (phase, pending, dirty) = (Phase::DynamoDbRead, 0, 1);
    let lacks = StepError::WritesUnderWay {
        phase,
        pending,
        dirty,
    };
    assert_eq!(refused, Err(lacks));
    // The way back needs nothing of it.
    let back = setup.harness.step("account", Phase::ShadowRead).await;
    assert_eq!(back, Ok(()));
    setup.dynamodb.works_from_now_on();
    setup.both_hold_the_same().await;
    let forth = setup.harness.step("account", Phase::DynamoDbRead).await;
    assert_eq!(forth, Ok(()));
    assert_eq!(setup.accounts.get(1).await.unwrap().unwrap().name, "ann");
}

#[tokio::test(start_paused = true)]
async fn ids_of_a_record_that_is_gone_before_its_transfer_are_not_given_again() {
    let setup = Setup::new(Phase::DualWrite, ALWAYS_THROTTLED, |builder| builder).await;
    setup.accounts.open("ann", 1).await.unwrap();
    assert!(setup.accounts.close(1).await.unwrap());
    // Until every repetition of both has failed.
    sleep(Duration::from_mins(1)).await;
    setup.dynamodb.works_from_now_on();
    setup.both_hold_the_same().await;
    assert!(setup.dynamodb.all().is_empty());
    assert_eq!((setup.mysql.next(), setup.dynamodb.next()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn two_records_that_swapped_a_unique_value_come_apart_by_themselves() {
    let setup = Setup::new(Phase::DualWrite, ALWAYS_THROTTLED, |builder| builder).await;
    for name in ["ann", "bob"] {
        setup.accounts.open(name, 0).await.unwrap();
    }
    for account in setup.mysql.all().values() {
        setup.dynamodb.plant(account.clone());
    }
    for (write, (id, name)) in (1..).zip([(1, "cat"), (2, "ann"), (1, "bob")]) {
        setup.accounts.rename(id, name, write).await.unwrap();
    }
    sleep(Duration::from_mins(1)).await;
    setup.dynamodb.works_from_now_on();
    setup.both_hold_the_same().await;
    assert_eq!(setup.dynamodb.all()[&1].name, "bob");
    assert_eq!(setup.dynamodb.all()[&2].name, "ann");
}

#[tokio::test(start_paused = true)]
async fn a_hot_record_costs_few_transfers_and_is_soon_at_rest() {
    let setup = Setup::in_phase(Phase::DualWrite).await;
    setup.open(["ann"]).await;
    let mut callers = Vec::new();
    for number in 0..2_000_u64 {
        Setup::next_call(&setup.mysql, 1, 3);
        callers.push(setup.spawn(move |it: Wrapper| async move {
            it.rename(1, &number.to_string(), number).await
        }));
        sleep(millis(2)).await;
    }
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let began = Instant::now();
    let before = setup.harness.status()[0].transferred;
    setup.at_rest().await;
    let status = &setup.harness.status()[0];
    assert!(status.transferred - before <= 3, "{status:?}");
    assert_eq!(setup.mysql.all(), setup.dynamodb.all());
    assert!(began.elapsed() < millis(100), "{:?}", began.elapsed());
    assert!(status.transferred < 1_500, "{status:?}");
}

#[tokio::test]
async fn each_write_has_its_own_token_and_keeps_it_when_it_is_repeated() {
    let faults = Faults {
        throttled: 50,
        ..Faults::default()
    };
    let setup = Setup::new(Phase::DualWrite, faults, |builder| builder).await;
    setup.dynamodb.works_from_now_on();
    setup.open(["ann"]).await;
    setup.dynamodb.tokens.lock().unwrap().clear();
    // Three writes of one request.
    let request = OpCx::new().with_correlation_id("one-request");
    request
        .scope(async {
            for number in 1..=3 {
                setup.accounts.rename(1, "bob", number).await.unwrap();
            }
        })
        .await;
    setup.at_rest().await;
    let mut tokens = setup.dynamodb.tokens.lock().unwrap().clone();
    assert_eq!(tokens.len(), 3);
    tokens.dedup();
    assert_eq!(tokens.len(), 3, "{tokens:?}");
}

tokio::task_local! {
    static TENANT: u32;
}

/// A store that has nothing without a tenant.
struct OfTenant(Arc<Accounts>);

#[async_trait]
impl AccountRepository for OfTenant {
    async fn open(&self, name: &str, write: u64) -> Result<Account, Failure> {
        TENANT.with(|_| ());
        self.0.open(name, write).await
    }
    async fn rename(&self, id: u64, name: &str, write: u64) -> Result<(), Failure> {
        TENANT.with(|_| ());
        self.0.rename(id, name, write).await
    }
    async fn transfer(&self, from: u64, to: u64, write: u64) -> Result<(), Failure> {
        self.0.transfer(from, to, write).await
    }
    async fn close(&self, id: u64) -> Result<bool, Failure> {
        self.0.close(id).await
    }
    async fn get(&self, id: u64) -> Result<Option<Account>, Failure> {
        TENANT.with(|_| ());
        self.0.get(id).await
    }
    async fn put_exact(&self, account: &Account) -> Result<(), Failure> {
        TENANT.with(|_| ());
        self.0.put_exact(account).await
    }
    async fn pass_id(&self, id: u64) -> Result<(), Failure> {
        self.0.pass_id(id).await
    }
}

#[tokio::test(start_paused = true)]
async fn task_locals_go_along_with_writes_and_their_transfers() {
    let setup = Setup::new(Phase::DualWrite, ALWAYS_THROTTLED, |builder| {
        builder.carry(|| {
            let tenant = TENANT.try_with(|tenant| *tenant).ok();
            Carrier::new(move |future| match tenant {
                Some(tenant) => Box::pin(TENANT.scope(tenant, future)),
                None => future,
            })
        })
    })
    .await;
    let accounts = ShadowAccountRepository::new(
        Arc::new(OfTenant(Arc::clone(&setup.mysql))),
        Arc::new(OfTenant(Arc::clone(&setup.dynamodb))),
        setup.harness.clone(),
    );
    TENANT
        .scope(7, async {
            for (number, name) in (1..).zip(["ann", "bob", "cat", "dan", "eve"]) {
                accounts.open(name, number).await.unwrap();
                accounts.rename(number, name, 10).await.unwrap();
            }
        })
        .await;
    // Until every repetition has failed.
    sleep(Duration::from_mins(1)).await;
    setup.dynamodb.works_from_now_on();
    setup.both_hold_the_same().await;
    assert_eq!(setup.dynamodb.all().len(), 5);
    assert!(setup.harness.status()[0].transferred > 0);
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_drops_its_future_fails_the_call_instead_of_holding_it() {
    let setup = Setup::new(Phase::DualWrite, Faults::default(), |builder| {
        builder.carry(|| Carrier::new(|future| Box::pin(async move { drop(future) })))
    })
    .await;
    let call = setup.spawn(|it: Wrapper| async move { it.rename(1, "ann", 1).await });
    let ended = timeout(Duration::from_secs(1), call).await.unwrap();
    let panic = ended.unwrap_err().into_panic();
    let text = panic.downcast_ref::<&str>().unwrap();
    assert!(text.contains("HarnessBuilder::carry"), "{text}");
}

#[shadow]
#[async_trait]
trait Counters: Send + Sync {
    #[shadow(write, replay, key = all)]
    async fn count(&self) -> Result<u64, Failure>;
    #[shadow(skip(write))]
    async fn reset(&self) -> &'static str;
    #[shadow(skip(read))]
    async fn read_by(&self) -> &'static str;
}

struct Counter(&'static str, Duration);

#[async_trait]
impl Counters for Counter {
    async fn count(&self) -> Result<u64, Failure> {
        sleep(self.1).await;
        Ok(1)
    }
    async fn reset(&self) -> &'static str {
        self.0
    }
    async fn read_by(&self) -> &'static str {
        self.0
    }
}

#[tokio::test(start_paused = true)]
async fn a_skipped_write_goes_to_the_store_that_is_written_first_and_waits_at_the_closed_gate() {
    let harness = Harness::builder(Fixed::new(Phase::DynamoDbRead))
        .best_effort_writes()
        .stores_hold_the_same()
        .start()
        .await
        .unwrap();
    let mysql = Arc::new(Counter("mysql", millis(100)));
    let dynamodb = Arc::new(Counter("dynamodb", millis(1)));
    let counters = Arc::new(ShadowCounters::new(mysql, dynamodb, harness.clone()));
    assert_eq!(counters.reset().await, "mysql");
    assert_eq!(counters.read_by().await, "dynamodb");
    let counting = tokio::spawn({
        let counters = Arc::clone(&counters);
        async move { counters.count().await }
    });
    sleep(millis(10)).await;
    let step = tokio::spawn({
        let harness = harness.clone();
        async move { harness.step("counters", Phase::DynamoDbLeads).await }
    });
    sleep(millis(10)).await;
    // The gate is closed until the count has ended on both stores.
    let early = timeout(millis(20), counters.reset()).await;
    assert!(early.is_err(), "{early:?}");
    assert_eq!(counters.reset().await, "dynamodb");
    counting.await.unwrap().unwrap();
    step.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_harness_that_is_dropped_leaves_nothing_behind() {
    let setup = Setup::in_phase(Phase::ShadowRead).await;
    setup.open(["ann"]).await;
    setup.accounts.get(1).await.unwrap();
    setup.at_rest().await;
    let (mysql, dynamodb) = (
        Arc::downgrade(&setup.mysql),
        Arc::downgrade(&setup.dynamodb),
    );
    drop(setup);
    for _ in 0..100 {
        if mysql.strong_count() + dynamodb.strong_count() == 0 {
            return;
        }
        sleep(millis(10)).await;
    }
    panic!("{} {}", mysql.strong_count(), dynamodb.strong_count());
}
