//! DynamoDB: embedded, AWS's Local, or real AWS when that is asked for by name.

use std::ffi::OsString;
use std::fmt;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use dynoxide::{Database, server};
use tokio::net::TcpListener;

use super::choose::{ServersError, Way, allowed, first};
use super::port;
use super::readiness::Readiness;
use super::run::{Alive, Published, Turn};
use super::shared::{self, Slot};
use super::supervise::Supervised;
use super::system::Consent;
use super::{containers, jar, names, runtime, say};

const CHOICES: &str = "  - set DAL_DYNAMODB_URL (http://host:port) to a DynamoDB Local (`docker compose up -d --wait` starts one)
  - start a Docker engine
  - with Java 17 or later and Maven: run `dal servers install` once; DAL_INSTALL=1 installs both on Debian or Ubuntu";

/// When a server was given and cannot be used.
const GIVEN_CHOICES: &str =
    "  - correct DAL_DYNAMODB_URL: http://host:port of a DynamoDB Local that runs
  - unset DAL_DYNAMODB_URL, and a server of the tests' own is found or started";

const AWS_CHOICES: &str = "  - set DAL_DYNAMODB=aws, DAL_DYNAMODB_PREFIX, and the region and credentials as for any AWS program
  - unset DAL_DYNAMODB, and DynamoDB Local is used";

/// The URL of a DynamoDB Local that was given.
const GIVEN: &str = "DAL_DYNAMODB_URL";

/// The version of the embedded engine, pinned exactly in the workspace.
const EMBEDDED_VERSION: &str = "3.2.0 (dynoxide)";

/// Which `DynamoDB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DynamoDbKind {
    /// In this process: fast, for volume.
    Embedded,
    /// AWS's own `DynamoDB` Local: for the verdict.
    Local,
    /// Real AWS, by the default credential chain and with a required table prefix.
    Aws,
}

impl fmt::Display for DynamoDbKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded => "embedded DynamoDB",
            Self::Local => "DynamoDB Local",
            Self::Aws => "AWS DynamoDB",
        })
    }
}

/// A running `DynamoDB`.
#[derive(Debug)]
pub struct DynamoDbServer {
    kind: DynamoDbKind,
    endpoint: Option<String>,
    version: String,
    prefix: String,
    client: Client,
    alive: Alive,
}

impl DynamoDbServer {
    /// Finds or starts one, for the caller to keep: it ends when this value is dropped (the embedded
    /// one with the process). Blocks for seconds, and for minutes when something must be fetched.
    /// Tests share [`dynamodb`] instead.
    ///
    /// # Errors
    /// What was tried and what to do, when there is none.
    pub fn start(kind: DynamoDbKind) -> Result<Self, ServersError> {
        match kind {
            DynamoDbKind::Embedded => first(
                "embedded DynamoDB",
                CHOICES,
                vec![("in this process", Box::new(embedded))],
            ),
            DynamoDbKind::Local => local(None),
            DynamoDbKind::Aws => first(
                "AWS DynamoDB",
                AWS_CHOICES,
                vec![("DAL_DYNAMODB=aws", Box::new(real))],
            ),
        }
    }

    /// The one server of this kind, as [`dynamodb`] returns it, for async functions: it starts on a
    /// thread of its own, and nothing is blocked meanwhile.
    ///
    /// # Errors
    /// What was tried and what to do, when there is none.
    pub async fn shared(kind: DynamoDbKind) -> Result<&'static Self, &'static ServersError> {
        shared::get_async(slot(kind), move || start_or_join(kind)).await
    }

    /// Which one this is.
    pub fn kind(&self) -> DynamoDbKind {
        self.kind
    }

