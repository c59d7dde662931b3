//! No value leaves the process unless its field is allowed: secrets are planted everywhere, and the
//! output of every sink is searched for them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use dal_shadow::answer::Answer;
use dal_shadow::compare::compare;
use dal_shadow::record::{Finding, Record, Recorder};
use dal_shadow::redact::Redaction;
use dal_shadow::rules::Rules;
use dal_shadow::sink::{FileLimits, JsonLinesSink, MetricsSink, RingSink, Sink, TracingSink};
use dal_traits::{Class, ErrorKind};
use metrics::{Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use serde::{Serialize, Serializer};

/// Every planted secret contains one of these, in letters or in digits.
const SECRETS: [&str; 4] = ["sesame", "Sesame", "8675309", "736573616d65"];

#[derive(Serialize)]
struct Email(String);

#[derive(Serialize)]
#[expect(clippy::enum_variant_names, reason = "the names are planted secrets")]
enum Card {
    SesameVisa { number: String },
    SesameNone,
    SesamePair(String, u64),
}

#[derive(Serialize)]
struct Blob(#[serde(serialize_with = "bytes")] Vec<u8>);

fn bytes<S: Serializer>(value: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(value)
}

#[derive(Serialize)]
#[expect(clippy::option_option, reason = "a tree keeps both levels")]
struct Account {
    name: String,
    email: Email,
    number: u64,
    balance: f64,
    nested: Option<Option<String>>,
    cards: Vec<Card>,
    notes: BTreeMap<String, String>,
    inner: BTreeMap<String, BTreeMap<String, Card>>,
    blob: Blob,
}

fn account(which: u64) -> Account {
    let secret = |text: &str| format!("sesame {text} {which}");
    let card = || Card::SesameVisa {
        number: secret("number"),
    };
    Account {
        name: secret("name"),
        email: Email(secret("email")),
        number: 8_675_309_000 + which,
        balance: 8_675_309.25 + f64::from(u32::try_from(which).unwrap()),
        nested: Some(Some(secret("nested"))),
        cards: vec![
            card(),
            Card::SesamePair(secret("pair"), 8_675_309 + which),
            Card::SesameNone,
        ],
        notes: BTreeMap::from([
            (secret("key"), secret("value")),
            ("sesame both".into(), secret("x")),
        ]),
        inner: BTreeMap::from([(
            "sesame outer".into(),
            BTreeMap::from([("sesame inner".into(), card())]),
        )]),
        blob: Blob(format!("sesame{which}").into_bytes()),
    }
}

fn finding(first: &Answer, second: &Answer, verdict: &dal_shadow::compare::Verdict) -> Finding {
    Finding {
        entity: "account",
        method: "get",
        phase: "shadow-read",
        epoch: Some(3),
        answered_by: "mysql",
        key_hash: Some(8_675_309),
        outcome: verdict.outcome.clone(),
        differences: verdict.differences.clone(),
        answers: Some((first.clone(), second.clone())),
        correlation_id: "abc".into(),
        at: SystemTime::UNIX_EPOCH,
    }
}

struct Refuses;

impl Serialize for Refuses {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("sesame cannot be serialized"))
    }
}

/// Everything that can go wrong between two answers, secrets in all of it.
fn pairs() -> Vec<(Answer, Answer)> {
    let value = |which| Answer::value(&account(which));
    let error = |kind, code: &str| {
        let class = Class::new(kind)
            .code(code.to_owned())
            .constraint("sesame constraint".to_owned());
        Answer::error(class, &"duplicate entry 'sesame 8675309'")
    };
    let list = |which| Answer::value(&(0..40_u64).map(|n| account(n * which)).collect::<Vec<_>>());
    vec![
        (value(1), value(2)),
        (list(1), list(2)),
        (value(1), Answer::value(&None::<Account>)),
        (
            error(ErrorKind::UniqueViolation, "sesame a"),
            error(ErrorKind::UniqueViolation, "sesame b"),
        ),
        (error(ErrorKind::NotFound, "sesame"), value(1)),
        (value(1), error(ErrorKind::Unexpected, "sesame")),
        (value(1), Answer::value(&Refuses)),
        (Answer::value(&"sesame"), Answer::value(&8_675_309)),
        (
            Answer::value(&Card::SesameNone),
            Answer::value(&Card::SesamePair("sesame".into(), 8_675_309)),
        ),
    ]
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    fn add(&self, text: &str) {
        self.0.lock().unwrap().extend_from_slice(text.as_bytes());
    }

    fn read(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Ignored;

impl CounterFn for Ignored {
    fn increment(&self, _: u64) {}
    fn absolute(&self, _: u64) {}
}

/// Writes down every name and label of a metric.
impl metrics::Recorder for Text {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.add(&format!("{key}\n"));
        Counter::from_arc(Arc::new(Ignored))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.add(&format!("{key}\n"));
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.add(&format!("{key}\n"));
        Histogram::noop()
    }
}

/// Gives all pairs to every sink; the output of each.
fn outputs(redaction: Redaction) -> Vec<(&'static str, String)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let (events, metered) = (Text::default(), Text::default());
    let ring = RingSink::new(100);
    let file = JsonLinesSink::open(&path, FileLimits::default()).unwrap();
    let recorder = Recorder::new(redaction);
    let mut debug = String::new();
    let give = |sink: &dyn Sink, record: &Record, finding: &Finding| {
        sink.count(record.entity, record.method, &record.outcome, 1);
        assert!(!sink.wants_values(), "a sink gets values only when it asks");
        sink.record_unredacted(record, finding);
        sink.repeated(&recorder.repetition(finding));
    };
    for (first, second) in pairs() {
        let verdict = compare(&first, &second, &Rules::none());
        assert!(!verdict.is_equal());
        let finding = finding(&first, &second, &verdict);
        let record = recorder.record(&finding);
        give(&ring, &record, &finding);
        give(&file, &record, &finding);
        metrics::with_local_recorder(&metered, || give(&MetricsSink, &record, &finding));
        let writer = events.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || give(&TracingSink, &record, &finding));
        writeln!(debug, "{record:?}").unwrap();
    }
    file.flush();
    assert_eq!((file.dropped(), file.failed()), (0, 0));
    assert!(ring.raw().is_empty());
    assert_eq!(ring.records().len(), pairs().len());
    vec![
        ("events", events.read()),
        ("metrics", metered.read()),
        ("file", std::fs::read_to_string(&path).unwrap()),
        (
            "ring",
            format!(
                "{:?} {}",
                ring.records(),
                serde_json::to_string(&ring.records()).unwrap()
            ),
        ),
        ("sinks", format!("{ring:?} {file:?} {recorder:?}")),
        ("records", debug),
    ]
}

