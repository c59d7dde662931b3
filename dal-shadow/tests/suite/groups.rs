//! Entities that are written together (`also`) are a group: one gate, one phase, one step.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dal_shadow::source::{Fixed, PhaseSource, Reading};
use dal_shadow::{
    Classify, EntityStatus, Evidence, Harness, HarnessBuilder, Incomplete, Phase, Phases, Reason,
    ShadowReads, StepError, Steps, Store, shadow,
};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::log::Captured;

const TICK: Duration = Duration::from_millis(10);

#[derive(Debug, thiserror::Error, Classify)]
pub enum Failure {
    #[error("not now")]
    #[classify(throttled)]
    Busy,
}

/// How many things a user has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    pub user: u64,
    pub number: u64,
}

#[shadow(repair(read = items, put = put_items, delete = clear))]
#[async_trait]
pub trait CartRepository: Send + Sync {
    #[shadow(write, replay, key = user)]
    async fn add(&self, user: u64) -> Result<(), Failure>;
    #[shadow(read)]
    async fn items(&self, user: u64) -> Result<Option<Count>, Failure>;
    #[shadow(mirror, key = count.user)]
    async fn put_items(&self, count: &Count) -> Result<(), Failure>;
    #[shadow(write, replay, key = user)]
    async fn clear(&self, user: u64) -> Result<(), Failure>;
}

#[shadow(repair(read = placed, put = put_placed, delete = forget))]
#[async_trait]
pub trait OrderRepository: Send + Sync {
    #[shadow(write, replay, key = user, also(cart = user))]
    async fn place(&self, user: u64) -> Result<(), Failure>;
    #[shadow(read)]
    async fn placed(&self, user: u64) -> Result<Option<Count>, Failure>;
    #[shadow(mirror, key = count.user)]
    async fn put_placed(&self, count: &Count) -> Result<(), Failure>;
    #[shadow(write, replay, key = user)]
    async fn forget(&self, user: u64) -> Result<(), Failure>;
}

/// Joins what no other trait joins.
#[shadow]
#[async_trait]
pub trait ReturnRepository: Send + Sync {
    #[shadow(write, replay, key = user, also(cart = user, stock = user))]
    async fn take_back(&self, user: u64) -> Result<(), Failure>;
}

#[shadow]
#[async_trait]
pub trait StockRepository: Send + Sync {
    #[shadow(write, replay, key = product)]
    async fn deliver(&self, product: u64) -> Result<(), Failure>;
}

/// A store in memory, whose calls take this long.
#[derive(Debug, Default)]
pub struct Books {
    carts: Mutex<BTreeMap<u64, u64>>,
    orders: Mutex<BTreeMap<u64, u64>>,
    pause: Mutex<Duration>,
}

impl Books {
    async fn pause(&self) {
        let pause = *self.pause.lock().unwrap();
        if pause > Duration::ZERO {
            sleep(pause).await;
        }
    }

    fn slow(&self, pause: Duration) {
        *self.pause.lock().unwrap() = pause;
    }
}

fn count(of: &Mutex<BTreeMap<u64, u64>>, user: u64) -> Option<Count> {
    let number = *of.lock().unwrap().get(&user)?;
    Some(Count { user, number })
}

#[async_trait]
impl CartRepository for Books {
    async fn add(&self, user: u64) -> Result<(), Failure> {
        self.pause().await;
        *self.carts.lock().unwrap().entry(user).or_default() += 1;
        Ok(())
    }

    async fn items(&self, user: u64) -> Result<Option<Count>, Failure> {
        Ok(count(&self.carts, user))
    }

    async fn put_items(&self, count: &Count) -> Result<(), Failure> {
        self.carts.lock().unwrap().insert(count.user, count.number);
        Ok(())
    }

    async fn clear(&self, user: u64) -> Result<(), Failure> {
        self.carts.lock().unwrap().remove(&user);
        Ok(())
    }
}

