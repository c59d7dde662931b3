//! The application's own code (Clone, Serialize, rules, sinks) and large answers cost the caller
//! nothing and are counted.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use crate::log::Captured;
use crate::settings::no_rereads;
use async_trait::async_trait;
use dal_shadow::record::{CallOutcome, Record};
use dal_shadow::sink::{JsonLinesSink, Sink};
use dal_shadow::source::Fixed;
use dal_shadow::tree::Tree;
use dal_shadow::{
    Carrier, Classify, Harness, HarnessBuilder, MethodReport, Order, Phases, ShadowReads, shadow,
};
use serde::{Serialize, Serializer};

/// An argument whose copies are counted; one of them may panic.
#[derive(Debug)]
pub struct Key {
    pub number: u64,
    pub copies: Arc<AtomicU64>,
    pub panics: bool,
}

impl Clone for Key {
    fn clone(&self) -> Self {
        assert!(!self.panics, "planted: clone");
        self.copies.fetch_add(1, Ordering::SeqCst);
        Self {
            number: self.number,
            copies: Arc::clone(&self.copies),
            panics: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub id: u64,
    pub name: String,
    pub street: String,
    pub city: String,
    pub note: Fragile,
}

/// A text whose `Serialize` panics when it says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fragile(pub String);

impl Serialize for Fragile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(self.0 != "panic", "planted: serialize");
        SERIALIZED.set(SERIALIZED.get() + 1);
        serializer.serialize_str(&self.0)
    }
}

#[derive(Debug, thiserror::Error, Classify)]
pub enum Failure {
    #[error("the connection is refused")]
    #[classify(unavailable)]
    Refused,
}

thread_local! {
    /// Rows that were serialized, and names that were folded, on this thread.
    static SERIALIZED: Cell<u64> = const { Cell::new(0) };
    static FOLDED: Cell<u64> = const { Cell::new(0) };
}
static FOLDED_ANYWHERE: AtomicU64 = AtomicU64::new(0);

fn folds(tree: &mut Tree) {
    FOLDED.set(FOLDED.get() + 1);
    FOLDED_ANYWHERE.fetch_add(1, Ordering::SeqCst);
    panics(tree);
}

fn panics(tree: &mut Tree) {
    assert!(tree.as_str() != Some("panic"), "planted: normalizer");
}

#[shadow]
#[async_trait]
pub trait Rows: Send + Sync {
    #[shadow(read)]
    async fn all(&self, key: Key) -> Result<Vec<Row>, Failure>;
    #[shadow(read, normalize("[].name" = folds))]
    async fn folded(&self, key: Key) -> Result<Vec<Row>, Failure>;
    #[shadow(read, normalize("" = panics))]
    async fn name(&self, key: Key) -> Result<String, Failure>;
}

/// What a store does.
#[derive(Default)]
struct Side {
    delay: Mutex<Duration>,
    rows: Mutex<Vec<Row>>,
    name: Mutex<String>,
    /// Every answer is another one.
    lies: bool,
    /// Panics outside of a tenant.
    needs_tenant: bool,
    refuses: Mutex<bool>,
    calls: AtomicU64,
    now: AtomicU64,
    most: AtomicU64,
}

impl Side {
    async fn enter(&self) -> Result<u64, Failure> {
        if self.needs_tenant {
            TENANT.with(|_| ());
        }
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let delay = *self.delay.lock().unwrap();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        self.now.fetch_sub(1, Ordering::SeqCst);
        if *self.refuses.lock().unwrap() {
            return Err(Failure::Refused);
        }
        Ok(call)
    }
}

#[async_trait]
impl Rows for Side {
    async fn all(&self, _key: Key) -> Result<Vec<Row>, Failure> {
        let call = self.enter().await?;
        let mut rows = self.rows.lock().unwrap().clone();
        if self.lies {
            for row in &mut rows {
                row.name = format!("wrong {call} {}", row.id);
            }
        }
        Ok(rows)
    }

    async fn folded(&self, key: Key) -> Result<Vec<Row>, Failure> {
        self.all(key).await
    }

    async fn name(&self, _key: Key) -> Result<String, Failure> {
        self.enter().await?;
        Ok(self.name.lock().unwrap().clone())
    }
}

fn rows(count: u64) -> Vec<Row> {
    let row = |id| Row {
        id,
        name: format!("name {id}"),
        street: format!("street {id}"),
        city: "a city".to_owned(),
        note: Fragile::default(),
    };
    (0..count).map(row).collect()
}

struct Setup {
    harness: Harness,
    mysql: Arc<Side>,
    dynamodb: Arc<Side>,
    rows: ShadowRows<Side>,
    copies: Arc<AtomicU64>,
}

