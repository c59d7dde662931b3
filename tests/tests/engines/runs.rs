//! The processes of one run share their servers, however each of them ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use dal_testkit::servers::{self, DynamoDbKind, Engine, announce, runtime};

/// Set in the processes of the runs that the tests make: the engines to use, and then `wait` or not.
const MEMBER: &str = "DAL_RUNS_MEMBER";
const GIVEN: [&str; 2] = ["DAL_MYSQL_URL", "DAL_DYNAMODB_URL"];
/// Longer than any test waits.
const HELD: Duration = Duration::from_mins(5);
const STARTED_WITHIN: Duration = Duration::from_mins(3);
const GONE_WITHIN: Duration = Duration::from_secs(5);
/// Longer than a server lingers for more users, where no runner says that they may come.
const LINGERED: Duration = Duration::from_secs(3);

/// Not a promise by itself: the body of the processes of a run. In an ordinary run of the suites it
/// does nothing.
#[test]
fn member() {
    let Ok(role) = std::env::var(MEMBER) else {
        return;
    };
    let id = std::process::id();
    say(&format!("starting {id}"));
    let mysql = servers::mysql();
    let uuid: String = runtime().block_on(async {
        let pool = sqlx::MySqlPool::connect(mysql.url()).await.unwrap();
        let uuid = sqlx::query_scalar("SELECT @@server_uuid");
        uuid.fetch_one(&pool).await.unwrap()
    });
    let mut servers = format!("{} {uuid}", mysql.url());
    if role.contains("local") {
        let dynamodb = servers::dynamodb(DynamoDbKind::Local);
        servers = format!("{servers} {}", dynamodb.endpoint());
    }
    say(&format!("member {id} {servers}"));
    if role.contains("wait") {
        std::thread::sleep(HELD);
    }
}

