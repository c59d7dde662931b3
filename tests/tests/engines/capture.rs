//! Captures everything that dal's crates emit while a future runs: spans, events, metrics.

use std::fmt::{Debug, Write};
use std::future::Future;
use std::sync::{Arc, Mutex};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// One line for each span, event, recorded field and metric.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<String>>>);

impl Captured {
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// The first line that begins so.
    pub fn line(&self, start: &str) -> String {
        self.lines()
            .into_iter()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("no line begins with {start}: {:#?}", self.lines()))
    }

    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

/// Runs `test` on the runtime of the suite. Only what is emitted on the calling thread is captured,
/// where a future that is not spawned runs.
pub fn capture<T>(test: impl Future<Output = T>) -> (T, Captured) {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::registry().with(captured.clone());
    let answer = tracing::subscriber::with_default(subscriber, || {
        metrics::with_local_recorder(&captured, || dal_testkit::servers::runtime().block_on(test))
    });
    (answer, captured)
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

fn is_ours(target: &str) -> bool {
    target.starts_with("dal_")
}

impl<S: Subscriber> Layer<S> for Captured {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if is_ours(attributes.metadata().target()) {
            let mut fields = Fields(format!("span {}", attributes.metadata().name()));
            attributes.record(&mut fields);
            self.push(fields.0);
        }
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields("record".to_owned());
        values.record(&mut fields);
        self.push(fields.0);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if is_ours(event.metadata().target()) {
            let mut fields = Fields("event".to_owned());
            event.record(&mut fields);
            self.push(fields.0);
        }
    }
}

struct Named(Captured, String);

impl metrics::HistogramFn for Named {
    fn record(&self, value: f64) {
        self.0.push(format!("histogram {} value={value}", self.1));
    }
}

impl metrics::CounterFn for Named {
    fn increment(&self, value: u64) {
        self.0.push(format!("counter {} value={value}", self.1));
    }

    fn absolute(&self, value: u64) {
        self.increment(value);
    }
}

fn named(key: &Key) -> String {
    let mut text = key.name().to_owned();
    for label in key.labels() {
        write!(text, " {}={}", label.key(), label.value()).unwrap();
    }
    text
}

impl Recorder for Captured {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.push(format!("describe {} {unit:?}", name.as_str()));
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Named(self.clone(), named(key))))
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Named(self.clone(), named(key))))
    }
}