impl Setup {
    async fn new(phase: &str, change: impl FnOnce(HarnessBuilder) -> HarnessBuilder) -> Self {
        Self::with(phase, Side::default(), change).await
    }

    async fn with(
        phase: &str,
        dynamodb: Side,
        change: impl FnOnce(HarnessBuilder) -> HarnessBuilder,
    ) -> Self {
        let phases = Phases::from_list(&format!("*={phase}")).unwrap();
        let builder = Harness::builder(Fixed::phases(phases))
            .best_effort_writes()
            .shadow_reads(no_rereads());
        let harness = change(builder).start().await.unwrap();
        let (mysql, dynamodb) = (Arc::new(Side::default()), Arc::new(dynamodb));
        let rows = ShadowRows::new(Arc::clone(&mysql), Arc::clone(&dynamodb), harness.clone());
        Self {
            harness,
            mysql,
            dynamodb,
            rows,
            copies: Arc::default(),
        }
    }

    fn key(&self) -> Key {
        Key {
            number: 1,
            copies: Arc::clone(&self.copies),
            panics: false,
        }
    }

    async fn counts(&self, method: &str) -> MethodReport {
        assert!(self.harness.drain(Duration::from_secs(20)).await);
        let report = self.harness.report();
        assert!(report.total().counts.adds_up() && report.total().counts.in_flight == 0);
        let found = report.methods().find(|found| found.method == method);
        found.unwrap().clone()
    }
}

#[tokio::test]
async fn a_read_that_is_not_in_the_sample_copies_none_of_its_arguments() {
    let setup = Setup::new("shadow-read@0", |builder| builder).await;
    for _ in 0..1_000 {
        setup.rows.all(setup.key()).await.unwrap();
    }
    let copies = setup.copies.load(Ordering::SeqCst);
    eprintln!("{copies} of 1000 arguments copied");
    assert_eq!(copies, 0);
    assert_eq!(setup.counts("all").await.counts.unsampled, 1_000);
}

#[tokio::test]
async fn the_limit_of_shadow_reads_holds_in_every_order_also_when_callers_leave() {
    for order in [Order::Detached, Order::Concurrent] {
        let setup = Setup::new("shadow-read", |builder| {
            builder.shadow_reads(ShadowReads {
                order,
                in_flight: 4,
                ..no_rereads()
            })
        })
        .await;
        *setup.mysql.delay.lock().unwrap() = Duration::from_millis(20);
        *setup.dynamodb.delay.lock().unwrap() = Duration::from_millis(300);
        for _ in 0..10 {
            let callers = (0..20).map(|_| {
                let call = setup.rows.all(setup.key());
                tokio::time::timeout(Duration::from_millis(2), call)
            });
            let _gone = futures::future::join_all(callers).await;
        }
        setup.counts("all").await;
        let most = setup.dynamodb.most.load(Ordering::SeqCst);
        eprintln!("{order:?}: {most} reads at once under a limit of 4");
        assert!(most <= 4, "{order:?}: {most}");
    }
}

tokio::task_local! {
    static TENANT: u32;
}

#[tokio::test]
async fn task_locals_go_along_with_shadow_reads_in_every_order() {
    for order in [Order::Detached, Order::Concurrent, Order::PrimaryFirst] {
        let of_tenant = Side {
            needs_tenant: true,
            ..Side::default()
        };
        let setup = Setup::with("shadow-read", of_tenant, |builder| {
            builder
                .shadow_reads(ShadowReads {
                    order,
                    ..no_rereads()
                })
                .carry(|| {
                    let tenant = TENANT.try_with(|tenant| *tenant).ok();
                    Carrier::new(move |future| match tenant {
                        Some(tenant) => Box::pin(TENANT.scope(tenant, future)),
                        None => future,
                    })
                })
        })
        .await;
        *setup.mysql.rows.lock().unwrap() = rows(1);
        *setup.dynamodb.rows.lock().unwrap() = rows(1);
        let call = setup.rows.all(setup.key());
        TENANT.scope(7, call).await.unwrap();
        let all = setup.counts("all").await;
        assert_eq!(all.counts.equal, 1, "{order:?}: {all:?}");
    }
}

#[tokio::test]
async fn a_capture_that_panics_costs_the_caller_nothing() {
    let setup = Setup::new("shadow-read", |builder| {
        builder.carry(|| panic!("planted: capture"))
    })
    .await;
    assert_eq!(setup.rows.all(setup.key()).await.unwrap(), []);
    let all = setup.counts("all").await;
    assert_eq!(all.reasons.get("user_code_panicked"), Some(&1), "{all:?}");
}