#[test]
fn no_sink_shows_a_value_a_key_or_an_error_text() {
    for (sink, output) in outputs(Redaction::new()) {
        assert!(output.len() > 100, "{sink} wrote nothing");
        for secret in SECRETS {
            assert!(!output.contains(secret), "{sink} shows {secret}: {output}");
        }
    }
}

#[test]
fn what_the_program_fixes_is_shown() {
    let all = outputs(Redaction::new());
    let file = &all.iter().find(|(sink, _)| *sink == "file").unwrap().1;
    for word in [
        "\"account\"",
        "cards[0].<variant>.number",
        "unique_violation",
        "<text of 13 #",
        "<int #",
    ] {
        assert!(file.contains(word), "{word} is missing in {file}");
    }
}

#[test]
fn an_allowed_field_is_shown_for_its_entity_only() {
    let of = |entity| Redaction::new().allow(entity, "Account.name").unwrap();
    for (entity, shown) in [("account", true), ("order", false)] {
        for (sink, output) in outputs(of(entity)) {
            let holds_values = !matches!(sink, "metrics" | "events");
            assert!(shown || !output.contains("sesame name"), "{sink}");
            assert!(
                !shown || !holds_values || output.contains("sesame name"),
                "{sink}"
            );
            for other in [
                "sesame email",
                "sesame key",
                "sesame value",
                "sesame number",
                "8675309",
            ] {
                assert!(!output.contains(other), "{sink} shows {other}");
            }
        }
    }
    let text = Redaction::new().allow("account", "Error.text").unwrap();
    assert!(
        outputs(text)
            .iter()
            .any(|(_, output)| output.contains("duplicate entry"))
    );
}

#[test]
fn an_allowed_id_stands_beside_each_differing_place_of_its_record() {
    #[derive(Serialize)]
    struct Row {
        id: u64,
        name: &'static str,
    }
    let answer = |name| {
        let row = |id, name| Row { id, name };
        Answer::value(&[row(7, "ann"), row(8, name)])
    };
    let (first, second) = (answer("bob"), answer("sesame"));
    let verdict = compare(&first, &second, &Rules::none());
    let allowed = Redaction::new().allow("account", "Row.id").unwrap();
    let record = Recorder::new(allowed).record(&finding(&first, &second, &verdict));
    assert_eq!(record.differences[0].path, "[1].name");
    assert_eq!(record.differences[0].beside, ["[1].id: 8"]);
    let record = Recorder::default().record(&finding(&first, &second, &verdict));
    assert!(record.differences[0].beside.is_empty());
}

#[test]
fn equal_values_have_equal_marks_in_one_process_and_different_ones_under_another_key() {
    let (first, second) = (
        Answer::value(&["sesame", "a"]),
        Answer::value(&["sesame", "b"]),
    );
    let verdict = compare(&first, &second, &Rules::none());
    let finding = finding(&first, &second, &verdict);
    let recorder = Recorder::new(Redaction::new());
    let (one, again) = (recorder.record(&finding), recorder.record(&finding));
    let other = Recorder::new(Redaction::new()).record(&finding);
    assert_eq!(one.differences, again.differences);
    assert_eq!(one.key_hash, again.key_hash);
    assert_ne!(one.differences, other.differences);
    assert_ne!(one.key_hash, other.key_hash);
    assert_ne!(one.key_hash, finding.key_hash);
    // The fingerprint holds nothing of the values: it is the same everywhere.
    assert_eq!(one.fingerprint, other.fingerprint);
    assert_eq!(
        one.differences[0].primary.as_ref().map(String::len),
        one.differences[0].secondary.as_ref().map(String::len)
    );
    assert_ne!(one.differences[0].primary, one.differences[0].secondary);
}
