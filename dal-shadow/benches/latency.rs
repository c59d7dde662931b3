//! What the wrapper costs its callers, on stores in memory that take a set time: bare and wrapped in one
//! run, every read compared, the median of five runs. A table, or JSON with `--json`; with `--check`
//! the program fails where a figure is above its bound.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench reports by panicking, and its stores explain themselves"
)]

use std::future::Future;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dal_shadow::sink::{JsonLinesSink, MetricsSink, RingSink};
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, HarnessBuilder, Phase, ShadowReads, shadow};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

type Never = std::convert::Infallible;

const RUNS: usize = 5;
/// A run of calls at a rate is made in so many blocks, bare and wrapped by turns.
const BLOCKS: u64 = 10;
const MICROSECOND: Duration = Duration::from_micros(1);

#[derive(Clone, Debug, Serialize)]
struct Row {
    id: u64,
    name: String,
    street: String,
    city: String,
}

#[shadow(repair(read = get, put = put, delete = remove))]
trait Rows: Send + Sync {
    #[shadow(read, key = id)]
    async fn get(&self, id: u64) -> Result<Option<u64>, Never>;
    #[shadow(read)]
    async fn all(&self) -> Result<Vec<Row>, Never>;
    #[shadow(write, replay, key = id)]
    async fn touch(&self, id: u64) -> Result<(), Never>;
    #[shadow(write, replay, key = id)]
    async fn remove(&self, id: u64) -> Result<bool, Never>;
    #[shadow(mirror, key = row)]
    async fn put(&self, row: &u64) -> Result<(), Never>;
}

/// A store that takes its time and keeps nothing.
#[derive(Default)]
struct Store {
    takes: Duration,
    rows: Vec<Row>,
    lies: bool,
    calls: AtomicU64,
}

impl Store {
    async fn work(&self) -> u64 {
        if !self.takes.is_zero() {
            sleep(self.takes).await;
        }
        self.calls.fetch_add(1, Ordering::Relaxed)
    }
}

impl Rows for Store {
    async fn get(&self, id: u64) -> Result<Option<u64>, Never> {
        self.work().await;
        Ok(Some(id))
    }

    async fn all(&self) -> Result<Vec<Row>, Never> {
        let call = self.work().await;
        let mut rows = self.rows.clone();
        if self.lies {
            // Every answer is wrong in a new way.
            for row in &mut rows {
                row.name = format!("wrong {call} {}", row.id);
            }
        }
        Ok(rows)
    }

    async fn touch(&self, _id: u64) -> Result<(), Never> {
        self.work().await;
        Ok(())
    }

    async fn remove(&self, _id: u64) -> Result<bool, Never> {
        self.work().await;
        Ok(true)
    }

    async fn put(&self, _row: &u64) -> Result<(), Never> {
        self.work().await;
        Ok(())
    }
}

/// A figure: what one run measured bare and wrapped, five times, and the most that may be added.
struct Figure {
    name: &'static str,
    runs: Vec<(Duration, Duration)>,
    bound: Duration,
}

impl Figure {
    /// What the wrapper added in the run in the middle; negative when the machine took more than it.
    fn added(&self) -> i128 {
        let nanos = |time: &Duration| i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
        let mut added: Vec<_> = self
            .runs
            .iter()
            .map(|(bare, wrapped)| nanos(wrapped) - nanos(bare))
            .collect();
        added.sort_unstable();
        added.get(added.len() / 2).copied().unwrap_or_default()
    }

    fn holds(&self) -> bool {
        self.added() <= i128::try_from(self.bound.as_nanos()).unwrap_or(i128::MAX)
    }