#[async_trait]
impl OrderRepository for Books {
    async fn place(&self, user: u64) -> Result<(), Failure> {
        self.pause().await;
        let items = self.carts.lock().unwrap().remove(&user).unwrap_or(0);
        *self.orders.lock().unwrap().entry(user).or_default() += items;
        Ok(())
    }

    async fn placed(&self, user: u64) -> Result<Option<Count>, Failure> {
        Ok(count(&self.orders, user))
    }

    async fn put_placed(&self, count: &Count) -> Result<(), Failure> {
        self.orders.lock().unwrap().insert(count.user, count.number);
        Ok(())
    }

    async fn forget(&self, user: u64) -> Result<(), Failure> {
        self.orders.lock().unwrap().remove(&user);
        Ok(())
    }
}

#[async_trait]
impl ReturnRepository for Books {
    async fn take_back(&self, _user: u64) -> Result<(), Failure> {
        Ok(())
    }
}

#[async_trait]
impl StockRepository for Books {
    async fn deliver(&self, _product: u64) -> Result<(), Failure> {
        Ok(())
    }
}

struct Manual(watch::Receiver<Reading>);

impl PhaseSource for Manual {
    fn name(&self) -> String {
        "a test".to_owned()
    }

    fn watch(self: Box<Self>) -> watch::Receiver<Reading> {
        self.0
    }
}

fn says(list: &str) -> Reading {
    Phases::from_list(list)
}

fn steps(timeout: Duration) -> Steps {
    Steps {
        timeout,
        ..Steps::default()
    }
}

fn built(source: impl PhaseSource) -> HarnessBuilder {
    Harness::builder(source)
        .best_effort_writes()
        .steps(steps(Duration::from_secs(1)))
}

/// Starts with what a source says, which can say something else later.
async fn following(list: &str) -> (Harness, watch::Sender<Reading>) {
    let (source, readings) = watch::channel(says(list));
    let builder = built(Manual(readings)).stores_hold_the_same();
    (builder.start().await.unwrap(), source)
}

/// MySQL and DynamoDB.
fn stores() -> [Arc<Books>; 2] {
    [Arc::default(), Arc::default()]
}

fn carts([mysql, dynamodb]: &[Arc<Books>; 2], harness: &Harness) -> ShadowCartRepository<Books> {
    ShadowCartRepository::new(Arc::clone(mysql), Arc::clone(dynamodb), harness.clone())
}

fn orders([mysql, dynamodb]: &[Arc<Books>; 2], harness: &Harness) -> ShadowOrderRepository<Books> {
    ShadowOrderRepository::new(Arc::clone(mysql), Arc::clone(dynamodb), harness.clone())
}

fn of(harness: &Harness, entity: &str) -> EntityStatus {
    let mut status = harness.status().into_iter();
    status.find(|status| status.entity == entity).unwrap()
}

fn phases(harness: &Harness) -> Vec<(String, Option<Phase>)> {
    let status = harness.status().into_iter();
    status.map(|it| (it.entity, it.phase)).collect()
}

fn all(phase: Phase) -> Vec<(String, Option<Phase>)> {
    ["cart", "order"]
        .map(|it| (it.to_owned(), Some(phase)))
        .to_vec()
}

async fn until(what: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(5);
    while !what() {
        assert!(Instant::now() < end);
        sleep(TICK).await;
    }
}

