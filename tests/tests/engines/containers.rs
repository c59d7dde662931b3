//! The container path: the same servers, from images, where a container engine answers.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dal_testkit::servers::{self, DynamoDbKind, runtime};
use sqlx::Connection as _;

/// Set in the process that owns the containers.
const OWNER: &str = "DAL_CONTAINERS_OWNER";
/// Longer than the test waits.
const HELD: Duration = Duration::from_mins(5);
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// Past libtest, which keeps what a passing test prints.
fn say(line: &str) {
    std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes()).unwrap();
}

/// Not a promise by itself: the body of the process that the other test starts and kills. In an
/// ordinary run it has nothing to own.
#[test]
fn owner() {
    if std::env::var_os(OWNER).is_none() {
        return;
    }
    let mysql = servers::mysql();
    let dynamodb = servers::dynamodb(DynamoDbKind::Local);
    runtime().block_on(async {
        let url = mysql.fresh_database().await.unwrap();
        let mut connection = sqlx::MySqlConnection::connect(&url).await.unwrap();
        let one: i64 = sqlx::query_scalar("SELECT 1")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(one, 1);
        let tables = dynamodb.client().list_tables().send().await.unwrap();
        assert!(tables.table_names().is_empty());
    });
    let (mysql_version, dynamodb_version) = (mysql.version(), dynamodb.version());
    say(&format!(
        "owned MySQL {mysql_version}, DynamoDB Local {dynamodb_version}"
    ));
    std::thread::sleep(HELD);
}

#[test]
fn servers_from_containers_work_and_go_with_their_owner() {
    let engine = match servers::container_images() {
        Ok(engine) => engine,
        Err(why) => return say(&format!("dal-tests: containers: NOT TESTED: {why}")),
    };
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "containers::owner", "--nocapture"])
        .env(OWNER, "1")
        .env("DAL_SERVERS", "containers")
        .env_remove("DAL_MYSQL_URL")
        .env_remove("DAL_DYNAMODB_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = Vec::new();
    let owned = BufReader::new(owner.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .find(|line| {
            seen.push(line.clone());
            line.starts_with("owned ")
        });
    let Some(owned) = owned else {
        panic!("no servers from containers:\n{}", seen.join("\n"));
    };
    say(&format!(
        "dal-tests: containers: {} in containers of engine {engine}",
        owned.trim_start_matches("owned ")
    ));
    let containers = containers_of(owner.id());
    assert_eq!(containers.len(), 2, "{containers:?}");

    owner.kill().unwrap();
    owner.wait().unwrap();
    let until = Instant::now() + GONE_WITHIN;
    while !containers_of(owner.id()).is_empty() {
        assert!(
            Instant::now() < until,
            "{:?} outlived their owner",
            containers_of(owner.id())
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The containers that this process started, running or not.
fn containers_of(process: u32) -> Vec<String> {
    let filter = format!("name=^dal-test-{process}-");
    let output = Command::new("docker")
        .args(["ps", "--all", "--quiet", "--filter", &filter])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}
