//! `dal demo` as a person runs it, on the built program.
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use dal_testkit::servers::{self, Engine, announce};
use serde_json::Value;
use shop::defect::Defect;
use sqlx::Connection as _;

/// The reads and writes of the shop's four repositories; a mirror method is not a call of its own.
const METHODS: usize = 26;

/// Whether `DAL_TEST` leaves the engines in.
fn engines() -> bool {
    announce("demo", &[Engine::MySql, Engine::Embedded]).len() == 2
}

/// Runs the demo, and reads its JSON report.
fn demo(arguments: &[&str]) -> (Output, Value) {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("report.json");
    let output = Command::new(env!("CARGO_BIN_EXE_dal"))
        .args(["demo", "--users", "200"])
        .args(arguments)
        .arg("--json")
        .arg(&json)
        .output()
        .unwrap();
    let report = std::fs::read(&json).unwrap();
    let report = serde_json::from_slice(&report).unwrap_or(Value::Null);
    (output, report)
}

fn count(value: &Value, name: &str) -> u64 {
    value
        .get(name)
        .and_then(Value::as_u64)
        .unwrap_or_else(|| unreachable!("no number {name} in {value}"))
}

/// Both identities of the counts, of one method or of all.
fn assert_adds_up(counts: &Value, of: &str) {
    let parts = [
        "compared",
        "acknowledged",
        "shed",
        "timed_out",
        "inconclusive",
        "unsampled",
        "in_flight",
    ];
    let sum: u64 = parts.iter().map(|part| count(counts, part)).sum();
    assert_eq!(sum, count(counts, "eligible"), "{of}");
    let compared = count(counts, "equal") + count(counts, "different");
    assert_eq!(compared, count(counts, "compared"), "{of}");
}