/// Past libtest, which keeps what a test prints, and in one piece.
fn say(line: &str) {
    let line = format!("{line}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

#[test]
fn the_processes_of_a_run_share_servers_that_outlive_their_starter_and_not_the_last() {
    if is_left_out(&[Engine::MySql, Engine::Local]) {
        return;
    }
    let mut run = Run::new("sh", "mysql,local,wait");
    run.start();
    run.start();
    let (one, two) = (run.member(), run.member());
    assert_eq!(one.servers, two.servers);
    let (starter, joined) = if children(one.id).is_empty() {
        (two, one)
    } else {
        (one, two)
    };
    kill(starter.id);
    // This process belongs to another run.
    let others = Member {
        id: std::process::id(),
        servers: vec![
            servers::mysql().url().to_owned(),
            servers::dynamodb(DynamoDbKind::Local).endpoint().to_owned(),
        ],
    };
    for url in &others.servers {
        assert!(!joined.servers.contains(url), "{others:?} and {joined:?}");
    }
    std::thread::sleep(LINGERED);
    assert!(joined.answer(), "{joined:?} is still in use");
    run.start();
    let third = run.member();
    assert_eq!(third.servers, joined.servers);

    kill(joined.id);
    kill(third.id);
    joined.assert_gone();
    assert!(others.answer(), "{others:?} is of another run");
}

/// nextest runs each test in a process of its own, several at a time. The first one is killed while
/// it starts the server; what a crash has left names a server that answers, and is not this run's.
#[test]
fn one_process_for_each_test_starts_one_server_whatever_was_killed_or_left_before() {
    if is_left_out(&[Engine::MySql]) {
        return;
    }
    let mut run = Run::new("cargo-nextest", "mysql");
    run.leave_files_of(servers::mysql().url());
    run.start();
    let killed = run.starting();
    let until = Instant::now() + STARTED_WITHIN;
    let starting = loop {
        if let Some(supervisor) = children(killed).first() {
            break *supervisor;
        }
        assert!(Instant::now() < until, "no server was started");
        std::thread::sleep(Duration::from_millis(5));
    };
    kill(killed);

    run.start_test("servers::two_databases_are_never_the_same");
    run.start();
    run.start_test("servers::a_pool_of_a_given_server_drops_its_database");
    let first = run.member();
    assert_ne!(first.servers[0], servers::mysql().url());
    assert!(!Path::new(&format!("/proc/{starting}")).exists());
    std::thread::sleep(LINGERED);
    run.start();
    run.start_test("servers::two_databases_are_never_the_same");
    let last = run.member();
    assert_eq!(first.servers, last.servers);
    run.end_of_tests();
    assert_eq!(run.servers_started(), 1);
    assert!(last.answer(), "more tests may come");
    drop(run);
    last.assert_gone();
}

fn is_left_out(wanted: &[Engine]) -> bool {
    if GIVEN.iter().any(|name| std::env::var_os(name).is_some()) {
        say("dal-tests: runs: NOT TESTED: the servers were given, and every run uses them");
        return true;
    }
    announce("runs", wanted) != wanted
}

/// A run: a process that starts this test binary, again and again.
struct Run {
    parent: Child,
    commands: ChildStdin,
    lines: Receiver<String>,
    seen: Vec<String>,
    folder: tempfile::TempDir,
}

#[derive(Debug)]
struct Member {
    id: u32,
    servers: Vec<String>,
}

impl Run {
    /// The parent's name is that of its program.
    fn new(name: &str, role: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The account that MySQL runs as, if that is another one, must pass.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let program = folder.path().join(name);
        symlink(Path::new("/bin/sh").canonicalize().unwrap(), &program).unwrap();
        // Each of them is a child of this very process.
        let script = r#"while read -r test; do
            if [ "$test" ]; then "$@" "$test" & else wait; echo ended >&2; fi
        done"#;
        let mut parent = Command::new(program);
        parent
            .args(["-c", script, name])
            .arg(std::env::current_exe().unwrap())
            .args(["--nocapture", "--exact"])
            .env(MEMBER, role)
            .env("TMPDIR", folder.path())
            .env_remove("DAL_SERVERS")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut parent = parent.spawn().unwrap();
        let (give, lines) = channel();
        let stderr = BufReader::new(parent.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = give.send(line);
            }
        });
        Self {
            commands: parent.stdin.take().unwrap(),
            parent,
            lines,
            seen: Vec::new(),
            folder,
        }
    }

    /// Files as those of a server of this run whose supervisor was killed.
    fn leave_files_of(&self, address: &str) {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.parent.id())).unwrap();
        // The field 22 of the line: after the name come those from the third on.
        let fields = stat.rsplit_once(") ").unwrap().1;
        let start = fields.split(' ').nth(19).unwrap();
        let of_run = format!("runs/{}-{start}", self.parent.id());
        let of_run = servers::cache_folder().unwrap().join(of_run);
        std::fs::create_dir_all(&of_run).unwrap();
        let server = self.folder.path().join("left");
        std::fs::create_dir(&server).unwrap();
        let pipe = server.join("alive");
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        let published = serde_json::json!({ "address": address, "version": "8.4.0" });
        std::fs::write(server.join("published"), published.to_string()).unwrap();
        std::fs::write(of_run.join("mysql"), server.to_str().unwrap()).unwrap();
    }

    fn start_test(&mut self, test: &str) {
        writeln!(self.commands, "{test}").unwrap();
    }

    /// Starts a process that says which servers it has.
    fn start(&mut self) {
        self.start_test("runs::member");
    }

    /// The next line that begins so, with the rest of it.
    fn line(&mut self, start: &str) -> String {
        let until = Instant::now() + STARTED_WITHIN;
        loop {
            let at = self.seen.iter().position(|line| line.starts_with(start));
            if let Some(at) = at {
                return self.seen.remove(at)[start.len()..].to_owned();
            }
            let left = until.saturating_duration_since(Instant::now());
            let has_failed = |line: &String| line.contains("panicked at");
            assert!(!self.seen.iter().any(has_failed), "{:?}", self.seen);
            match self.lines.recv_timeout(left) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Timeout) => panic!("no `{start}` in {:?}", self.seen),
                Err(RecvTimeoutError::Disconnected) => panic!("ended with {:?}", self.seen),
            }
        }
    }

    fn starting(&mut self) -> u32 {
        self.line("starting ").parse().unwrap()
    }

    /// The next process that has its servers.
    fn member(&mut self) -> Member {
        let line = self.line("member ");
        let (id, servers) = line.split_once(' ').unwrap();
        Member {
            id: id.parse().unwrap(),
            servers: servers.split(' ').map(str::to_owned).collect(),
        }
    }

    /// Waits until every process has ended that was started.
    fn end_of_tests(&mut self) {
        self.start_test("");
        self.line("ended");
    }

    /// Each one has a folder, as long as it lives.
    fn servers_started(&self) -> usize {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("dal-mysql.")).count()
    }
}

/// All processes of the run at once, as when a terminal is closed.
impl Drop for Run {
    fn drop(&mut self) {
        kill_group(self.parent.id());
        let _ = self.parent.wait();
    }
}

impl Member {
    fn answer(&self) -> bool {
        self.listening().iter().all(|listens| *listens)
    }

    fn assert_gone(&self) {
        let until = Instant::now() + GONE_WITHIN;
        while self.listening().iter().any(|listens| *listens) {
            assert!(Instant::now() < until, "{self:?} outlived its run");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn listening(&self) -> Vec<bool> {
        let urls = self.servers.iter().filter(|text| text.contains("://"));
        let addresses = urls.map(|url| {
            let host = url.rsplit(['@', '/']).find(|part| !part.is_empty());
            std::net::TcpStream::connect(host.unwrap()).is_ok()
        });
        addresses.collect()
    }
}

/// The supervisors that this process has started.
fn children(id: u32) -> Vec<u32> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((child, rest)) = stat.split_once(" (sh) ") else {
            continue;
        };
        if rest.split(' ').nth(1) == Some(&id.to_string()) {
            children.push(child.parse().unwrap());
        }
    }
    children
}

fn kill(id: u32) {
    signal(&id.to_string());
}

fn kill_group(id: u32) {
    signal(&format!("-{id}"));
}

fn signal(whom: &str) {
    let status = Command::new("kill").args(["-KILL", "--", whom]).status();
    assert!(status.unwrap().success(), "{whom}");
}
