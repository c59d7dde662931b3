//! DynamoDB: embedded, AWS's Local, or real AWS when that is asked for by name.

use std::ffi::OsString;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{Credentials, Region};
use dynoxide::{Database, server};
use tokio::net::TcpListener;

use super::choose::{ServersError, Way, allowed, first};
use super::port::{self, Port};
use super::supervise::Supervised;
use super::system::Consent;
use super::{containers, engines, jar, mysql::CHOICES};

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
    _alive: Alive,
}

#[derive(Debug)]
enum Alive {
    Elsewhere,
    Process(
        #[expect(dead_code, reason = "held: its drop stops the server")] Supervised,
        #[expect(dead_code, reason = "held: reserves the port")] Port,
    ),
    Container(#[expect(dead_code, reason = "held: its drop stops the server")] containers::Held),
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
            DynamoDbKind::Local => local(),
            DynamoDbKind::Aws => first(
                "AWS DynamoDB",
                CHOICES,
                vec![("DAL_DYNAMODB=aws", Box::new(real))],
            ),
        }
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

    /// A client without the SDK's own retries.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// A prefix for table names that nobody else uses; on servers that were given it begins with `dal_test_`.
    pub fn fresh_prefix(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        format!(
            "{}{}_{}_{:06x}_",
            self.prefix,
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed),
            fastrand::u32(..0x0100_0000)
        )
    }
}

/// The `DynamoDB` whose word counts: Local, or real AWS with `DAL_DYNAMODB=aws`.
///
/// # Panics
/// With what was tried and what to do, when there is none.
pub fn verdict_dynamodb() -> &'static DynamoDbServer {
    if std::env::var("DAL_DYNAMODB").as_deref() == Ok("aws") {
        dynamodb(DynamoDbKind::Aws)
    } else {
        dynamodb(DynamoDbKind::Local)
    }
}

/// The one server of this kind in this process.
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

/// The one server of this kind in this process.
///
/// # Errors
/// What was tried and what to do, when there is none.
pub fn try_dynamodb(kind: DynamoDbKind) -> Result<&'static DynamoDbServer, &'static ServersError> {
    type Slot = OnceLock<Result<DynamoDbServer, ServersError>>;
    static EMBEDDED: Slot = OnceLock::new();
    static LOCAL: Slot = OnceLock::new();
    static AWS: Slot = OnceLock::new();
    let slot = match kind {
        DynamoDbKind::Embedded => &EMBEDDED,
        DynamoDbKind::Local => &LOCAL,
        DynamoDbKind::Aws => &AWS,
    };
    slot.get_or_init(|| DynamoDbServer::start(kind)).as_ref()
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
        _alive: alive,
    }
}

fn embedded() -> Result<DynamoDbServer, String> {
    let database = Database::memory().map_err(|e| e.to_string())?;
    let port = engines::block_on(async move {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        tokio::spawn(async move {
            let _ = server::serve_with_shutdown(listener, database, std::future::pending()).await;
        });
        Ok::<_, std::io::Error>(port)
    })?
    .map_err(|e| e.to_string())?;
    let endpoint = format!("http://127.0.0.1:{port}");
    ready(&client_of(&endpoint), Duration::from_secs(10), || None)?;
    Ok(server_at(
        DynamoDbKind::Embedded,
        endpoint,
        EMBEDDED_VERSION,
        Alive::Elsewhere,
    ))
}

fn local() -> Result<DynamoDbServer, ServersError> {
    let kind = DynamoDbKind::Local;
    if let Ok(url) = std::env::var("DAL_DYNAMODB_URL") {
        let ways: Vec<Way<'_, DynamoDbServer>> = vec![(
            "DAL_DYNAMODB_URL",
            Box::new(|| {
                ready(&client_of(&url), Duration::from_secs(30), || None)?;
                Ok(server_at(
                    kind,
                    url.clone(),
                    "(given by DAL_DYNAMODB_URL)",
                    Alive::Elsewhere,
                ))
            }),
        )];
        return first("DynamoDB Local", CHOICES, ways);
    }
    let container = |pull: bool| {
        let (held, address, version) = containers::dynamodb(pull)?;
        let endpoint = format!("http://{address}");
        ready(&client_of(&endpoint), Duration::from_mins(1), || None)?;
        Ok(server_at(kind, endpoint, &version, Alive::Container(held)))
    };
    let mut ways: Vec<Way<'_, DynamoDbServer>> = Vec::new();
    if allowed("containers") {
        ways.push((
            "a container of an image that is here",
            Box::new(move || container(false)),
        ));
    }
    if allowed("local") {
        ways.push(("AWS's jar with Java", Box::new(from_jar)));
    }
    if allowed("containers") {
        ways.push((
            "a container of a pulled image",
            Box::new(move || container(true)),
        ));
    }
    first("DynamoDB Local", CHOICES, ways)
}

fn from_jar() -> Result<DynamoDbServer, String> {
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
    let mut process = Supervised::start(&command, &scratch)?;
    let endpoint = format!("http://127.0.0.1:{}", port.number);
    ready(&client_of(&endpoint), Duration::from_mins(1), || {
        process.ended()
    })?;
    Ok(server_at(
        DynamoDbKind::Local,
        endpoint,
        jar::VERSION,
        Alive::Process(process, port),
    ))
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
    let client = engines::block_on(async {
        let shared = aws_config::load_from_env().await;
        let config = aws_sdk_dynamodb::config::Builder::from(&shared)
            .retry_config(RetryConfig::disabled())
            .build();
        Client::from_conf(config)
    })?;
    ready(&client, Duration::from_secs(30), || None)?;
    Ok(DynamoDbServer {
        kind: DynamoDbKind::Aws,
        endpoint: None,
        version: "as of today".to_owned(),
        prefix,
        client,
        _alive: Alive::Elsewhere,
    })
}

/// Waits until the server lists its tables.
fn ready(
    client: &Client,
    limit: Duration,
    mut ended: impl FnMut() -> Option<String>,
) -> Result<(), String> {
    let until = Instant::now() + limit;
    loop {
        if let Some(why) = ended() {
            return Err(why);
        }
        let client = client.clone();
        let asked = engines::block_on(async move {
            tokio::time::timeout(
                Duration::from_secs(10),
                client.list_tables().limit(1).send(),
            )
            .await
        })?;
        let why = match asked {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => aws_sdk_dynamodb::error::DisplayErrorContext(error).to_string(),
            Err(_) => "no answer within 10 s".to_owned(),
        };
        if Instant::now() > until {
            return Err(format!("not ready after {} s: {why}", limit.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