#[tokio::test]
async fn a_clone_that_panics_costs_the_caller_nothing() {
    let setup = Setup::new("shadow-read", |builder| builder).await;
    let mut key = setup.key();
    key.panics = true;
    assert_eq!(setup.rows.all(key).await.unwrap(), []);
    let all = setup.counts("all").await;
    assert_eq!(all.reasons.get("user_code_panicked"), Some(&1), "{all:?}");
}

#[tokio::test]
async fn a_serialize_that_panics_costs_the_caller_nothing() {
    let setup = Setup::new("shadow-read", |builder| builder).await;
    let mut fragile = rows(1);
    fragile[0].note = Fragile("panic".to_owned());
    *setup.mysql.rows.lock().unwrap() = fragile.clone();
    assert_eq!(setup.rows.all(setup.key()).await.unwrap(), fragile);
    let all = setup.counts("all").await;
    assert_eq!(all.reasons.get("user_code_panicked"), Some(&1), "{all:?}");
    let asked = setup.dynamodb.calls.load(Ordering::SeqCst);
    assert_eq!(asked, 0, "there is nothing to compare its answer with");
}

#[tokio::test]
async fn a_normalizer_that_panics_costs_the_caller_nothing() {
    let setup = Setup::new("shadow-read", |builder| builder).await;
    "panic".clone_into(&mut setup.dynamodb.name.lock().unwrap());
    assert_eq!(setup.rows.name(setup.key()).await.unwrap(), "");
    let name = setup.counts("name").await;
    assert_eq!(name.reasons.get("user_code_panicked"), Some(&1), "{name:?}");
}

/// Panics, or waits for ever, at each call.
struct BadSink {
    waits: bool,
}

impl Sink for BadSink {
    fn count(&self, _: &'static str, _: &'static str, _: &CallOutcome, _: u64) {
        self.record_nothing();
    }

    fn record(&self, _: &Record) {
        self.record_nothing();
    }
}

impl BadSink {
    fn record_nothing(&self) {
        if self.waits {
            loop {
                std::thread::park();
            }
        }
        panic!("planted: sink");
    }
}

#[tokio::test]
async fn a_sink_that_panics_costs_the_caller_nothing_and_the_other_sinks_nothing() {
    let ring = dal_shadow::sink::RingSink::new(10);
    let setup = Setup::new("shadow-read", |builder| {
        builder.sink(BadSink { waits: false }).sink(ring.clone())
    })
    .await;
    *setup.dynamodb.rows.lock().unwrap() = rows(1);
    assert_eq!(setup.rows.all(setup.key()).await.unwrap(), []);
    let all = setup.counts("all").await;
    assert_eq!(all.counts.different, 1);
    let report = setup.harness.report();
    assert!(report.sinks.panicked >= 2, "{:?}", report.sinks);
    assert_eq!(ring.records().len(), 1);
    assert!(report.to_string().contains("a sink panicked"), "{report}");
}

/// Adds up what it is told.
#[derive(Clone, Default)]
struct Adds(Arc<Mutex<BTreeMap<String, u64>>>);

impl Sink for Adds {
    fn count(&self, _: &'static str, method: &'static str, outcome: &CallOutcome, times: u64) {
        let name = format!("{method}.{}", outcome.as_str());
        *self.0.lock().unwrap().entry(name).or_default() += times;
    }

    fn record(&self, _: &Record) {}
}

#[tokio::test]
async fn sinks_are_told_of_every_call_and_of_each_outcome_before_the_first_one() {
    let adds = Adds::default();
    let setup = Setup::new("shadow-read", |builder| builder.sink(adds.clone())).await;
    assert!(setup.harness.drain(Duration::from_secs(5)).await);
    let counted = |name: &str| adds.0.lock().unwrap().get(name).copied();
    assert_eq!(counted("all.different"), Some(0));
    assert_eq!(counted("name.timed_out"), Some(0));
    *setup.dynamodb.rows.lock().unwrap() = rows(1);
    for _ in 0..10 {
        for _ in 0..5 {
            setup.rows.all(setup.key()).await.unwrap();
            setup.rows.name(setup.key()).await.unwrap();
        }
        assert!(setup.harness.drain(Duration::from_secs(5)).await);
    }
    let total = setup.harness.report().total();
    assert_eq!(counted("all.missing_in_primary"), Some(50), "{total:?}");
    assert_eq!(
        adds.0.lock().unwrap().values().sum::<u64>(),
        total.counts.eligible
    );
}

