//! Metrics are there at zero from the start, and move.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dal_shadow::record::{CallOutcome, Record, Repetition};
use dal_shadow::sink::{Measurement, MetricsSink, Sink};
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, HarnessBuilder, Phase, SecondaryWrites, ShadowReads};
use dal_traits::RetryPolicy;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

use crate::phases::stores;
use crate::settings::{late_effect, no_rereads};
use crate::users::{Fault, UserRepository};

/// The metrics by `name key=value ..`: the value of a gauge or counter, the number of values of a
/// histogram.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<BTreeMap<String, i64>>>);

struct One(Recorded, String);

impl One {
    fn change(&self, change: impl FnOnce(&mut i64)) {
        change(self.0.0.lock().unwrap().entry(self.1.clone()).or_default());
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "all that is measured here is whole and small"
)]
fn whole(value: f64) -> i64 {
    value as i64
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.change(|now| *now += i64::try_from(value).unwrap());
    }

    fn absolute(&self, _: u64) {
        unreachable!("two harnesses may count the same");
    }
}

impl GaugeFn for One {
    fn increment(&self, value: f64) {
        self.change(|now| *now += whole(value));
    }

    fn decrement(&self, value: f64) {
        self.change(|now| *now -= whole(value));
    }

    fn set(&self, value: f64) {
        self.change(|now| *now = whole(value));
    }
}

impl HistogramFn for One {
    fn record(&self, value: f64) {
        assert!((0.0..60.0).contains(&value), "{value} are no seconds");
        self.change(|now| *now += 1);
    }
}

impl Recorded {
    fn one(&self, key: &Key) -> Arc<One> {
        let labels = key
            .labels()
            .map(|it| format!(" {}={}", it.key(), it.value()));
        let one = One(
            self.clone(),
            key.name().to_owned() + &labels.collect::<String>(),
        );
        one.change(|_| {});
        Arc::new(one)
    }

    fn get(&self, name: &str) -> i64 {
        let all = self.0.lock().unwrap();
        *all.get(name)
            .unwrap_or_else(|| panic!("no {name} in {all:#?}"))
    }
}