#[tokio::test]
async fn a_step_of_one_entity_takes_its_group_and_status_names_it() {
    let (harness, _source) = following("*=shadow-read").await;
    let stores = stores();
    let (carts, orders) = (carts(&stores, &harness), orders(&stores, &harness));
    carts.add(1).await.unwrap();
    harness.step("cart", Phase::DynamoDbRead).await.unwrap();
    assert_eq!(phases(&harness), all(Phase::DynamoDbRead));
    assert_eq!(of(&harness, "order").group, ["cart", "order"]);
    orders.place(1).await.unwrap();
    harness.step("order", Phase::DynamoDbLeads).await.unwrap();
    assert_eq!(phases(&harness), all(Phase::DynamoDbLeads));
    assert!(harness.drain(Duration::from_secs(5)).await);
    let [mysql, dynamodb] = &stores;
    assert_eq!(
        *mysql.orders.lock().unwrap(),
        *dynamodb.orders.lock().unwrap()
    );
    assert!(mysql.carts.lock().unwrap().is_empty() && dynamodb.carts.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_write_of_one_member_holds_the_hand_over_of_all_and_the_gates_open_again() {
    let (harness, _source) = following("*=shadow-read").await;
    let stores = stores();
    let (carts, orders) = (carts(&stores, &harness), orders(&stores, &harness));
    stores[1].slow(Duration::from_secs(5));
    carts.add(1).await.unwrap();
    let refused = harness.step("order", Phase::DynamoDbRead).await;
    let phase = Phase::ShadowRead;
    let under_way = StepError::WritesUnderWay {
        phase,
        pending: 1,
        dirty: 0,
    };
    assert_eq!(refused, Err(under_way));
    assert_eq!(phases(&harness), all(phase));
    // A primary write that is slow holds it up behind the closed gates, for a moment each time.
    sleep(Duration::from_secs(10)).await;
    stores[1].slow(Duration::ZERO);
    stores[0].slow(Duration::from_secs(5));
    let slow = tokio::spawn(async move {
        carts.add(1).await.unwrap();
        carts
    });
    tokio::task::yield_now().await;
    let refused = harness.step("order", Phase::DynamoDbRead).await;
    assert!(matches!(refused, Err(StepError::WritesUnderWay { .. })));
    stores[0].slow(Duration::ZERO);
    orders.place(2).await.unwrap();
    assert_eq!(phases(&harness), all(phase));
    let carts = slow.await.unwrap();
    harness.step("order", Phase::DynamoDbRead).await.unwrap();
    carts.add(2).await.unwrap();
}

#[tokio::test]
async fn a_member_without_a_wrapper_counts_and_makes_no_noise() {
    let (log, _guard) = Captured::warnings();
    let none = Evidence {
        min_compared: 0,
        share: 1.0,
    };
    let (source, readings) = watch::channel(says("order=shadow-read"));
    let builder = built(Manual(readings)).evidence(none);
    let harness = builder.start().await.unwrap();
    let stores = stores();
    let orders = orders(&stores, &harness);
    // The source does not name it: it is in the phase of its group.
    assert_eq!(phases(&harness), all(Phase::ShadowRead));
    source
        .send(says("order=shadow-read,cart=shadow-read"))
        .unwrap();
    sleep(TICK).await;
    assert_eq!(harness.report().unused, Vec::<String>::new());
    let text = log.text();
    assert!(!text.contains("does not name"), "{text}");

    // It shows no evidence and needs none, but what it lacks holds the group up.
    let mark = harness.repairing("order").unwrap();
    assert!(harness.repaired(&mark).unwrap());
    orders.place(1).await.unwrap();
    orders.placed(1).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    let (store, why) = (Store::DynamoDb, Incomplete::NeverFilled);
    let because = Box::new(Reason::Incomplete { store, why });
    let entity = "cart".to_owned();
    let may = harness.may_step("order", Phase::DynamoDbRead);
    assert_eq!(may.reasons, [Reason::Member { entity, because }], "{may}");
    let (entity, phase) = ("cart".to_owned(), Phase::ShadowRead);
    let lacking = StepError::Incomplete {
        entity,
        phase,
        store,
        why,
    };
    let refused = harness.step("order", Phase::DynamoDbRead).await;
    assert_eq!(refused, Err(lacking));
    let mark = harness.repairing("cart").unwrap();
    assert!(harness.repaired(&mark).unwrap());
    let may = harness.may_step("order", Phase::DynamoDbRead);
    assert!(may.may, "{may}");
    let wanted = "order=dynamodb-read,cart=dynamodb-read@5";
    source.send(says(wanted)).unwrap();
    until(|| phases(&harness) == all(Phase::DynamoDbRead)).await;
}

#[tokio::test]
async fn two_phases_for_one_group_are_refused_and_two_samples_are_not() {
    let (harness, source) = following("cart=dual-write,order=dual-write").await;
    let stores = stores();
    let (_carts, orders) = (carts(&stores, &harness), orders(&stores, &harness));
    source
        .send(says("cart=shadow-read,order=dual-write"))
        .unwrap();
    until(|| of(&harness, "order").problem.is_some()).await;
    assert_eq!(phases(&harness), all(Phase::DualWrite));
    for entity in ["cart", "order"] {
        let problem = of(&harness, entity).problem.unwrap();
        assert!(problem.contains("`cart` (shadow-read)"), "{problem}");
        assert!(problem.contains("`order` (dual-write)"), "{problem}");
    }
    orders.place(1).await.unwrap();
    source
        .send(says("cart=shadow-read@5,order=shadow-read@50"))
        .unwrap();
    until(|| phases(&harness) == all(Phase::ShadowRead)).await;
    until(|| of(&harness, "order").problem.is_none()).await;
    assert!(of(&harness, "cart").sample < 6.0 && of(&harness, "order").sample < 51.0);
    // The setting of every other entity counts as well.
    source.send(says("order=dual-write,*=shadow-read")).unwrap();
    until(|| of(&harness, "cart").problem.is_some()).await;
    assert_eq!(phases(&harness), all(Phase::ShadowRead));
}

#[tokio::test]
async fn a_group_that_the_source_splits_from_the_start_has_no_phase() {
    let (harness, source) = following("cart=shadow-read,order=dual-write").await;
    let orders = orders(&stores(), &harness);
    assert!(of(&harness, "cart").problem.is_some());
    let waits = tokio::time::timeout(TICK, orders.place(1)).await;
    assert!(waits.is_err());
    source.send(says("*=dual-write")).unwrap();
    orders.place(1).await.unwrap();
    assert_eq!(phases(&harness), all(Phase::DualWrite));
    until(|| of(&harness, "cart").problem.is_none()).await;
}

/// The wrapper of one member was there first, and began by itself.
#[tokio::test]
async fn a_new_member_waits_where_the_source_splits_its_group() {
    let (harness, source) = following("cart=shadow-read,*=dual-write").await;
    let stores = stores();
    let _carts = carts(&stores, &harness);
    let orders = orders(&stores, &harness);
    assert_eq!(of(&harness, "cart").phase, Some(Phase::ShadowRead));
    assert_eq!(of(&harness, "order").phase, None);
    let problem = of(&harness, "order").problem.unwrap();
    assert!(problem.contains("`cart` (shadow-read)"), "{problem}");
    let waits = tokio::time::timeout(TICK, orders.place(1)).await;
    assert!(waits.is_err());
    source.send(says("*=dual-write")).unwrap();
    orders.place(1).await.unwrap();
    until(|| phases(&harness) == all(Phase::DualWrite)).await;
    until(|| of(&harness, "order").problem.is_none()).await;
}

/// A step that was refused is of no interest once the source wants what is in force.
#[tokio::test]
async fn the_problem_of_a_step_goes_with_the_wish_for_it() {
    let (harness, source) = following("*=shadow-read").await;
    let _carts = carts(&stores(), &harness);
    source.send(says("*=dynamodb-read")).unwrap();
    until(|| of(&harness, "cart").problem.is_some()).await;
    source.send(says("*=shadow-read")).unwrap();
    until(|| of(&harness, "cart").problem.is_none()).await;
}

#[tokio::test]
async fn a_new_member_takes_the_phase_in_force() {
    let (harness, _source) = following("*=dual-write").await;
    let stores = stores();
    let _carts = carts(&stores, &harness);
    harness.step("cart", Phase::ShadowRead).await.unwrap();
    let _orders = orders(&stores, &harness);
    sleep(TICK * 5).await;
    // And the step by hand stays.
    assert_eq!(phases(&harness), all(Phase::ShadowRead));
}

#[tokio::test]
async fn groups_that_meet_in_different_phases_step_to_one_that_is_next_to_both() {
    let (harness, _source) = following("cart=dual-write,stock=shadow-read,return=dual-write").await;
    let stores = stores();
    let _carts = carts(&stores, &harness);
    let [mysql, dynamodb] = &stores;
    let (one, other) = (Arc::clone(mysql), Arc::clone(dynamodb));
    let _stock = ShadowStockRepository::new(one, other, harness.clone());
    let (one, other) = (Arc::clone(mysql), Arc::clone(dynamodb));
    let _returns = ShadowReturnRepository::new(one, other, harness.clone());
    let problem = of(&harness, "stock").problem.unwrap();
    assert!(problem.contains("`stock` (shadow-read)"), "{problem}");
    let refused = harness.step("cart", Phase::DynamoDbRead).await;
    assert!(
        matches!(refused, Err(StepError::Apart { .. })),
        "{refused:?}"
    );
    let refused = harness.step("stock", Phase::DynamoDbRead).await;
    assert!(
        matches!(refused, Err(StepError::Apart { .. })),
        "{refused:?}"
    );
    harness.step("cart", Phase::ShadowRead).await.unwrap();
    let in_force = phases(&harness);
    let shadow = in_force.iter().filter(|it| it.1 == Some(Phase::ShadowRead));
    assert_eq!(shadow.count(), 3, "{in_force:?}");
    harness.step("cart", Phase::DynamoDbRead).await.unwrap();
}

#[tokio::test]
async fn a_group_that_drains_holds_no_other_one_up_and_gives_up_when_the_source_does() {
    let (source, readings) = watch::channel(says("cart=shadow-read,stock=shadow-read"));
    let harness = built(Manual(readings))
        .stores_hold_the_same()
        .steps(steps(Duration::from_mins(10)))
        .start()
        .await
        .unwrap();
    let stores = stores();
    let carts = carts(&stores, &harness);
    let [mysql, dynamodb] = &stores;
    let (one, other) = (Arc::clone(mysql), Arc::clone(dynamodb));
    let _stock = ShadowStockRepository::new(one, other, harness.clone());
    stores[1].slow(Duration::from_mins(10));
    carts.add(1).await.unwrap();
    let hand_over = "cart=dynamodb-read!,stock=dynamodb-read!";
    source.send(says(hand_over)).unwrap();
    until(|| of(&harness, "stock").phase == Some(Phase::DynamoDbRead)).await;
    let cart = of(&harness, "cart");
    assert_eq!(cart.stepping, Some(Phase::DynamoDbRead), "{cart:?}");
    source
        .send(says("cart=dual-write,stock=dynamodb-read!"))
        .unwrap();
    until(|| of(&harness, "cart").phase == Some(Phase::DualWrite)).await;
    assert_eq!(of(&harness, "cart").stepping, None);
}

#[tokio::test]
async fn what_speaks_against_a_member_speaks_against_the_group() {
    let harness = built(Fixed::new(Phase::ShadowRead))
        .stores_hold_the_same()
        .shadow_reads(ShadowReads {
            in_flight: 1_000,
            ..ShadowReads::default()
        })
        .start()
        .await
        .unwrap();
    let stores = stores();
    let (carts, _orders) = (carts(&stores, &harness), orders(&stores, &harness));
    carts.add(1).await.unwrap();
    for _ in 0..100 {
        carts.items(1).await.unwrap();
    }
    assert!(harness.drain(Duration::from_secs(5)).await);
    let of_order = |because| Reason::Member {
        entity: "order".to_owned(),
        because: Box::new(because),
    };
    let may = harness.may_step("cart", Phase::DynamoDbRead);
    assert_eq!(may.reasons, [of_order(Reason::NothingCompared)], "{may}");
    assert!(may.to_string().contains("order: no read was compared"));
    assert!(harness.may_step("order", Phase::DualWrite).may);
}
