//! What an operator hears by itself, and how the secondary's work is found in a trace.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, HarnessBuilder, Phase, Repairs, shadow};
use tracing::span::{Attributes, Id};
use tracing::{Instrument, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::books::{self, Failure};
use crate::log::{self, Captured};
use crate::manual::of;
use crate::phases::{TICK, stores, watched, write};
use crate::users::{Fault, Memory, ShadowUserRepository, UserRepository};

async fn dual_write(
    change: impl FnOnce(HarnessBuilder) -> HarnessBuilder,
) -> (Harness, ShadowUserRepository<Memory>, Arc<Memory>) {
    let builder = Harness::builder(Fixed::new(Phase::DualWrite))
        .best_effort_writes()
        .stores_hold_the_same();
    let harness = change(builder).start().await.unwrap();
    let (users, _mysql, dynamodb) = stores(&harness);
    (harness, users, dynamodb)
}

/// Waits until so many secondary writes have failed.
async fn failed(harness: &Harness, times: u64) {
    while harness.report().total().secondary_writes.failed < times {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn writes_that_go_missing_are_said_once_a_minute() {
    let (log, _guard) = Captured::warnings();
    let (harness, users, dynamodb) = dual_write(|builder| builder).await;
    dynamodb.fault(Fault::Panic);
    for number in 0..20 {
        users.register(&format!("{number}@x")).await.unwrap();
    }
    failed(&harness, 20).await;
    let said = "secondary writes are not made: their records are dirty";
    assert_eq!(log.times(said), 1, "{}", log.text());
    tokio::time::sleep(Duration::from_secs(61)).await;
    users.register("late@x").await.unwrap();
    failed(&harness, 21).await;
    assert_eq!(log.times(said), 2, "{}", log.text());
    assert!(log.text().contains("missed=20"), "{}", log.text());
    assert_eq!(log.times("the store may lack records"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_becomes_incomplete_is_said_once() {
    let (log, _guard) = Captured::warnings();
    let (harness, users, dynamodb) = dual_write(|builder| {
        builder.repairs(Repairs {
            dirty_records: 1,
            ..Repairs::default()
        })
    })
    .await;
    dynamodb.fault(Fault::Panic);
    for number in 0..5 {
        users.register(&format!("{number}@x")).await.unwrap();
    }
    failed(&harness, 5).await;
    let said = log.times("the store may lack records");
    assert_eq!(said, 1, "{}", log.text());
    assert!(log.text().contains("store=\"dynamodb\""), "{}", log.text());
}

#[tokio::test]
async fn a_create_of_unknown_effect_is_said() {
    let (log, _guard) = Captured::warnings();
    let harness = Harness::builder(Fixed::new(Phase::DualWrite))
        .best_effort_writes()
        .stores_hold_the_same()
        .start()
        .await
        .unwrap();
    let (users, mysql, _dynamodb) = stores(&harness);
    mysql.fault(Fault::LoseReplies(1));
    users.register("ann@x").await.unwrap_err();
    let said = log.times("the store may lack records");
    assert_eq!(said, 1, "{}", log.text());
}

/// Joins carts by a name. They are found by the number of their user.
#[shadow]
#[async_trait]
trait GiftRepository: Send + Sync {
    #[shadow(write, replay, key = user, also(cart = name))]
    async fn give(&self, user: u64, name: &str) -> Result<(), Failure>;
}

/// Whether it takes gifts.
struct Gifts(bool);

#[async_trait]
impl GiftRepository for Gifts {
    async fn give(&self, _user: u64, _name: &str) -> Result<(), Failure> {
        if self.0 { Ok(()) } else { Err(Failure::Busy) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_another_type_than_its_entity_is_found_by_is_said_and_the_record_stays_dirty() {
    let (log, _guard) = Captured::warnings();
    let harness = Harness::builder(Fixed::new(Phase::DualWrite))
        .best_effort_writes()
        .stores_hold_the_same()
        .start()
        .await
        .unwrap();
    let _carts = books::carts(&books::stores(), &harness);
    let [mysql, dynamodb] = [Gifts(true), Gifts(false)].map(Arc::new);
    let gifts = ShadowGiftRepository::new(mysql, dynamodb, harness.clone());
    gifts.give(1, "Ann").await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let text = log.text();
    for said in [
        "a key in `also` has another type",
        "entity=\"cart\"",
        "given=\"alloc::string::String\"",
        "expected=\"u64\"",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(of(&harness, "cart").dirty, 1);
}

#[tokio::test]
async fn a_source_that_names_nothing_or_forgets_an_entity_is_said_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phases.json");
    write(&file, r#"{"user": "mysql-only"}"#);
    let (log, _guard) = Captured::warnings();
    let harness = watched(&file).start().await.unwrap();
    let _stores = stores(&harness);
    let forgets = "the phase source no longer names this entity";
    let unused = "the phase source names an entity that no wrapper uses";
    for _ in 0..2 {
        write(&file, r#"{"usr": "mysql-only"}"#);
        tokio::time::sleep(TICK * 10).await;
        write(&file, r#"{"user": "mysql-only"}"#);
        tokio::time::sleep(TICK * 10).await;
    }
    let times = (log.times(forgets), log.times(unused));
    assert_eq!(times, (1, 1), "{}", log.text());
    assert!(log.text().contains("usr"), "{}", log.text());
    let status = &harness.status()[0];
    assert_eq!(status.phase, Some(Phase::MySqlOnly));
}

/// Spans by id: their name, and the names of what they are inside of and follow from.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<BTreeMap<u64, Span>>>);

#[derive(Clone, Default)]
struct Span {
    name: &'static str,
    inside: Option<u64>,
    follows: Option<u64>,
    entered: bool,
}

impl<S: Subscriber> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let span = Span {
            name: attributes.metadata().name(),
            inside: attributes.parent().map(Id::into_u64),
            ..Span::default()
        };
        self.0.lock().unwrap().insert(id.into_u64(), span);
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, _: Context<'_, S>) {
        let mut spans = self.0.lock().unwrap();
        spans.get_mut(&id.into_u64()).unwrap().follows = Some(follows.into_u64());
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        let mut spans = self.0.lock().unwrap();
        spans.get_mut(&id.into_u64()).unwrap().entered = true;
    }
}

impl Spans {
    /// The span of this name that did something.
    fn named(&self, name: &str) -> Span {
        let spans = self.0.lock().unwrap();
        let mut found = spans.values().filter(|it| it.name == name && it.entered);
        found.next().cloned().unwrap_or_else(|| panic!("no {name}"))
    }

    fn name_of(&self, id: Option<u64>) -> Option<&'static str> {
        let spans = self.0.lock().unwrap();
        id.and_then(|id| spans.get(&id)).map(|span| span.name)
    }
}

#[tokio::test]
async fn secondary_writes_and_transfers_are_linked_to_the_callers_trace() {
    let spans = Spans::default();
    let subscriber = tracing_subscriber::registry().with(spans.clone());
    let _guard = log::here(subscriber);
    let caller = tracing::info_span!("caller");
    let (harness, users, dynamodb) = dual_write(|builder| builder).await;
    dynamodb.fault(Fault::FailTimes(1_000));
    let call = users.register("ann@x").instrument(caller.clone());
    call.await.unwrap();
    failed(&harness, 1).await;
    dynamodb.fault(Fault::None);
    while harness.status()[0].transferred == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let write = spans.named("dal.shadow.write");
    assert_eq!(spans.name_of(write.follows), Some("caller"));
    let transfer = spans.named("dal.shadow.transfer");
    assert_eq!(spans.name_of(transfer.inside), Some("dal.shadow.write"));
    drop(caller);
}