#[tokio::test]
async fn a_sink_that_never_returns_costs_the_caller_nothing_and_what_it_misses_is_counted() {
    let setup = Setup::new("shadow-read", |builder| {
        builder.sink(BadSink { waits: true })
    })
    .await;
    *setup.dynamodb.rows.lock().unwrap() = rows(1);
    let began = Instant::now();
    for _ in 0..300 {
        setup.rows.all(setup.key()).await.unwrap();
        while setup.harness.report().total().counts.in_flight > 0 {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }
    assert!(began.elapsed() < Duration::from_secs(10));
    let report = setup.harness.report();
    assert_eq!(report.total().counts.different, 300);
    assert!(report.sinks.dropped > 100, "{:?}", report.sinks);
    assert!(!setup.harness.drain(Duration::from_millis(50)).await);
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_copied_and_counts_as_too_large() {
    for large in ["mysql", "dynamodb"] {
        let setup = Setup::new("shadow-read", |builder| {
            builder.shadow_reads(ShadowReads {
                snapshot_bytes: 20_000,
                ..no_rereads()
            })
        })
        .await;
        let store = match large {
            "mysql" => &setup.mysql,
            _ => &setup.dynamodb,
        };
        *store.rows.lock().unwrap() = rows(1_000);
        setup.rows.all(setup.key()).await.unwrap();
        let all = setup.counts("all").await;
        assert_eq!(all.reasons.get("too_large"), Some(&1), "{large}: {all:?}");
    }
}

#[tokio::test]
async fn a_store_that_refuses_connections_is_left_alone_and_the_log_says_so_once() {
    let (log, _guard) = Captured::warnings();
    let setup = Setup::new("shadow-read", |builder| builder).await;
    *setup.dynamodb.refuses.lock().unwrap() = true;
    for _ in 0..100 {
        setup.rows.all(setup.key()).await.unwrap();
        setup.counts("all").await;
    }
    let all = setup.counts("all").await;
    eprintln!("{:?}", all.outcomes);
    assert_eq!(
        (all.counts.inconclusive, all.counts.shed),
        (10, 90),
        "{all:?}"
    );
    let said = log.times("the secondary answers no shadow reads");
    assert_eq!(said, 1, "{}", log.text());
}

#[tokio::test]
async fn a_repeated_finding_is_written_ever_more_rarely_and_counted_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let file = JsonLinesSink::open(&path, dal_shadow::sink::FileLimits::default()).unwrap();
    let setup = Setup::new("shadow-read", |builder| builder.sink(file)).await;
    *setup.dynamodb.rows.lock().unwrap() = rows(1);
    for _ in 0..100 {
        setup.rows.all(setup.key()).await.unwrap();
        setup.counts("all").await;
    }
    setup.harness.flush();
    let text = std::fs::read_to_string(&path).unwrap();
    let count = |line| serde_json::from_str::<serde_json::Value>(line).unwrap()["count"].as_u64();
    let counts: Vec<_> = text.lines().filter_map(count).collect();
    assert_eq!(counts, [1, 2, 4, 8, 16, 32, 64]);
}

/// Notes on which threads it was called.
#[derive(Clone, Default)]
struct Threads(Arc<Mutex<Vec<ThreadId>>>);

impl Sink for Threads {
    fn count(&self, _: &'static str, _: &'static str, _: &CallOutcome, _: u64) {
        self.note();
    }

    fn record(&self, _: &Record) {
        self.note();
    }
}

impl Threads {
    fn note(&self) {
        self.0.lock().unwrap().push(std::thread::current().id());
    }
}

/// On one thread, so that the work of the caller's is counted. What it takes is measured by the bench
/// `latency`.
#[tokio::test]
async fn a_caller_waits_for_one_snapshot_and_never_for_comparing_rendering_or_sinks() {
    const ROWS: u64 = 200;
    let lies = Side {
        lies: true,
        ..Side::default()
    };
    let threads = Threads::default();
    let setup = Setup::with("shadow-read", lies, |builder| builder.sink(threads.clone())).await;
    for side in [&setup.mysql, &setup.dynamodb] {
        *side.rows.lock().unwrap() = rows(ROWS);
    }
    for _ in 0..20 {
        let before = SERIALIZED.get();
        setup.rows.folded(setup.key()).await.unwrap();
        assert_eq!(SERIALIZED.get() - before, ROWS, "one snapshot");
        assert!(setup.harness.drain(Duration::from_secs(20)).await);
        assert!(SERIALIZED.get() - before > ROWS, "no second answer");
    }
    let folded = setup.counts("folded").await;
    assert_eq!(folded.counts.different, 20, "{folded:?}");
    assert_eq!(FOLDED.get(), 0, "compared on the caller's thread");
    assert!(FOLDED_ANYWHERE.load(Ordering::SeqCst) >= 20 * ROWS);
    let (threads, caller) = (threads.0.lock().unwrap(), std::thread::current().id());
    assert!(threads.len() >= 20 && !threads.contains(&caller));
}
