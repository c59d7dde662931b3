//! What is secret in values, keys and texts of errors reaches nothing that leaves the process.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::log::Captured;
use crate::settings::{late_effect, no_rereads};
use crate::users::{Fault, Memory, RepoError, ShadowUserRepository, UserRepository};
use dal_shadow::record::{CallOutcome, Finding, Record, Repetition};
use dal_shadow::sink::{
    FileLimits, JsonLinesSink, Measurement, MetricsSink, RingSink, Sink, TracingSink,
};
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Phase, Redaction, SecondaryWrites};

const SECRET: &str = "s3cret";

/// Sinks have a thread of their own, and the subscriber of a test is its own thread's.
struct Here(TracingSink, tracing::Dispatch);

impl Sink for Here {
    fn record(&self, record: &Record) {
        tracing::dispatcher::with_default(&self.1, || self.0.record(record));
    }
}

/// Differences, refusals, losses and panics with a secret in each; everything that was written.
async fn written(redaction: Redaction) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("differences.jsonl");
    let ring = RingSink::new(100);
    let harness = Harness::builder(Fixed::new(Phase::ShadowRead))
        .best_effort_writes()
        .stores_hold_the_same()
        .shadow_reads(no_rereads())
        .repairs(late_effect(Duration::from_millis(100)))
        .secondary_writes(SecondaryWrites {
            queued: 2,
            in_flight: 1,
            ..SecondaryWrites::default()
        })
        .redaction(redaction)
        .sink(ring.clone())
        .sink(Here(
            TracingSink,
            tracing::dispatcher::get_default(Clone::clone),
        ))
        .sink(MetricsSink)
        .sink(JsonLinesSink::open(&file, FileLimits::default()).unwrap())
        .start()
        .await
        .unwrap();
    let (mysql, dynamodb) = (Memory::new("mysql"), Memory::new("dynamodb"));
    let users = ShadowUserRepository::new(mysql, Arc::clone(&dynamodb), harness.clone());
    let email = format!("{SECRET}@x");
    let user = users.register(&email).await.unwrap();
    users.rename(user.id, SECRET).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);

    dynamodb.fault(Fault::Garbage);
    users.get(user.id).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    dynamodb.fault(Fault::None);
    // The other store refuses, with the value in its text; then it lacks what the first one has.
    dynamodb.users.lock().unwrap().clear();
    users.get(user.id).await.unwrap();
    dynamodb.register(&format!("two-{SECRET}")).await.unwrap();
    users.register(&format!("two-{SECRET}")).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    let taken = users.register(&email).await;
    assert!(matches!(taken, Err(RepoError::Taken(_))));
    dynamodb.fault(Fault::Panic);
    users.get(user.id).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    dynamodb.fault(Fault::Slow(Duration::from_millis(20)));
    for number in 0..9 {
        users.register(&format!("{SECRET}{number}")).await.unwrap();
    }
    assert!(harness.drain(Duration::from_secs(5)).await);
    harness.flush();
    let report = harness.report();
    let total = report.total();
    assert!(
        total.counts.different >= 3 && report.methods().any(|m| m.secondary_writes.transferred > 0),
        "{total:?}"
    );
    let lines = std::fs::read_to_string(&file).unwrap();
    assert!(lines.lines().count() >= 3);
    format!(
        "{lines}\n{:?}\n{report:?}\n{}",
        ring.records(),
        serde_json::to_string(&report).unwrap()
    )
}

#[tokio::test]
async fn planted_secrets_reach_no_sink_no_event_and_no_report_unless_they_are_allowed() {
    let (events, guard) = Captured::from(tracing::Level::TRACE);
    let text = written(Redaction::new()).await;
    drop(guard);
    let events = events.text();
    assert!(events.contains("the secondary returned another value than the primary"));
    for (what, text) in [("sinks and report", &text), ("events", &events)] {
        assert!(!text.contains(SECRET), "{what}: {text}");
    }

    let allowed = Redaction::new().allow("user", "name").unwrap();
    let text = written(allowed).await;
    assert!(text.contains(SECRET));
    assert!(!text.contains(&format!("{SECRET}@x")), "{text}");
}

/// Keeps everything that it is given, as text. It would take values, and may not say that it wants
/// them.
#[derive(Clone, Default)]
struct Greedy {
    wants: bool,
    given: Arc<Mutex<Vec<String>>>,
}

impl Greedy {
    fn keep(&self, given: &impl std::fmt::Debug) {
        self.given.lock().unwrap().push(format!("{given:?}"));
    }
}

impl Sink for Greedy {
    fn count(&self, entity: &'static str, method: &'static str, outcome: &CallOutcome, _: u64) {
        self.keep(&(entity, method, outcome));
    }

    fn measured(&self, now: &[Measurement]) {
        self.keep(&now);
    }

    fn record(&self, record: &Record) {
        self.keep(record);
    }

    fn repeated(&self, again: &Repetition) {
        self.keep(again);
    }

    fn wants_values(&self) -> bool {
        self.wants
    }

    fn record_unredacted(&self, _: &Record, finding: &Finding) {
        self.keep(finding);
    }
}

#[tokio::test]
async fn a_sink_gets_values_only_when_it_says_that_it_wants_them() {
    for wants in [false, true] {
        let greedy = Greedy {
            wants,
            ..Greedy::default()
        };
        let harness = Harness::builder(Fixed::new(Phase::ShadowRead))
            .best_effort_writes()
            .stores_hold_the_same()
            .shadow_reads(no_rereads())
            .sink(greedy.clone())
            .start()
            .await
            .unwrap();
        let (mysql, dynamodb) = (Memory::new("mysql"), Memory::new("dynamodb"));
        let users = ShadowUserRepository::new(mysql, Arc::clone(&dynamodb), harness.clone());
        let user = users.register(&format!("{SECRET}@x")).await.unwrap();
        assert!(harness.drain(Duration::from_secs(5)).await);
        dynamodb.fault(Fault::Garbage);
        for _ in 0..3 {
            users.get(user.id).await.unwrap();
            assert!(harness.drain(Duration::from_secs(5)).await);
        }
        harness.flush();
        let given = greedy.given.lock().unwrap().join("\n");
        assert!(given.contains("Different"), "{given}");
        assert_eq!(given.contains(SECRET), wants, "{given}");
    }
}
