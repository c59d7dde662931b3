//! `dal servers` as a person and a script use it, on the built program.
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use dal_testkit::servers::{Engine, announce};
use serde_json::Value;

const GIVEN: [&str; 2] = ["DAL_MYSQL_URL", "DAL_DYNAMODB_URL"];

/// A `dal servers` that keeps its state in `folder` and starts servers of its own.
pub fn dal(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dal"));
    command
        .arg("servers")
        .args(arguments)
        .env("DAL_STATE_DIR", folder);
    for given in GIVEN {
        command.env_remove(given);
    }
    command
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Stops the servers also when the test fails.
pub struct Down<'a>(pub &'a Path);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        let _ = dal(self.0, &["down"]).output();
    }
}

fn listens(url: &str) -> bool {
    let host = url.rsplit_once('@').map_or(url, |(_, host)| host);
    let host = host.rsplit_once("//").map_or(host, |(_, host)| host);
    TcpStream::connect(host.trim_end_matches('/')).is_ok()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

#[test]
fn up_gives_both_until_down_and_says_so_in_json() {
    // Also fetches MySQL where there is none yet.
    if announce("servers (dal)", &[Engine::MySql, Engine::Embedded]).len() < 2 {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(
        dal(folder, &["status"]).output().unwrap().status.code(),
        Some(1)
    );

    let _down = Down(folder);
    let up = ["up", "--json", "--dynamodb", "embedded"];
    let first = dal(folder, &up).output().unwrap();
    assert!(first.status.success(), "{first:?}");
    let servers: Value = serde_json::from_str(&out(&first)).unwrap();
    assert_eq!(keys(&servers), ["dynamodb", "mysql"]);
    assert_eq!(keys(&servers["mysql"]), ["url", "version"]);
    assert_eq!(keys(&servers["dynamodb"]), ["endpoint", "kind", "version"]);
    assert_eq!(servers["dynamodb"]["kind"], "embedded");
    let urls = [
        servers["mysql"]["url"].as_str().unwrap(),
        servers["dynamodb"]["endpoint"].as_str().unwrap(),
    ];
    assert!(urls.iter().all(|url| listens(url)), "{urls:?}");

    // Again: the same servers, not two more.
    assert_eq!(out(&dal(folder, &up).output().unwrap()), out(&first));
    let status = dal(folder, &["status", "--json"]).output().unwrap();
    assert!(status.status.success());
    assert_eq!(out(&status), out(&first));
    // Another kind is refused with what to do.
    let other = dal(folder, &["up", "--dynamodb", "local"])
        .output()
        .unwrap();
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&other.stderr).contains("dal servers down"));

    assert!(dal(folder, &["down"]).output().unwrap().status.success());
    let until = Instant::now() + Duration::from_secs(5);
    while urls.iter().any(|url| listens(url)) {
        assert!(Instant::now() < until, "still there: {urls:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(
        dal(folder, &["status"]).output().unwrap().status.code(),
        Some(1)
    );
    assert!(dal(folder, &["down"]).output().unwrap().status.success());
}

#[test]
fn a_server_that_cannot_be_used_is_exit_2_with_what_was_tried_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let up = dal(folder.path(), &["up", "--json"])
        .env("DAL_MYSQL_URL", "no url")
        .output()
        .unwrap();
    assert_eq!(up.status.code(), Some(2), "{up:?}");
    assert!(up.stdout.is_empty());
    let why = String::from_utf8_lossy(&up.stderr);
    for part in [
        "Tried:",
        "DAL_MYSQL_URL: `no url` is not a URL",
        "What to do",
    ] {
        assert!(why.contains(part), "{part} is missing in: {why}");
    }
}