    /// The endpoint's URL; empty for real AWS, whose endpoint the SDK resolves.
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_deref().unwrap_or_default()
    }

    /// The engine's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether it goes on when its users have ended, with the tables that are left.
    pub(crate) fn is_given(&self) -> bool {
        matches!(self.alive, Alive::Elsewhere) && self.kind != DynamoDbKind::Embedded
    }

    /// A client without the SDK's own retries.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Uses the running DynamoDB Local at this URL.
    ///
    /// # Errors
    /// At once when what runs there is not DynamoDB.
    pub fn at(endpoint: &str) -> Result<Self, ServersError> {
        let ways: Vec<Way<'_, Self>> = vec![("the given URL", Box::new(|| given(endpoint)))];
        first("DynamoDB Local", GIVEN_CHOICES, ways)
    }

    /// A prefix for table names that is given once; on servers that were given it begins with
    /// `dal_test_`. Tables that are left there are deleted by a run that begins some hours later, or
    /// by `dal servers clean`.
    pub fn fresh_prefix(&self) -> String {
        format!("{}{}_", self.prefix, names::fresh())
    }

    /// Tables whose names begin with the prefix of tests, and how old they are, where the name says
    /// so.
    ///
    /// # Errors
    /// The server's own, as text.
    pub async fn test_tables(&self) -> Result<Vec<(String, Option<Duration>)>, String> {
        test_tables(&self.client, &self.prefix).await
    }

    /// Deletes a table whose name begins with the prefix of tests; others are not touched.
    ///
    /// # Errors
    /// The server's own, as text.
    pub async fn delete_table(&self, name: &str) -> Result<(), String> {
        if !name.starts_with(&self.prefix) {
            return Err(format!("`{name}` is not a test table"));
        }
        delete_table(&self.client, name).await
    }
}

async fn test_tables(
    client: &Client,
    prefix: &str,
) -> Result<Vec<(String, Option<Duration>)>, String> {
    let mut all = Vec::new();
    let mut pages = client.list_tables().into_paginator().items().send();
    while let Some(name) = pages.next().await {
        all.push(name.map_err(|error| DisplayErrorContext(error).to_string())?);
    }
    Ok(names::aged(prefix, all))
}

async fn delete_table(client: &Client, name: &str) -> Result<(), String> {
    let deleted = client.delete_table().table_name(name).send().await;
    deleted
        .map(drop)
        .map_err(|error| DisplayErrorContext(error).to_string())
}

/// Deletes what killed runs have left on a server that was given.
fn delete_left_overs(server: &DynamoDbServer) {
    let (client, prefix) = (server.client(), server.prefix.clone());
    let deleted = runtime::block_on(async move {
        for (name, age) in test_tables(&client, &prefix).await? {
            if age.is_some_and(|age| age > names::LEFT_OVER) {
                delete_table(&client, &name).await?;
            }
        }
        Ok::<_, String>(())
    });
    if let Ok(Err(why)) = deleted {
        say(&format!("dal: old test tables cannot be deleted: {why}"));
    }
}

/// The `DynamoDB` whose result counts: Local, or real AWS with `DAL_DYNAMODB=aws`.
///
/// # Panics
/// With what was tried and what to do, when there is none.
pub fn verdict_dynamodb() -> &'static DynamoDbServer {
    dynamodb(verdict_kind())
}

pub(crate) fn verdict_kind() -> DynamoDbKind {
    match std::env::var("DAL_DYNAMODB").as_deref() {
        Ok("aws") => DynamoDbKind::Aws,
        _ => DynamoDbKind::Local,
    }
}

/// The one server of this kind: the embedded one of this process, DynamoDB Local of this run, which
/// are all processes that one `cargo test` or `cargo nextest run` starts. The first call blocks while
/// it starts, minutes when it must be fetched: call it in the test function, before anything async. In
/// an async function use [`DynamoDbServer::shared`].
///
/// # Panics
/// With what was tried and what to do, when there is none.
#[expect(
    clippy::panic,
    reason = "called from tests; a missing engine must fail them"
)]
pub fn dynamodb(kind: DynamoDbKind) -> &'static DynamoDbServer {
    try_dynamodb(kind).unwrap_or_else(|error| panic!("{error}"))
}

/// The one server of this kind, as [`dynamodb`].
///
/// # Errors
/// What was tried and what to do, when there is none.
pub fn try_dynamodb(kind: DynamoDbKind) -> Result<&'static DynamoDbServer, &'static ServersError> {
    shared::get(slot(kind), move || start_or_join(kind))
}

