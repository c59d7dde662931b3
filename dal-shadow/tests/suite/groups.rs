//! Entities that are written together (`also`) are a group: one gate, one phase, one step.

use std::time::Duration;

use dal_shadow::source::{Fixed, PhaseSource, Reading};
use dal_shadow::{
    Evidence, Harness, HarnessBuilder, Incomplete, Phase, Reason, ShadowReads, StepError, Store,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::books::{
    CartRepository, OrderRepository, ReturnRepository, StockRepository, carts, orders, returns,
    stock, stores,
};
use crate::log::Captured;
use crate::manual::{Manual, of, says};
use crate::phases::TICK;
use crate::settings::patience;

fn built(source: impl PhaseSource) -> HarnessBuilder {
    Harness::builder(source)
        .best_effort_writes()
        .steps(patience(Duration::from_secs(1)))
}

/// Starts with what a source says, which can say something else later.
async fn following(list: &str) -> (Harness, watch::Sender<Reading>) {
    let (manual, source) = Manual::new(list);
    let builder = built(manual).stores_hold_the_same();
    (builder.start().await.unwrap(), source)
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
    let (manual, source) = Manual::new("order=shadow-read");
    let builder = built(manual).evidence(none);
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
    let (_stock, _returns) = (stock(&stores, &harness), returns(&stores, &harness));
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

/// A transfer of a record would read it from the store that another member writes second.
#[tokio::test]
async fn groups_that_meet_with_different_primary_stores_take_no_write_until_they_are_in_one_phase()
{
    for (phases, together) in [
        ("cart=dynamodb-read,stock=dynamodb-leads", true),
        ("cart=dual-write,stock=dynamodb-leads", false),
    ] {
        let (log, _guard) = Captured::warnings();
        let (harness, _source) = following(phases).await;
        let stores = stores();
        let (carts, stock) = (carts(&stores, &harness), stock(&stores, &harness));
        carts.add(1).await.unwrap();
        stock.deliver(1).await.unwrap();
        let returns = returns(&stores, &harness);
        let waits = |write| tokio::time::timeout(TICK, write);
        assert!(waits(carts.add(1)).await.is_err());
        assert!(waits(stock.deliver(1)).await.is_err());
        assert!(waits(returns.take_back(1)).await.is_err());
        carts.items(1).await.unwrap();
        let problem = of(&harness, "stock").problem.unwrap();
        assert!(problem.contains("their writes wait"), "{problem}");
        let near = "step them to a phase that is next to each of these";
        let text = log.text();
        assert_eq!(text.contains(near), together, "{text}");
        let step = harness.step("cart", Phase::DynamoDbLeads).await;
        assert_eq!(step.is_ok(), together, "{step:?}");
        if together {
            carts.add(1).await.unwrap();
            returns.take_back(1).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_group_that_drains_holds_no_other_one_up_and_gives_up_when_the_source_does() {
    let (manual, source) = Manual::new("cart=shadow-read,stock=shadow-read");
    let harness = built(manual)
        .stores_hold_the_same()
        .steps(patience(Duration::from_mins(10)))
        .start()
        .await
        .unwrap();
    let stores = stores();
    let (carts, _stock) = (carts(&stores, &harness), stock(&stores, &harness));
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

#[tokio::test]
async fn a_reason_of_the_whole_group_is_said_once_with_its_members() {
    let (harness, source) = following("*=shadow-read").await;
    let stores = stores();
    let (_carts, _orders) = (carts(&stores, &harness), orders(&stores, &harness));
    let both = "cart, order: no read was compared";
    let may = harness.may_step("cart", Phase::DynamoDbRead).to_string();
    assert!(may.contains(both), "{may}");
    assert_eq!(may.matches("compared").count(), 1, "{may}");
    source.send(says("*=dynamodb-read")).unwrap();
    until(|| of(&harness, "order").problem.is_some()).await;
    let report = harness.report().to_string();
    let problem = format!("the last step of cart, order was not taken: {both}");
    assert!(report.contains(&problem), "{report}");
    assert_eq!(report.matches("was not taken").count(), 1, "{report}");
}

#[tokio::test]
async fn a_word_that_the_harness_lacks_is_missing_once_for_the_whole_group() {
    let source = Fixed::new(Phase::MySqlOnly);
    let harness = Harness::builder(source).start().await.unwrap();
    let stores = stores();
    let (_carts, _orders) = (carts(&stores, &harness), orders(&stores, &harness));
    let may = harness.may_step("cart", Phase::DualWrite);
    assert_eq!(may.reasons, [Reason::NeedsBestEffort], "{may}");
    let may = harness.may_step("cart", Phase::DynamoDbRead);
    assert_eq!(may.reasons, [Reason::NotAdjacent], "{may}");
}
