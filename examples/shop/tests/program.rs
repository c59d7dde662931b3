//! The program `shop` as a person starts it: schema, seed, copy, serve, and SIGTERM.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use dal_testkit::servers::{self, DynamoDbKind, Engine, announce, runtime};

/// The variables that name both stores, with an empty database and a table of their own.
fn stores() -> [(&'static str, String); 3] {
    let dynamodb = servers::dynamodb(DynamoDbKind::Embedded);
    let url = runtime()
        .block_on(servers::mysql().fresh_database())
        .unwrap();
    [
        // `schema` makes the database.
        ("SHOP_MYSQL_URL", format!("{url}_shop")),
        ("SHOP_DYNAMODB", dynamodb.endpoint().to_owned()),
        ("SHOP_TABLE", format!("{}shop", dynamodb.fresh_prefix())),
    ]
}

fn shop(stores: &[(&'static str, String)], words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command
        .args(words)
        .envs(stores.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(stores: &[(&'static str, String)], words: &[&str]) -> (bool, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = shop(stores, words).output().unwrap();
    let text = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (status.success(), text.concat())
}

/// A running `shop serve`, killed when the test ends early.
struct Serving {
    child: Child,
    address: String,
    log: BufReader<std::process::ChildStderr>,
}

impl Serving {
    fn start(stores: &[(&'static str, String)], words: &[&str]) -> Self {
        let mut all = vec!["--json-log", "serve", "--listen", "127.0.0.1:0"];
        all.extend(words);
        let mut child = shop(stores, &all).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut serving = Self {
            child,
            address: String::new(),
            log,
        };
        let mut output = String::new();
        loop {
            let mut line = String::new();
            assert!(
                serving.log.read_line(&mut line).unwrap() > 0,
                "it ended: {output}"
            );
            if let Some((_, rest)) = line.split_once("\"address\":\"") {
                rest.split('"')
                    .next()
                    .unwrap()
                    .clone_into(&mut serving.address);
                return serving;
            }
            output += &line;
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends SIGTERM and waits: whether it ended well, and what it logged.
    fn terminate(mut self) -> (bool, String) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let mut log = String::new();
        self.log.read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().success(), log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_phases(path: &Path, phase: &str) {
    let aside = path.with_extension("new");
    std::fs::write(&aside, format!("{{\"*\": \"{phase}\"}}")).unwrap();
    std::fs::rename(aside, path).unwrap();
}

#[test]
fn a_person_gets_from_empty_stores_to_every_way_of_serving_with_the_program_alone() {
    if announce("shop program", &[Engine::MySql, Engine::Embedded]).len() < 2 {
        return;
    }
    let stores = stores();
    let folder = tempfile::tempdir().unwrap();
    let phases = folder.path().join("phases.json");
    for _ in 0..2 {
        let (done, output) = run(&stores, &["schema"]);
        assert!(done, "{output}");
    }
    let (done, output) = run(
        &stores,
        &[
            "seed",
            "--users",
            "40",
            "--products",
            "20",
            "--orders",
            "30",
        ],
    );
    assert!(done, "{output}");
    let (done, output) = run(&stores, &["copy"]);
    assert!(done && output.contains("put 130, removed 0"), "{output}");
    assert!(output.contains("the same 130 records"), "{output}");
    let (done, output) = run(&stores, &["copy", "--back"]);
    assert!(done && output.contains("put 0, removed 0"), "{output}");

    write_phases(&phases, "shadow-read");
    let file = phases.to_str().unwrap();
    let serving = Serving::start(&stores, &["--phases", file]);
    assert!(serving.get("/healthz").contains("200 OK"));
    for id in 1..=5 {
        let user = serving.get(&format!("/users/{id}"));
        assert!(
            user.contains(&format!("\"name\":\"user{id:05}\"")),
            "{user}"
        );
    }
    let begun = Instant::now();
    let compared = loop {
        let report = serving.get("/shadow");
        if report.contains("\"compared\":5,") || begun.elapsed() > Duration::from_secs(10) {
            break report;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(compared.contains("\"compared\":5,"), "{compared}");
    assert!(serving.get("/shadow/differences").ends_with("[]"));
    let metrics = serving.get("/metrics");
    assert!(metrics.contains("dal_shadow_outcomes"), "{metrics}");
    let (well, log) = serving.terminate();
    assert!(well && log.contains("the shop is closed"), "{log}");

    let flags = folder.path().join("flags.json");
    let text = ["user", "product", "cart", "order"].map(|entity| {
        format!(
            r#""dal.phase.{entity}": {{"state": "ENABLED", "variants": {{"now": "dynamodb-read"}}, "defaultVariant": "now"}}"#
        )
    });
    std::fs::write(&flags, format!("{{\"flags\": {{{}}}}}", text.join(","))).unwrap();
    let serving = Serving::start(&stores, &["--flags", flags.to_str().unwrap()]);
    let status = serving.get("/shadow/status");
    assert_eq!(
        status.matches("\"phase\":\"dynamodb-read\"").count(),
        4,
        "{status}"
    );
    assert!(serving.terminate().0);

    for store in ["mysql", "dynamodb"] {
        let serving = Serving::start(&stores, &["--only", store]);
        assert!(serving.get("/users/7").contains("user00007"));
        assert!(serving.get("/shadow").contains("NoShadow"));
        assert!(serving.terminate().0);
    }
}

#[test]
fn without_phases_the_program_refuses_to_serve_and_says_why() {
    if announce("shop program", &[Engine::MySql, Engine::Embedded]).len() < 2 {
        return;
    }
    let stores = stores();
    let (done, output) = run(
        &stores,
        &[
            "serve",
            "--phases",
            "/nowhere/phases.json",
            "--start-timeout",
            "0.2",
        ],
    );
    assert!(!done && output.contains("/nowhere/phases.json"), "{output}");
    let (done, output) = run(&[], &["serve"]);
    assert!(!done && output.contains("--phases"), "{output}");
    let (done, output) = run(&[], &["serve", "--only", "mysql"]);
    assert!(!done && output.contains("SHOP_MYSQL_URL"), "{output}");
}