    fn median(&self, which: impl Fn(&(Duration, Duration)) -> Duration) -> Duration {
        let mut times: Vec<_> = self.runs.iter().map(which).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    fn bare(&self) -> Duration {
        self.median(|(bare, _)| *bare)
    }

    fn wrapped(&self) -> Duration {
        self.median(|(_, wrapped)| *wrapped)
    }

    fn data(&self) -> Value {
        let runs = self.runs.iter();
        json!({
            "name": self.name,
            "bare_ns": nanos(self.bare()),
            "wrapped_ns": nanos(self.wrapped()),
            "added_ns": i64::try_from(self.added()).unwrap_or(i64::MAX),
            "bound_ns": nanos(self.bound),
            "holds": self.holds(),
            "runs": runs.map(|(bare, wrapped)| [nanos(*bare), nanos(*wrapped)]).collect::<Vec<_>>(),
        })
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn percentile(mut times: Vec<Duration>, of_100: usize) -> Duration {
    times.sort_unstable();
    let place = times.len() * of_100 / 100;
    times.get(place).copied().unwrap_or_default()
}

async fn wrapped(
    phase: Phase,
    mysql: Store,
    dynamodb: Store,
    change: impl FnOnce(HarnessBuilder) -> HarnessBuilder,
) -> (ShadowRows<Store>, Harness) {
    let builder = Harness::builder(Fixed::new(phase))
        .best_effort_writes()
        .stores_hold_the_same();
    let harness = change(builder).start().await.unwrap();
    let rows = ShadowRows::new(Arc::new(mysql), Arc::new(dynamodb), harness.clone());
    (rows, harness)
}

/// What a call takes in the mean, of many in a row.
async fn mean<F: Future>(calls: u32, call: impl Fn(u64) -> F) -> Duration {
    let began = Instant::now();
    for number in 0..calls {
        black_box(call(black_box(u64::from(number))).await);
    }
    began.elapsed() / calls
}

/// What one call takes in the middle, each measured by itself.
async fn middle<F: Future>(calls: u64, call: impl Fn(u64) -> F) -> Duration {
    let mut times = Vec::new();
    for number in 0..calls {
        let began = Instant::now();
        black_box(call(number).await);
        times.push(began.elapsed());
    }
    percentile(times, 50)
}

/// The 99th percentiles of bare and of wrapped calls that begin at a fixed rate, whether earlier ones
/// have ended or not. In short blocks by turns, so that both meet the same machine.
async fn p99<B, W>(
    calls: u64,
    every: Duration,
    bare: impl Fn(u64) -> B,
    wrapped: impl Fn(u64) -> W,
) -> (Duration, Duration)
where
    B: Future + Send + 'static,
    W: Future + Send + 'static,
{
    let (mut without, mut through) = (Vec::new(), Vec::new());
    for block in 0..BLOCKS {
        let numbers = || block * calls / BLOCKS..(block + 1) * calls / BLOCKS;
        without.extend(at_a_rate(every, numbers().map(&bare)).await);
        through.extend(at_a_rate(every, numbers().map(&wrapped)).await);
    }
    (percentile(without, 99), percentile(through, 99))
}

/// What each call takes.
async fn at_a_rate<F>(every: Duration, calls: impl Iterator<Item = F>) -> Vec<Duration>
where
    F: Future + Send + 'static,
{
    let (mut pace, mut running) = (interval(every), JoinSet::new());
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for call in calls {
        pace.tick().await;
        running.spawn(async move {
            let began = Instant::now();
            black_box(call.await);
            began.elapsed()
        });
    }
    running.join_all().await
}

async fn switch() -> (Duration, Duration) {
    const CALLS: u32 = 200_000;
    let (one, other) = (Store::default(), Store::default());
    let (rows, _harness) = wrapped(Phase::MySqlOnly, one, other, |builder| builder).await;
    let alone = Store::default();
    (
        mean(CALLS, |id| alone.get(id)).await,
        mean(CALLS, |id| rows.get(id)).await,
    )
}

/// A write of a store that takes no time: what is left is the task of the write.
async fn own_task() -> (Duration, Duration) {
    const CALLS: u64 = 10_000;
    let (one, other) = (Store::default(), Store::default());
    let (rows, harness) = wrapped(Phase::DualWrite, one, other, |builder| builder).await;
    let alone = Store::default();
    let bare = middle(CALLS, |id| alone.touch(id)).await;
    let through = middle(CALLS, |id| rows.touch(id)).await;
    harness.drain(Duration::from_secs(10)).await;
    (bare, through)
}

/// Lists of 200 rows, 125 a second, beside a store that answers everything wrong; three sinks.
async fn beside_a_store_that_lies() -> (Duration, Duration) {
    const CALLS: u64 = 250;
    let every = Duration::from_millis(8);
    let store = |lies| Store {
        takes: Duration::from_millis(2),
        rows: (0..200)
            .map(|id| Row {
                id,
                name: format!("name {id}"),
                street: format!("street {id}"),
                city: "a city".to_owned(),
            })
            .collect(),
        lies,
        ..Store::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let file = JsonLinesSink::open(&path, dal_shadow::sink::FileLimits::default()).unwrap();
    let (rows, harness) = wrapped(Phase::ShadowRead, store(false), store(true), |builder| {
        builder
            .shadow_reads(ShadowReads {
                reread_pause: Duration::from_millis(10),
                ..ShadowReads::default()
            })
            .sink(file)
            .sink(RingSink::new(100))
            .sink(MetricsSink)
    })
    .await;
    let (alone, rows) = (Arc::new(store(false)), Arc::new(rows));
    let bare = |_| {
        let alone = Arc::clone(&alone);
        async move { alone.all().await }
    };
    let through = |_| {
        let rows = Arc::clone(&rows);
        async move { rows.all().await }
    };
    let measured = p99(CALLS, every, bare, through).await;
    harness.drain(Duration::from_secs(20)).await;
    let total = harness.report().total();
    assert!(
        total.counts.adds_up() && total.counts.different > CALLS / 2,
        "{total:?}"
    );
    measured
}

/// 500 writes a second, whose secondary takes ten times as long as their primary.
async fn beside_a_slow_secondary() -> (Duration, Duration) {
    const CALLS: u64 = 1_000;
    let every = Duration::from_millis(2);
    let store = |takes| Store {
        takes: Duration::from_millis(takes),
        ..Store::default()
    };
    let (rows, harness) = wrapped(Phase::DualWrite, store(2), store(20), |builder| builder).await;
    let (alone, rows) = (Arc::new(store(2)), Arc::new(rows));
    let bare = |id| {
        let alone = Arc::clone(&alone);
        async move { alone.touch(id).await }
    };
    let through = |id| {
        let rows = Arc::clone(&rows);
        async move { rows.touch(id).await }
    };
    let measured = p99(CALLS, every, bare, through).await;
    assert!(harness.drain(Duration::from_secs(20)).await);
    let writes = harness.report().total().secondary_writes;
    assert_eq!(
        writes.lost + writes.failed + writes.refused,
        0,
        "{writes:?}"
    );
    measured
}

/// Five runs of one measurement, on a task: as in a service.
fn five<F>(
    runtime: &Runtime,
    name: &'static str,
    bound: Duration,
    measure: impl Fn() -> F,
) -> Figure
where
    F: Future<Output = (Duration, Duration)> + Send + 'static,
{
    let runs = (0..RUNS)
        .map(|_| runtime.block_on(runtime.spawn(measure())).unwrap())
        .collect();
    Figure { name, runs, bound }
}

/// The machine's load of the last minute, where the system says it.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn table(figures: &[Figure], load: &str) {
    println!("median of {RUNS} runs; load of the machine before: {load}\n");
    println!(
        "{:56} {:>12} {:>12} {:>12} {:>8}",
        "", "bare", "wrapped", "added", "bound"
    );
    for figure in figures {
        let added = figure.added();
        let micros = format!("{}.{:03} µs", added / 1_000, added.unsigned_abs() % 1_000);
        println!(
            "{:56} {:>12} {:>12} {:>12} {:>8}{}",
            figure.name,
            format!("{:.1?}", figure.bare()),
            format!("{:.1?}", figure.wrapped()),
            micros,
            format!("{:?}", figure.bound),
            if figure.holds() { "" } else { "  ABOVE" },
        );
    }
}

fn main() -> ExitCode {
    let asked: Vec<_> = std::env::args().skip(1).collect();
    let has = |option: &str| asked.iter().any(|asked| asked == option);
    if !has("--bench") {
        // `cargo test --all-targets`: an unoptimised build measures nothing.
        println!("latency: run it with `cargo bench --bench latency`");
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let load = load();
    let figures = [
        five(
            &runtime,
            "the switch alone (read, mysql-only), mean",
            MICROSECOND / 2,
            switch,
        ),
        five(
            &runtime,
            "the own task of a dual write, p50",
            10 * MICROSECOND,
            own_task,
        ),
        five(
            &runtime,
            "read of 200 rows beside a store that lies, p99",
            1_000 * MICROSECOND,
            beside_a_store_that_lies,
        ),
        five(
            &runtime,
            "dual write beside a secondary ten times slower, p99",
            1_000 * MICROSECOND,
            beside_a_slow_secondary,
        ),
    ];
    if has("--json") {
        let all: Vec<_> = figures.iter().map(Figure::data).collect();
        println!("{}", json!({"load": load, "runs": RUNS, "figures": all}));
    } else {
        table(&figures, &load);
    }
    let hold = figures.iter().all(Figure::holds);
    if has("--check") && !hold {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
