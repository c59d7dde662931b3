//! Sequences that failed are kept as data, whatever types their arguments have.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::memory::{Defect, UserRepositoryOp, good, user_ops, with};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use dal_shadow::ops::Operation;
use dal_testkit::check::{Failure, FailureKind, Just, Strategy, check};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, thiserror::Error, dal_shadow::Classify)]
pub enum ArchiveError {
    #[error("no such thing")]
    #[classify(not_found)]
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Shape {
    Point,
    Circle(u128),
    Framed { inside: Option<Box<Shape>> },
}

#[dal_shadow::shadow(ops)]
#[async_trait]
pub trait ArchiveRepository: Send + Sync {
    #[shadow(write, replay, key = id)]
    #[expect(clippy::too_many_arguments, reason = "one of each type")]
    async fn put(
        &self,
        timeout: Duration,
        price: Decimal,
        address: IpAddr,
        digest: [u8; 4],
        at: DateTime<Utc>,
        local: OffsetDateTime,
        id: Uuid,
        shape: &Shape,
        name: Option<&str>,
        sizes: &[u128],
        ratio: f64,
        shapes: &BTreeMap<(u8, char), Vec<Shape>>,
    ) -> Result<String, ArchiveError>;
}

/// Answers with what it got; a wrong one says something else.
struct Archive {
    wrong: bool,
}

#[async_trait]
impl ArchiveRepository for Archive {
    async fn put(
        &self,
        timeout: Duration,
        price: Decimal,
        address: IpAddr,
        digest: [u8; 4],
        at: DateTime<Utc>,
        local: OffsetDateTime,
        id: Uuid,
        shape: &Shape,
        name: Option<&str>,
        sizes: &[u128],
        ratio: f64,
        shapes: &BTreeMap<(u8, char), Vec<Shape>>,
    ) -> Result<String, ArchiveError> {
        let got = format!(
            "{timeout:?} {price:?} {address:?} {digest:?} {at:?} {local:?} {id:?} {shape:?} {name:?} {sizes:?} {ratio:?} {shapes:?}"
        );
        Ok(if self.wrong { String::new() } else { got })
    }
}

fn archive(wrong: bool) -> impl Fn() -> Ready<Arc<Archive>> + Send + Sync {
    move || ready(Arc::new(Archive { wrong }))
}

fn archive_ops() -> impl Strategy<Value = ArchiveRepositoryOp> {
    let framed = Shape::Framed {
        inside: Some(Box::new(Shape::Circle(u128::MAX))),
    };
    ArchiveRepositoryArgs {
        timeout: Just(Duration::new(3, 5)),
        price: Just("19.990".parse().unwrap()),
        address: Just("2001:db8::1".parse().unwrap()),
        digest: Just([0, 1, 2, 255]),
        at: Just("2026-01-02T03:04:05.678901234Z".parse().unwrap()),
        local: Just(time::macros::datetime!(2026-01-02 3:04:05.678901234 +2)),
        id: Just("67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap()),
        shape: Just(framed.clone()),
        name: Just(Some("\"ann\"".to_owned())),
        sizes: Just(vec![0, u128::MAX]),
        ratio: Just(f64::NAN),
        shapes: Just(BTreeMap::from([((1, 'é'), vec![Shape::Point, framed])])),
    }
    .ops()
}

#[test]
fn arguments_of_every_usual_type_come_back_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inc/archive.regressions.json");
    let failure = check(archive_ops(), archive(false), archive(true))
        .regressions(&file)
        .try_run()
        .unwrap_err();
    assert!(failure.kept.contains("appended to"), "{failure}");
    let again = check(archive_ops(), archive(false), archive(true))
        .sequences(0)
        .regressions(&file)
        .try_run()
        .unwrap_err();
    assert!(again.summary.contains("regression 1"), "{again}");
    assert_eq!(again.steps.len(), 1);
    assert_eq!(format!("{:?}", again.steps), format!("{:?}", failure.steps));
    check(archive_ops(), archive(false), archive(false))
        .sequences(0)
        .regressions(&file)
        .run();
}

/// Neither `Serialize` nor `Deserialize`.
#[derive(Clone, Debug)]
pub struct Note(pub String);

#[dal_shadow::shadow(ops)]
#[async_trait]
pub trait NoteRepository: Send + Sync {
    #[shadow(write, replay, key = number)]
    async fn write(&self, notes: &[Note], number: u8) -> Result<u8, ArchiveError>;
}

#[async_trait]
impl NoteRepository for Archive {
    async fn write(&self, _notes: &[Note], number: u8) -> Result<u8, ArchiveError> {
        Ok(if self.wrong { 0 } else { number })
    }
}

#[test]
fn an_argument_without_serde_is_shown_and_the_failure_says_what_to_derive() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.json");
    let calls = NoteRepositoryArgs {
        notes: Just(vec![Note("a".to_owned())]),
        number: Just(1),
    };
    let failure = check(calls.ops(), archive(false), archive(true))
        .regressions(&file)
        .try_run()
        .unwrap_err();
    let text = failure.to_string();
    assert!(
        text.contains("Write { notes: [Note(\"a\")], number: 1 }"),
        "{text}"
    );
    assert!(
        text.contains("argument `notes` of `write`: `alloc::vec::Vec<check::regressions::Note>` does not implement `Serialize` and `Deserialize`: put `#[derive(Serialize, Deserialize)]` on it"),
        "{text}"
    );
    assert!(!file.exists());
}

