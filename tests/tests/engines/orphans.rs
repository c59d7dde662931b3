//! No server outlives its owner, however the owner ends.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dal_testkit::servers::{self, DynamoDbKind, Engine, announce};

/// Set in the process that is going to be killed.
const OWNER: &str = "DAL_ORPHANS_OWNER";
const GIVEN: [&str; 2] = ["DAL_MYSQL_URL", "DAL_DYNAMODB_URL"];
/// Longer than any test waits.
const HELD: Duration = Duration::from_mins(2);
const GONE_WITHIN: Duration = Duration::from_secs(5);
const STARTED_WITHIN: Duration = Duration::from_mins(3);

/// Not a promise by itself: the body of the process that the other tests kill. In an ordinary run
/// it has nothing to own.
#[test]
fn owner() {
    if std::env::var_os(OWNER).is_none() {
        return;
    }
    let mysql = servers::mysql().url().to_owned();
    let dynamodb = servers::dynamodb(DynamoDbKind::Local).endpoint().to_owned();
    // Past libtest, which keeps what a test prints.
    let line = format!("owned {mysql} {dynamodb}\n");
    std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    std::thread::sleep(HELD);
}

#[test]
fn sigkill_to_the_test_binary_leaves_no_server() {
    let Some(mut command) = owner_command(Path::new(&std::env::current_exe().unwrap())) else {
        return;
    };
    let mut owner = command.spawn().unwrap();
    let ports = ports(&mut owner);
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert_gone(&ports);
}

/// As `cargo test` and a test binary under it: a group leader that is not the owner, killed together
/// with the owner by one signal to the whole group.
#[test]
fn sigkill_to_cargos_process_group_leaves_no_server() {
    let Some(inner) = owner_command(Path::new(&std::env::current_exe().unwrap())) else {
        return;
    };
    let mut command = Command::new("sh");
    command
        .args(["-c", r#""$@"; exit $?"#, "cargo"])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env(OWNER, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut leader = command.spawn().unwrap();
    let ports = ports(&mut leader);
    let group = format!("-{}", leader.id());
    let killed = Command::new("kill")
        .args(["-KILL", "--", &group])
        .status()
        .unwrap();
    assert!(killed.success());
    leader.wait().unwrap();
    assert_gone(&ports);
}

/// The command of a process that starts both servers, or none when `DAL_TEST` leaves them out.
fn owner_command(program: &Path) -> Option<Command> {
    if GIVEN.iter().any(|name| std::env::var_os(name).is_some()) {
        let line =
            "dal-tests: orphans: NOT TESTED: the servers were given, and are not ours to end\n";
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
        return None;
    }
    let wanted = [Engine::MySql, Engine::Local];
    if announce("orphans", &wanted) != wanted {
        return None;
    }
    let mut command = Command::new(program);
    command
        .args(["--exact", "orphans::owner", "--nocapture"])
        .env(OWNER, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    Some(command)
}

/// The ports of the two servers that the process says it owns.
fn ports(owner: &mut Child) -> HashSet<String> {
    let until = Instant::now() + STARTED_WITHIN;
    let mut seen = String::new();
    for line in BufReader::new(owner.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(urls) = line.strip_prefix("owned ") {
            let ports: HashSet<String> = urls
                .split(' ')
                .map(|url| url.split_once("://").unwrap().1)
                .map(|rest| {
                    rest.rsplit('@')
                        .next()
                        .unwrap()
                        .trim_end_matches('/')
                        .to_owned()
                })
                .collect();
            assert_eq!(ports.len(), 2, "{urls}");
            assert!(ports.iter().all(|address| answers(address)), "{urls}");
            return ports;
        }
        seen.push_str(&line);
        seen.push('\n');
        assert!(Instant::now() < until, "no servers in time:\n{seen}");
    }
    panic!("the owner ended before it had its servers:\n{seen}");
}

fn assert_gone(addresses: &HashSet<String>) {
    let until = Instant::now() + GONE_WITHIN;
    while addresses.iter().any(|address| answers(address)) {
        assert!(
            Instant::now() < until,
            "a server still answers {} s after its owner was killed: {addresses:?}",
            GONE_WITHIN.as_secs()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn answers(address: &str) -> bool {
    std::net::TcpStream::connect(address).is_ok()
}