impl Recorder for Recorded {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.one(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

/// The recorder of a test is its own thread's, and sinks have a thread.
struct Here(Recorded);

impl Sink for Here {
    fn count(&self, entity: &'static str, method: &'static str, outcome: &CallOutcome, times: u64) {
        let count = || MetricsSink.count(entity, method, outcome, times);
        metrics::with_local_recorder(&self.0, count);
    }

    fn measured(&self, now: &[Measurement]) {
        metrics::with_local_recorder(&self.0, || MetricsSink.measured(now));
    }

    fn record(&self, record: &Record) {
        metrics::with_local_recorder(&self.0, || MetricsSink.record(record));
    }

    fn repeated(&self, again: &Repetition) {
        metrics::with_local_recorder(&self.0, || MetricsSink.repeated(again));
    }
}

async fn measured(
    phase: Phase,
    change: impl FnOnce(HarnessBuilder) -> HarnessBuilder,
) -> (Harness, Recorded) {
    let recorded = Recorded::default();
    let builder = Harness::builder(Fixed::new(phase))
        .best_effort_writes()
        .sink(Here(recorded.clone()));
    (change(builder).start().await.unwrap(), recorded)
}

#[tokio::test]
async fn every_metric_is_there_at_zero_once_there_is_a_wrapper() {
    let (harness, recorded) =
        measured(Phase::MySqlOnly, HarnessBuilder::stores_hold_the_same).await;
    let _stores = stores(&harness);
    harness.flush();
    for (name, expected) in [
        ("dal.shadow.breaker.open dal.store=mysql", 0),
        ("dal.shadow.breaker.open dal.store=dynamodb", 0),
        ("dal.shadow.phase dal.entity=user", 0),
        ("dal.shadow.epoch dal.entity=user", 1),
        ("dal.shadow.incomplete dal.entity=user dal.store=mysql", 0),
        // MySQL alone is written.
        (
            "dal.shadow.incomplete dal.entity=user dal.store=dynamodb",
            1,
        ),
        ("dal.shadow.secondary_writes.pending dal.entity=user", 0),
        ("dal.shadow.records.dirty dal.entity=user", 0),
        ("dal.shadow.records.parked dal.entity=user", 0),
        ("dal.shadow.transfers dal.entity=user dal.result=done", 0),
        ("dal.shadow.transfers dal.entity=user dal.result=failed", 0),
        ("dal.shadow.reads.fenced dal.entity=user dal.method=get", 0),
        (
            "dal.shadow.secondary_writes.retries dal.entity=user dal.method=register",
            0,
        ),
        (
            "dal.shadow.secondary_writes.late dal.entity=user dal.method=register",
            0,
        ),
        (
            "dal.shadow.primary_writes.unknown dal.entity=user dal.method=register",
            0,
        ),
    ] {
        assert_eq!(recorded.get(name), expected, "{name}");
    }
    for result in ["applied", "refused", "failed", "transferred", "lost"] {
        let name = format!(
            "dal.shadow.secondary_writes dal.entity=user dal.method=register dal.result={result}"
        );
        assert_eq!(recorded.get(&name), 0, "{name}");
    }
    for store in ["mysql", "dynamodb"] {
        let name = format!(
            "dal.shadow.operation.duration dal.entity=user dal.method=get dal.store={store}"
        );
        assert_eq!(recorded.get(&name), 0, "{name}");
    }
    for outcome in [
        "equal dal.detail=",
        "shed dal.detail=",
        "inconclusive dal.detail=transient",
        "inconclusive dal.detail=user_code_panicked",
    ] {
        let name =
            format!("dal.shadow.outcomes dal.entity=user dal.method=get dal.outcome={outcome}");
        assert_eq!(recorded.get(&name), 0, "{name}");
    }
}

#[tokio::test]
async fn metrics_move_with_what_happens() {
    let (harness, recorded) = measured(Phase::DynamoDbRead, |builder| {
        builder
            .shadow_reads(ShadowReads {
                timeout: Duration::from_millis(10),
                ..no_rereads()
            })
            .repairs(late_effect(Duration::from_mins(1)))
            .secondary_writes(SecondaryWrites {
                caller_timeout: Duration::from_millis(20),
                attempt_timeout: Duration::from_millis(100),
                retry: RetryPolicy {
                    max_attempts: 1,
                    ..RetryPolicy::default()
                },
                ..SecondaryWrites::default()
            })
    })
    .await;
    let (users, mysql, dynamodb) = stores(&harness);
    let read = |store| {
        format!("dal.shadow.operation.duration dal.entity=user dal.method=get dal.store={store}")
    };
    users.register("ann@x").await.unwrap();
    harness.flush();
    let incomplete = "dal.shadow.incomplete dal.entity=user dal.store=dynamodb";
    assert_eq!(recorded.get(incomplete), 1);
    let mark = harness.repairing("user").unwrap();
    assert!(harness.repaired(&mark).unwrap());
    users.get(1).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    harness.flush();
    let applied =
        "dal.shadow.secondary_writes dal.entity=user dal.method=register dal.result=applied";
    assert_eq!(recorded.get(applied), 1);
    assert_eq!(recorded.get("dal.shadow.phase dal.entity=user"), 3);
    assert_eq!(recorded.get(incomplete), 0);
    assert_eq!(
        (
            recorded.get(&read("mysql")),
            recorded.get(&read("dynamodb"))
        ),
        (1, 1)
    );

    // A write hangs: it is pending, and its record is fenced.
    dynamodb.fault(Fault::Hang);
    users.rename(1, "Ann").await.unwrap();
    users.get(1).await.unwrap();
    harness.flush();
    let pending = "dal.shadow.secondary_writes.pending dal.entity=user";
    assert_eq!(recorded.get(pending), 1);
    let late = "dal.shadow.secondary_writes.late dal.entity=user dal.method=rename";
    let fenced = "dal.shadow.reads.fenced dal.entity=user dal.method=get";
    assert_eq!((recorded.get(late), recorded.get(fenced)), (1, 1));

    // It fails, and its record is dirty until a transfer.
    tokio::time::sleep(Duration::from_millis(200)).await;
    harness.flush();
    let failed = "dal.shadow.secondary_writes dal.entity=user dal.method=rename dal.result=failed";
    let dirty = "dal.shadow.records.dirty dal.entity=user";
    let counts = [pending, failed, dirty].map(|name| recorded.get(name));
    assert_eq!(counts, [0, 1, 1]);

    // MySQL, the secondary for reads, returns nothing: the breaker opens.
    dynamodb.fault(Fault::None);
    mysql.fault(Fault::Hang);
    for _ in 0..12 {
        users.list(None, 1).await.unwrap_or_else(|_| unreachable!());
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    harness.flush();
    assert_eq!(recorded.get("dal.shadow.breaker.open dal.store=mysql"), 1);
    assert_eq!(
        recorded.get("dal.shadow.breaker.open dal.store=dynamodb"),
        0
    );
}

#[tokio::test]
async fn a_measurement_comes_by_itself_and_with_it_the_phase_and_epoch_of_a_step() {
    let (harness, recorded) = measured(Phase::DualWrite, |builder| builder).await;
    let _stores = stores(&harness);
    harness.step("user", Phase::ShadowRead).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(recorded.get("dal.shadow.phase dal.entity=user"), 2);
    assert_eq!(recorded.get("dal.shadow.epoch dal.entity=user"), 2);
}