/// A file of regressions with this text.
pub fn file_with(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// A file of regressions with these calls as its only sequence.
pub fn file_of<O: Operation>(calls: &[O]) -> NamedTempFile {
    let calls = calls.iter().map(|call| call.to_data().unwrap());
    file_with(&serde_json::json!([calls.collect::<Vec<_>>()]).to_string())
}

fn guard_stays(file: &Path) -> Box<Failure<UserRepositoryOp>> {
    check(user_ops(), good, with(Defect::GuardStays))
        .sequences(300)
        .seed(1)
        .regressions(file)
        .try_run()
        .unwrap_err()
}

#[test]
fn a_failure_is_appended_once_and_runs_first_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.json");
    let failure = guard_stays(&file);
    assert!(failure.summary.contains("seed 1"), "{failure}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text, failure.regression().unwrap());
    let again = guard_stays(&file);
    assert!(again.summary.contains("regression 1"), "{again}");
    assert_eq!(again.steps.len(), failure.steps.len());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    check(user_ops(), good, with(Defect::None))
        .sequences(0)
        .regressions(&file)
        .run();
    // Another defect: a second sequence.
    let other = check(user_ops(), good, with(Defect::MissingGuard))
        .sequences(300)
        .regressions(&file)
        .try_run()
        .unwrap_err();
    assert!(other.kept.contains("appended to"), "{other}");
    let both: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(both.as_array().unwrap().len(), 2);
}

#[test]
fn stores_that_are_not_fresh_add_nothing_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.json");
    let failure = check(user_ops(), good, with(Defect::None))
        .sequences(3)
        .floor("rename", 100_000)
        .regressions(&file)
        .try_run()
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Floor);
    assert!(!file.exists());
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_line_and_what_to_do() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let refusal = |text: &str| {
        std::fs::write(file.path(), text).unwrap();
        let failure = check(user_ops(), good, with(Defect::None))
            .sequences(1)
            .regressions(file.path())
            .try_run()
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Setup, "{failure}");
        failure.summary
    };
    let renamed =
        refusal("[\n  [\n    {\"get\": {\"id\": 0}},\n    {\"renam\": {\"id\": 0}}\n  ]\n]\n");
    assert!(
        renamed.contains("line 4: `UserRepository` has no `renam`; it has `register`, `rename`"),
        "{renamed}"
    );
    assert!(renamed.contains("or delete the sequence"), "{renamed}");
    for (text, wanted) in [
        (
            "[[{\"get\": {}}]]",
            "line 1: `get` has no argument `id` here",
        ),
        (
            "[\n[],\n[{\"get\": {\"id\": 0, \"x\": 1}}]]",
            "line 3: `get` takes no argument `x`",
        ),
        ("[[\n\n{\"to\": \"dual\"}]]", "line 3: `dual` is"),
        (
            "[[{\"get\": {\"id\": \"a\"}}]]",
            "argument `id` of `get`: invalid type: string \"a\"",
        ),
        ("[\n7]", "line 2: a sequence is a list of steps"),
        (
            "[\n[}\n",
            "line 2: the file is not a JSON list of sequences",
        ),
        ("{}", "line 1: the file is not a JSON list of sequences"),
    ] {
        let refused = refusal(text);
        assert!(refused.contains(wanted), "{refused}");
    }
    std::fs::write(file.path(), "").unwrap();
    check(user_ops(), good, with(Defect::None))
        .sequences(1)
        .regressions(file.path())
        .run();
}

#[test]
fn a_check_by_itself_leaves_changes_of_the_phase_out() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        file.path(),
        "[[{\"to\": \"dynamodb-leads\"}, {\"get\": {\"id\": 0}}]]",
    )
    .unwrap();
    let statistics = check(user_ops(), good, with(Defect::None))
        .sequences(0)
        .regressions(file.path())
        .try_run()
        .unwrap();
    assert_eq!(statistics.calls_of("get"), 1);
    assert_eq!(statistics.sequences, 1);
}

/// Runs by itself only as the child of the next test.
#[test]
fn writes_where_the_variable_says() {
    let Ok(file) = std::env::var("DAL_TEST_REGRESSIONS_FILE") else {
        return;
    };
    let failure = guard_stays(Path::new(&file));
    eprintln!("{failure}");
}

#[test]
fn the_file_is_left_alone_when_the_environment_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.json");
    let run = |value: &str| {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "regressions::writes_where_the_variable_says",
                "--nocapture",
            ])
            .env("DAL_TEST_REGRESSIONS_FILE", &file)
            .env("DAL_CHECK_REGRESSIONS", value)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let text = run("read-only");
    assert!(text.contains("add it to the list in"), "{text}");
    assert!(!file.exists());
    let text = run("never");
    assert!(
        text.contains("`never` is neither `append` nor `read-only`"),
        "{text}"
    );
    let text = run("append");
    assert!(text.contains("appended to"), "{text}");
    assert!(file.exists());
}