fn slot(kind: DynamoDbKind) -> &'static Slot<DynamoDbServer> {
    static EMBEDDED: Slot<DynamoDbServer> = Slot::new();
    static LOCAL: Slot<DynamoDbServer> = Slot::new();
    static AWS: Slot<DynamoDbServer> = Slot::new();
    match kind {
        DynamoDbKind::Embedded => &EMBEDDED,
        DynamoDbKind::Local => &LOCAL,
        DynamoDbKind::Aws => &AWS,
    }
}

fn client_of(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("dal", "dal", None, None, "dal test kit"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(endpoint)
        .build();
    Client::from_conf(config)
}

fn server_at(kind: DynamoDbKind, endpoint: String, version: &str, alive: Alive) -> DynamoDbServer {
    DynamoDbServer {
        kind,
        client: client_of(&endpoint),
        endpoint: Some(endpoint),
        version: version.to_owned(),
        prefix: "dal_test_".to_owned(),
        alive,
    }
}

fn embedded() -> Result<DynamoDbServer, String> {
    let database = Database::memory().map_err(|e| e.to_string())?;
    let port = runtime::block_on(async move {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        tokio::spawn(async move {
            let _ = server::serve_with_shutdown(listener, database, std::future::pending()).await;
        });
        Ok::<_, std::io::Error>(port)
    })?
    .map_err(|e| e.to_string())?;
    let endpoint = format!("http://127.0.0.1:{port}");
    ready(&client_of(&endpoint), STARTING, || None)?;
    Ok(server_at(
        DynamoDbKind::Embedded,
        endpoint,
        EMBEDDED_VERSION,
        Alive::Elsewhere,
    ))
}

/// The server of this run: another process has started it, or this one does.
fn start_or_join(kind: DynamoDbKind) -> Result<DynamoDbServer, ServersError> {
    if kind != DynamoDbKind::Local || std::env::var_os(GIVEN).is_some() {
        return DynamoDbServer::start(kind);
    }
    let turn = Turn::take("dynamodb");
    let joined = turn.as_ref().and_then(join);
    joined.map_or_else(|| local(turn.as_ref()), Ok)
}

/// The one that another process of this run has started, when it answers.
fn join(turn: &Turn) -> Option<DynamoDbServer> {
    let (published, lifeline) = turn.found()?;
    let at_once = Readiness::Starting(Duration::ZERO);
    ready(&client_of(&published.address), at_once, || None).ok()?;
    let Published { address, version } = published;
    let alive = Alive::Run(lifeline);
    Some(server_at(DynamoDbKind::Local, address, &version, alive))
}

fn local(turn: Option<&Turn>) -> Result<DynamoDbServer, ServersError> {
    if let Ok(url) = std::env::var(GIVEN) {
        let ways: Vec<Way<'_, DynamoDbServer>> = vec![(GIVEN, Box::new(|| given(&url)))];
        let server = first("DynamoDB Local", GIVEN_CHOICES, ways)?;
        delete_left_overs(&server);
        return Ok(server);
    }
    let container = move |pull: bool| {
        let (remover, address, version) = containers::dynamodb(pull, turn)?;
        let endpoint = format!("http://{address}");
        ready(&client_of(&endpoint), STARTING, || None)?;
        Ok(started(endpoint, &version, remover, turn))
    };
    let allowed = allowed("DynamoDB Local", CHOICES)?;
    let mut ways: Vec<Way<'_, DynamoDbServer>> = Vec::new();
    if allowed.containers {
        ways.push((
            "a container of an image that is here",
            Box::new(move || container(false)),
        ));
    }
    if allowed.local {
        ways.push(("AWS's jar with Java", Box::new(move || from_jar(turn))));
    }
    if allowed.containers {
        ways.push((
            "a container of a pulled image",
            Box::new(move || container(true)),
        ));
    }
    first("DynamoDB Local", CHOICES, ways)
}

/// One that is ready.
fn started(
    endpoint: String,
    version: &str,
    process: Supervised,
    turn: Option<&Turn>,
) -> DynamoDbServer {
    let published = Published {
        address: endpoint.clone(),
        version: version.to_owned(),
    };
    let alive = Alive::of(process, turn, &published);
    server_at(DynamoDbKind::Local, endpoint, version, alive)
}

fn given(endpoint: &str) -> Result<DynamoDbServer, String> {
    ready(&client_of(endpoint), Readiness::Running, || None)?;
    Ok(server_at(
        DynamoDbKind::Local,
        endpoint.to_owned(),
        "(given by DAL_DYNAMODB_URL)",
        Alive::Elsewhere,
    ))
}

fn from_jar(turn: Option<&Turn>) -> Result<DynamoDbServer, String> {
    let folder = jar::folder(Consent::ByEnvironment)?;
    let port = port::reserve()?;
    let mut library = OsString::from("-Djava.library.path=");
    library.push(&folder);
    let command: Vec<OsString> = vec![
        "java".into(),
        "-Xmx512m".into(),
        library,
        "-cp".into(),
        folder.join("*").into(),
        "software.amazon.dynamodb.services.local.main.ServerRunner".into(),
        "-inMemory".into(),
        "-disableTelemetry".into(),
        "-port".into(),
        port.number.to_string().into(),
    ];
    let scratch = tempfile::Builder::new()
        .prefix("dal-dynamodb.")
        .tempdir()
        .map_err(|e| e.to_string())?
        .keep();
    let endpoint = format!("http://127.0.0.1:{}", port.number);
    let mut process = Supervised::start(&command, &scratch, turn.map(Turn::run), port)?;
    ready(&client_of(&endpoint), STARTING, || process.ended())?;
    Ok(started(endpoint, jar::VERSION, process, turn))
}

/// Real AWS: never by accident.
fn real() -> Result<DynamoDbServer, String> {
    if std::env::var("DAL_DYNAMODB").as_deref() != Ok("aws") {
        return Err("set DAL_DYNAMODB=aws to mean it".to_owned());
    }
    let prefix = std::env::var("DAL_DYNAMODB_PREFIX")
        .ok()
        .filter(|p| p.len() >= 3)
        .ok_or("set DAL_DYNAMODB_PREFIX to a prefix of at least 3 characters for the tables that tests may create and drop")?;
    let client = runtime::block_on(async {
        let shared = aws_config::load_from_env().await;
        let config = aws_sdk_dynamodb::config::Builder::from(&shared)
            .retry_config(RetryConfig::disabled())
            .build();
        Client::from_conf(config)
    })?;
    ready(&client, Readiness::Running, || None)?;
    Ok(DynamoDbServer {
        kind: DynamoDbKind::Aws,
        endpoint: None,
        version: "as of today".to_owned(),
        prefix,
        client,
        alive: Alive::Elsewhere,
    })
}

/// A server that this process starts has so long.
const STARTING: Readiness = Readiness::Starting(Duration::from_mins(1));

/// Waits until the server lists its tables.
fn ready(
    client: &Client,
    readiness: Readiness,
    mut ended: impl FnMut() -> Option<String>,
) -> Result<(), String> {
    let until = Instant::now() + readiness.limit();
    loop {
        if let Some(why) = ended() {
            return Err(why);
        }
        let client = client.clone();
        let asked = runtime::block_on(async move {
            tokio::time::timeout(
                Duration::from_secs(10),
                client.list_tables().limit(1).send(),
            )
            .await
        })?;
        let why = match asked {
            Ok(Ok(tables)) if tables.table_names.is_some() => return Ok(()),
            Ok(Ok(_)) => return Err("what replies there is not DynamoDB".to_owned()),
            Ok(Err(error)) => {
                let is_final = readiness.is_final(&error);
                let why = DisplayErrorContext(error).to_string();
                if is_final {
                    return Err(why);
                }
                why
            }
            Err(_) => "no reply within 10 s".to_owned(),
        };
        if Instant::now() > until {
            let waited = readiness.limit().as_secs();
            return Err(format!("not ready after {waited} s: {why}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