#[test]
fn both_stores_are_equal_over_every_method_and_the_counts_add_up() {
    if !engines() {
        return;
    }
    let (output, report) = demo(&["--seconds", "3"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(report["verdict"], "equal");
    assert_eq!(count(&report, "different"), 0);
    assert_eq!(count(&report, "in_flight"), 0);
    assert!(count(&report, "compared") >= 600, "{report}");
    assert!(count(&report, "writes") * 5 >= count(&report, "calls"));
    assert!(count(&report, "errors") * 20 >= count(&report, "calls"));
    assert!(count(&report, "inconclusive") * 100 <= count(&report, "compared"));
    assert_adds_up(&report, "all");
    let methods = report["methods"].as_object().unwrap();
    assert_eq!(methods.len(), METHODS);
    for (name, method) in methods {
        assert!(count(method, "calls") >= 15, "{name}");
        assert_adds_up(method, name);
    }
    for part in ["calls", "compared", "equal", "eligible"] {
        let sum: u64 = methods.values().map(|method| count(method, part)).sum();
        assert_eq!(sum, count(&report, part), "{part}");
    }
    for engine in ["mysql", "dynamodb"] {
        let version = report["engines"][engine]["version"].as_str().unwrap();
        assert!(!version.is_empty());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(version), "{text}");
    }
}

#[test]
fn hand_written_sqlx_and_store_on_dynamodb_are_equal_over_every_method_until_a_defect_is_planted() {
    if !engines() {
        return;
    }
    let pair = ["--pair", "sqlx:store", "--seconds", "3"];
    let (output, report) = demo(&pair);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(count(&report, "different"), 0);
    assert!(count(&report, "compared") >= 600, "{report}");
    assert!(count(&report, "inconclusive") * 100 <= count(&report, "compared"));
    assert_adds_up(&report, "all");
    let methods = report["methods"].as_object().unwrap();
    assert_eq!(methods.len(), METHODS);
    assert!(
        methods
            .iter()
            .all(|(_, method)| count(method, "calls") >= 15)
    );
    let engine = report["engines"]["dynamodb"]["name"].as_str().unwrap();
    assert!(engine.starts_with("Store on "), "{engine}");

    let planted = ["--pair", "sqlx:store", "--seconds", "1", "--plant"];
    let (output, report) = demo(&[&planted[..], &[Defect::LostLines.as_str()]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(count(&report, "different") > 0);
}

#[test]
fn a_planted_defect_is_exit_1_with_both_values_of_the_field() {
    if !engines() {
        return;
    }
    let (output, report) = demo(&["--plant", "--seconds", "2"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(report["planted"], "coarse-time");
    assert!(count(&report, "different") > 0);
    assert_adds_up(&report, "all");
    let text = String::from_utf8_lossy(&output.stdout);
    let all = report["differences"].as_array().unwrap().iter();
    let fields = all.flat_map(|found| found["fields"].as_array().unwrap());
    let time = fields
        .filter(|field| field["path"].as_str().unwrap().ends_with("created_at"))
        .map(|field| {
            let side = |name: &str| field[name].as_str().unwrap().to_owned();
            (side("mysql"), side("dynamodb"))
        })
        .next()
        .unwrap();
    assert_ne!(time.0, time.1);
    for value in [time.0.as_str(), time.1.as_str(), "created_at"] {
        assert!(text.contains(value), "{value} is missing in {text}");
    }
}

/// Also one that lets DynamoDB accept what it should refuse: it shows when DynamoDB is asked first.
#[test]
fn a_defect_that_shows_only_when_dynamodb_is_asked_first_is_found() {
    if !engines() {
        return;
    }
    let (output, report) = demo(&["--plant", Defect::MissingGuard.as_str(), "--seconds", "2"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(report["planted"], "missing-guard");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("    MySQL     "), "{text}");
    assert!(text.contains("    DynamoDB  "), "{text}");
}

/// A server that was given is left as it was found.
#[test]
fn the_demo_drops_its_database() {
    if !engines() {
        return;
    }
    let databases = || {
        servers::runtime().block_on(async {
            let mut connection = sqlx::MySqlConnection::connect(servers::mysql().url())
                .await
                .unwrap();
            let all: Vec<String> = sqlx::query_scalar(
                "SELECT CONVERT(schema_name USING utf8mb4) FROM information_schema.schemata",
            )
            .fetch_all(&mut connection)
            .await
            .unwrap();
            all
        })
    };
    let child = Command::new(env!("CARGO_BIN_EXE_dal"))
        .args(["demo", "--users", "100", "--seconds", "1"])
        .env("DAL_MYSQL_URL", servers::mysql().url())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let own = format!("dal_test_{}_", child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let left = databases();
    assert!(!left.is_empty());
    assert!(!left.iter().any(|name| name.starts_with(&own)), "{left:?}");
}

#[test]
fn ctrl_c_ends_it_early_with_the_report_of_what_was_compared() {
    if !engines() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("report.json");
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dal"))
        .args(["demo", "--users", "100", "--seconds", "600", "--json"])
        .arg(&json)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut progress = BufReader::new(child.stderr.take().unwrap()).lines();
    let second = progress.find(|line| line.as_ref().is_ok_and(|line| line.contains("compared,")));
    assert!(second.is_some(), "no progress was shown");
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let rest: Vec<_> = progress.map_while(Result::ok).collect();
    let output = child.wait_with_output().unwrap();
    // Too little may have been compared to call the stores equal.
    assert!(
        matches!(output.status.code(), Some(0 | 2)),
        "{output:?} {rest:?}"
    );
    assert!(began.elapsed() < Duration::from_mins(5));
    let report: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert!(count(&report, "compared") > 0);
    assert_eq!(count(&report, "different"), 0);
    assert_eq!(count(&report, "in_flight"), 0);
    assert_adds_up(&report, "all");
}

#[test]
fn what_cannot_run_is_exit_2_and_says_why() {
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_dal"))
            .arg("demo")
            .args(arguments)
            .env("DAL_MYSQL_URL", "no url")
            .output()
            .unwrap()
    };
    for (arguments, why) in [
        (["--seconds", "1"], "What to do"),
        (["--plant", "no-such-defect"], "missing-guard"),
        (["--pair", "sqlx:mongo"], "sqlx:store"),
        (["--json", "/no/such/folder/report.json"], "cannot write"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(why), "{why} is missing in {text}");
    }
}
