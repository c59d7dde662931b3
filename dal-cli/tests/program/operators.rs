//! `dal phase` and `dal differences` as an operator uses them, on the built program.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn dal(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dal"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn a_phase_file_is_checked_against_what_is_in_force() {
    let wanted = r#"{"user": "shadow-read@5", "order": "dynamodb-read", "cart": "dual-write",
        "*": "mysql-only"}"#;
    let in_force = r#"{"user": "dual-write", "order": "dual-write", "cart": "shadow-read",
        "*": "mysql-only"}"#;
    let folder = folder_with(&[("phases.json", wanted), ("phases.last.json", in_force)]);
    let alone = dal(folder.path(), &["phase", "check", "phases.json"]);
    assert_eq!(alone.status.code(), Some(0), "{alone:?}");

    let check = [
        "phase",
        "check",
        "phases.json",
        "--in-force",
        "phases.last.json",
    ];
    let human = dal(folder.path(), &check);
    assert_eq!(human.status.code(), Some(1), "{human:?}");
    let text = out(&human);
    for part in [
        "phases.json is valid",
        "5 % of the reads; a step forward from dual-write",
        "REFUSED: dual-write is in force",
        "a step back from shadow-read",
        "no step",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    let json = dal(folder.path(), &[&check[..], &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&out(&json)).unwrap();
    let entities = report["entities"].as_array().unwrap().iter();
    let steps: Vec<_> = entities.map(|e| (&e["entity"], &e["step"])).collect();
    assert_eq!(
        steps,
        [
            (&json!("*"), &json!("none")),
            (&json!("cart"), &json!("back")),
            (&json!("order"), &json!("refused")),
            (&json!("user"), &json!("forward"))
        ]
    );
}

#[test]
fn a_setting_that_forces_its_step_says_so() {
    let folder = folder_with(&[
        (
            "phases.json",
            r#"{"user": "dynamodb-read@5!", "order": "shadow-read"}"#,
        ),
        (
            "phases.last.json",
            r#"{"user": "shadow-read", "order": "dual-write"}"#,
        ),
    ]);
    let alone = dal(folder.path(), &["phase", "check", "phases.json"]);
    assert_eq!(alone.status.code(), Some(0), "{alone:?}");
    let text = out(&alone);
    assert!(text.contains("5 % of the reads; FORCES the step"), "{text}");
    let arguments = "phase check phases.json --in-force phases.last.json";
    let arguments: Vec<_> = arguments.split(' ').collect();
    let human = dal(folder.path(), &arguments);
    assert_eq!(human.status.code(), Some(0), "{human:?}");
    let text = out(&human);
    assert_eq!(text.matches("FORCED").count(), 1, "{text}");
    let json = dal(
        folder.path(),
        &[&arguments[..], &["--format", "json"]].concat(),
    );
    let report: Value = serde_json::from_str(&out(&json)).unwrap();
    let entities = report["entities"].as_array().unwrap().iter();
    let forced: Vec<_> = entities
        .map(|entity| (&entity["entity"], &entity["forced"]))
        .collect();
    assert_eq!(
        forced,
        [
            (&json!("order"), &json!(false)),
            (&json!("user"), &json!(true))
        ]
    );
}

#[test]
fn an_entity_that_the_file_does_not_name_stays_as_it_is() {
    let folder = folder_with(&[
        ("phases.json", r#"{"user": "dual-write"}"#),
        (
            "phases.last.json",
            r#"{"user": "dual-write", "book": "shadow-read"}"#,
        ),
    ]);
    let arguments = "phase check phases.json --in-force phases.last.json";
    let arguments: Vec<_> = arguments.split(' ').collect();
    let check = dal(folder.path(), &arguments);
    assert_eq!(check.status.code(), Some(0), "{check:?}");
    let text = out(&check);
    let note = "not named in the file: shadow-read stays in force";
    assert!(text.contains(note), "{text}");
}

#[test]
fn an_entity_that_is_named_twice_is_refused() {
    let folder = folder_with(&[(
        "phases.json",
        r#"{"user": "mysql-only", "user": "dynamodb-only"}"#,
    )]);
    let check = dal(folder.path(), &["phase", "check", "phases.json"]);
    assert_eq!(check.status.code(), Some(1));
    assert!(out(&check).contains("`user` is named twice"), "{check:?}");
    let none = dal(folder.path(), &["phase", "check", "none.json"]);
    assert_eq!(none.status.code(), Some(2));
}

fn line(fingerprint: &str, shape: &str, count: u64, first: u64, last: u64) -> String {
    json!({
        "entity": "user", "method": "get", "phase": "shadow-read", "epoch": null,
        "answered_by": "mysql", "key_hash": null, "outcome": "different", "detail": null,
        "differences": [{"path": shape, "shape": shape, "primary": "…", "secondary": "…"}],
        "diff": "", "fingerprint": fingerprint, "count": count,
        "first_seen_ms": first, "last_seen_ms": last, "correlation_id": "",
    })
    .to_string()
}

#[test]
fn differences_are_counted_by_defect_over_processes_and_a_torn_last_line_is_said() {
    // One process counted to 8 in two files, another one to 2.
    let aside = [
        line("aa", "email", 1, 1_000, 1_000),
        line("aa", "email", 4, 1_000, 2_000),
    ];
    let now = [
        line("aa", "email", 8, 1_000, 3_000),
        line("bb", "items[].name", 1, 5_000, 5_000),
        line("aa", "email", 2, 9_000, 9_500),
        line("aa", "email", 4, 9_000, 9_900)[..40].to_owned(),
    ];
    let folder = folder_with(&[
        ("differences.jsonl", &now.join("\n")),
        ("differences.jsonl.1", &(aside.join("\n") + "\n")),
        ("empty.jsonl", ""),
        ("other.txt", "hello\n"),
    ]);
    let files = ["differences", "differences.jsonl", "differences.jsonl.1"];
    let human = dal(folder.path(), &files);
    assert_eq!(human.status.code(), Some(1), "{human:?}");
    let text = out(&human);
    for part in [
        "user.get at email: at least 10 times, 1 fingerprint\nuser.get at items[].name",
        "user.get: different",
        "at items[].name",
        "fingerprint aa, at least 10 times, first 1970-01-01T00:00:01Z, last 1970-01-01T00:00:09.5Z",
        "1 lines cannot be read; 1 of them is the last of its file",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    let json = dal(folder.path(), &[&files[..], &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&out(&json)).unwrap();
    assert_eq!(report["lines"], 6);
    assert_eq!(report["unreadable_lines"], 1);
    assert_eq!(report["groups"][0]["count"], 10);
    assert_eq!(report["places"][0]["path"], "email");
    assert_eq!(report["groups"][1]["paths"], json!(["items[].name"]));

    let code = |file| dal(folder.path(), &["differences", file]).status.code();
    assert_eq!(code("empty.jsonl"), Some(0));
    assert_eq!(code("other.txt"), Some(2));
    assert_eq!(code("none.jsonl"), Some(2));
}
