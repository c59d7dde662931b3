//! Records are counted, told apart and kept within bounds.

use std::time::{Duration, SystemTime};

use dal_shadow::answer::Answer;
use dal_shadow::compare::{Verdict, compare};
use dal_shadow::diff;
use dal_shadow::record::{Finding, Recorder};
use dal_shadow::rules::Rules;
use dal_shadow::sink::{FileLimits, JsonLinesSink, RingSink, Sink};
use dal_traits::{Class, ErrorKind};
use serde::Serialize;

#[derive(Clone, Serialize)]
struct Row {
    id: u64,
    name: String,
}

fn rows(ids: &[u64]) -> Answer {
    let row = |id: &u64| Row {
        id: *id,
        name: "n".into(),
    };
    Answer::value(&ids.iter().map(row).collect::<Vec<_>>())
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn finding(
    method: &'static str,
    answers: (&Answer, &Answer),
    verdict: &Verdict,
    seconds: u64,
) -> Finding {
    Finding {
        entity: "row",
        method,
        phase: "shadow-read",
        epoch: None,
        answered_by: "mysql",
        key_hash: None,
        outcome: verdict.outcome.clone(),
        differences: verdict.differences.clone(),
        answers: Some((answers.0.clone(), answers.1.clone())),
        correlation_id: "c".into(),
        at: at(seconds),
    }
}

fn verdict(first: &Answer, second: &Answer) -> Verdict {
    compare(first, second, &Rules::none())
}

#[test]
fn the_same_defect_on_other_records_is_the_same_finding_with_count_and_times() {
    let recorder = Recorder::default();
    let record = |first: &[u64], second: &[u64], method, seconds| {
        let (first, second) = (rows(first), rows(second));
        let verdict = verdict(&first, &second);
        recorder.record(&finding(method, (&first, &second), &verdict, seconds))
    };
    let one = record(&[1, 2], &[1, 3], "list", 10);
    let again = record(&[7, 8, 9], &[7, 8, 4], "list", 20);
    assert_eq!(one.fingerprint, again.fingerprint);
    let seen = again.seen;
    assert_eq!((seen.count, seen.first, seen.last), (2, at(10), at(20)));
    let elsewhere = record(&[1, 2], &[1, 3], "get", 30);
    assert_ne!(elsewhere.fingerprint, one.fingerprint);
    assert_eq!(elsewhere.seen.count, 1);
    let shorter = record(&[1, 2], &[1], "list", 30);
    assert_ne!(shorter.fingerprint, one.fingerprint);
}

#[test]
fn errors_of_another_kind_or_code_are_another_finding() {
    let recorder = Recorder::default();
    let print = |code: &'static str| {
        let first = Answer::value(&1);
        let class = Class::new(ErrorKind::UniqueViolation).code(code);
        let second = Answer::error(class, &code);
        let verdict = verdict(&first, &second);
        recorder
            .record(&finding("get", (&first, &second), &verdict, 1))
            .fingerprint
    };
    assert_ne!(print("A"), print("B"));
    assert_eq!(print("A"), print("A"));
}

#[test]
fn the_ring_keeps_the_latest_findings_once_each() {
    let (recorder, ring) = (Recorder::default(), RingSink::new(2));
    let (first, second) = (rows(&[1]), rows(&[2]));
    let verdict = verdict(&first, &second);
    for (second_of, method) in ["a", "b", "a", "c"].into_iter().enumerate() {
        let seconds = u64::try_from(second_of).unwrap();
        let finding = finding(method, (&first, &second), &verdict, seconds);
        ring.record(&recorder.record(&finding));
    }
    let kept: Vec<_> = ring
        .records()
        .iter()
        .map(|r| (r.method, r.seen.count))
        .collect();
    assert_eq!(kept, [("a", 2), ("c", 1)]);
    assert!(ring.raw().is_empty());
}

#[test]
fn an_unredacted_ring_keeps_every_finding_with_its_values() {
    let (recorder, ring) = (Recorder::default(), RingSink::new(10).unredacted());
    let (first, second) = (rows(&[1]), rows(&[2]));
    let verdict = verdict(&first, &second);
    for _ in 0..3 {
        let finding = finding("a", (&first, &second), &verdict, 1);
        ring.record_unredacted(&recorder.record(&finding), &finding);
    }
    let raw = ring.raw();
    assert_eq!(raw.len(), 3);
    assert_eq!(raw[0].differences, verdict.differences);
    ring.clear();
    assert!(ring.raw().is_empty() && ring.records().is_empty());
}

#[test]
fn the_file_is_put_aside_at_its_size_and_only_so_many_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let limits = FileLimits {
        bytes: 2000,
        files: 2,
        lines: 1000,
    };
    let sink = JsonLinesSink::open(&path, limits).unwrap();
    let (first, second) = (rows(&[1]), rows(&[2]));
    let verdict = verdict(&first, &second);
    for seconds in 0..40 {
        // A recorder of its own each time: always the first of its finding.
        sink.record(&Recorder::default().record(&finding(
            "a",
            (&first, &second),
            &verdict,
            seconds,
        )));
    }
    sink.flush();
    assert_eq!((sink.dropped(), sink.failed()), (0, 0));
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["records.jsonl", "records.jsonl.1", "records.jsonl.2"]
    );
    let mut last = 0;
    for name in names.iter().rev() {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(text.len() <= 2000, "{name} has {} bytes", text.len());
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let seen = record["last_seen_ms"].as_u64().unwrap();
            assert!(seen >= last, "lines are in order through the files");
            last = seen;
        }
    }
    assert_eq!(last, 39_000, "the latest record is there");
}

#[test]
fn a_disk_that_cannot_keep_up_costs_lines_and_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let limits = FileLimits {
        lines: 1,
        ..FileLimits::default()
    };
    let sink = JsonLinesSink::open(folder.path().join("r.jsonl"), limits).unwrap();
    let (first, second) = (rows(&[1]), rows(&[2]));
    let verdict = verdict(&first, &second);
    let record = Recorder::default().record(&finding("a", (&first, &second), &verdict, 1));
    for _ in 0..2000 {
        sink.record(&record);
    }
    sink.flush();
    let written = std::fs::read_to_string(folder.path().join("r.jsonl")).unwrap();
    let written = u64::try_from(written.lines().count()).unwrap();
    assert_eq!(
        written + sink.dropped(),
        2000,
        "every line is written or counted"
    );
    assert!(sink.dropped() > 0);
}

#[test]
fn the_diff_for_people_marks_the_lines_that_differ() {
    let (first, second) = (rows(&[1]), rows(&[2]));
    let text = diff::render(&first, &second);
    assert!(text.contains("-            id: 1,"), "{text}");
    assert!(text.contains("+            id: 2,"), "{text}");
    assert_eq!(diff::render(&first, &first), "");
}

#[test]
fn a_diff_is_bounded_in_lines() {
    let (first, second): (Vec<u64>, Vec<u64>) = ((0..5000).collect(), (5000..10000).collect());
    let text = diff::render(&rows(&first), &rows(&second));
    assert!(text.lines().count() <= 201);
}
