//! MySQL 8 or later, from the first way that works.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sqlx::mysql::{MySqlPool, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};

use super::choose::{ServersError, Way, allowed, first};
use super::port;
use super::program::{Program, option, real_and_new};
use super::readiness::Readiness;
use super::run::{Alive, Published, Turn};
use super::shared::{self, Slot};
use super::supervise::Supervised;
use super::system::Consent;
use super::url::ServerUrl;
use super::{containers, debian, names, runtime, say, system};

/// How the names of test databases begin.
const PREFIX: &str = "dal_test_";

/// The URL of a server that was given.
const GIVEN: &str = "DAL_MYSQL_URL";

pub(super) const CHOICES: &str = "  - set DAL_MYSQL_URL (mysql://user:password@host:port/) to a MySQL 8 or later (`docker compose up -d --wait` starts one)
  - put a `mysqld` of MySQL 8 or later on PATH (MariaDB does not count)
  - start a Docker engine
  - on Debian or Ubuntu: run `dal servers install`, or set DAL_INSTALL=1 (uses apt-get and dpkg-deb)";

/// When a server was given and cannot be used.
const GIVEN_CHOICES: &str = "  - correct DAL_MYSQL_URL: mysql://user:password@host:port/?option=value, where user and password, the port and options such as ssl-mode, ssl-ca and socket are those of a MySQL 8 or later that runs
  - unset DAL_MYSQL_URL, and a server of the tests' own is found or started";

/// A running MySQL.
#[derive(Debug)]
pub struct MySqlServer {
    url: ServerUrl,
    version: String,
    alive: Alive,
}

impl MySqlServer {
    /// Finds or starts one, for the caller to keep: it ends when this value is dropped. Blocks for
    /// seconds, and for minutes when something must be fetched. Tests share [`mysql`] instead.
    ///
    /// # Errors
    /// What was tried and what to do, when there is none.
    pub fn start() -> Result<Self, ServersError> {
        start(None)
    }

    /// The one MySQL of this run, as [`mysql`] returns it, for async functions: it starts on a
    /// thread of its own, and nothing is blocked meanwhile.
    ///
    /// # Errors
    /// What was tried and what to do, when there is none.
    pub async fn shared() -> Result<&'static Self, &'static ServersError> {
        shared::get_async(&SHARED, start_or_join).await
    }

    /// Uses the running server at this URL, which keeps its options (TLS, socket and so on).
    ///
    /// # Errors
    /// At once when it refuses the log-in or the encryption, or is not MySQL 8 or later.
    pub fn at(url: &str) -> Result<Self, ServersError> {
        let ways: Vec<Way<'_, Self>> = vec![("the given URL", Box::new(|| given(url)))];
        first("MySQL", GIVEN_CHOICES, ways)
    }

    /// The URL of the server, without a database, and with its options.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Whether it goes on when its users have ended, with the databases that are left.
    pub(crate) fn is_given(&self) -> bool {
        matches!(self.alive, Alive::Elsewhere)
    }

    /// The URL of one of its databases.
    pub fn database_url(&self, name: &str) -> String {
        self.url.with_database(name)
    }

    /// What `SELECT VERSION()` returns.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Creates an empty database, whose name begins with `dal_test_`, and returns its URL. On a server
    /// that was given, [`MySqlServer::drop_with`] drops it; what is left is dropped by a run that
    /// begins some hours later, or by `dal servers clean`.
    ///
    /// # Errors
    /// The server's own.
    pub async fn fresh_database(&self) -> Result<String, sqlx::Error> {
        let name = format!("{PREFIX}{}", names::fresh());
        execute(self.url(), format!("CREATE DATABASE {name}")).await?;
        Ok(self.database_url(&name))
    }

    /// Drops the database that `pool` is connected to once the pool is closed or its last clone is
    /// dropped. On a server that ends with its users there is nothing to do.
    pub fn drop_with(&'static self, pool: &MySqlPool) {
        let name = pool.connect_options().get_database().map(str::to_owned);
        let (true, Some(name)) = (self.is_given(), name) else {
            return;
        };
        let closed = pool.close_event();
        runtime::runtime().spawn(async move {
            closed.await;
            if let Err(error) = self.drop_database(&name).await {
                say(&format!("dal: {name} is not dropped: {error}"));
            }
        });
    }

    /// Databases whose names begin with `dal_test_`, and how old they are, where the name says so.
    ///
    /// # Errors
    /// The server's own.
    pub async fn test_databases(&self) -> Result<Vec<(String, Option<Duration>)>, sqlx::Error> {
        test_databases(self.url()).await
    }

    /// Drops a database whose name begins with `dal_test_`; others are not touched.
    ///
    /// # Errors
    /// The server's own.
    pub async fn drop_database(&self, name: &str) -> Result<(), sqlx::Error> {
        drop_database(self.url(), name).await
    }

    /// A pool of two connections, with sqlx's own settings, on a [fresh
    /// database](MySqlServer::fresh_database), which [is dropped with it](MySqlServer::drop_with).
    ///
    /// # Errors
    /// The server's own.
    pub async fn fresh_pool(&'static self) -> Result<MySqlPool, sqlx::Error> {
        let url = self.fresh_database().await?;
        let pool = MySqlPoolOptions::new()
            .max_connections(2)
            .connect(&url)
            .await?;
        self.drop_with(&pool);
        Ok(pool)
    }
}

/// The one MySQL of this run: of all processes that one `cargo test` or `cargo nextest run` starts.
/// It ends with the run. The first call blocks while it starts, minutes when it must be fetched: call
/// it in the test function, before anything async. In an async function use [`MySqlServer::shared`].
///
/// # Panics
/// With what was tried and what to do, when there is none.
#[expect(
    clippy::panic,
    reason = "called from tests; a missing engine must fail them"
)]
pub fn mysql() -> &'static MySqlServer {
    try_mysql().unwrap_or_else(|error| panic!("{error}"))
}

/// The one MySQL of this run, as [`mysql`].
///
/// # Errors
/// What was tried and what to do, when there is none.
pub fn try_mysql() -> Result<&'static MySqlServer, &'static ServersError> {
    shared::get(&SHARED, start_or_join)
}

static SHARED: Slot<MySqlServer> = Slot::new();

/// The MySQL of this run: another process has started it, or this one does.
fn start_or_join() -> Result<MySqlServer, ServersError> {
    if std::env::var_os(GIVEN).is_some() {
        return start(None);
    }
    let turn = Turn::take("mysql");
    let joined = turn.as_ref().and_then(join);
    joined.map_or_else(|| start(turn.as_ref()), Ok)
}

/// The one that another process of this run has started, when it answers.
fn join(turn: &Turn) -> Option<MySqlServer> {
    let (published, lifeline) = turn.found()?;
    let url = ServerUrl::new(&published.address).ok()?;
    let at_once = Readiness::Starting(Duration::ZERO);
    let version = version_of(url.as_str(), at_once, || None).ok()?;
    Some(MySqlServer {
        url,
        version,
        alive: Alive::Run(lifeline),
    })
}

fn start(turn: Option<&Turn>) -> Result<MySqlServer, ServersError> {
    if let Ok(url) = std::env::var(GIVEN) {
        let ways: Vec<Way<'_, MySqlServer>> = vec![(GIVEN, Box::new(|| given(&url)))];
        let server = first("MySQL", GIVEN_CHOICES, ways)?;
        drop_left_overs(&server);
        return Ok(server);
    }
    let allowed = allowed("MySQL", CHOICES)?;
    let mut ways: Vec<Way<'_, MySqlServer>> = Vec::new();
    if allowed.local {
        ways.push(("mysqld on PATH", Box::new(move || from_path(turn))));
    }
    if allowed.containers {
        ways.push((
            "a container of an image that is here",
            Box::new(move || container(false, turn)),
        ));
    }
    if allowed.local {
        ways.push((
            "a private copy from the operating system's packages",
            Box::new(move || {
                let root = debian::mysql_root(Consent::ByEnvironment)?;
                private(&Program::unpacked(&root)?, turn)
            }),
        ));
    }
    if allowed.containers {
        ways.push((
            "a container of a pulled image",
            Box::new(move || container(true, turn)),
        ));
    }
    first("MySQL", CHOICES, ways)
}

fn given(url: &str) -> Result<MySqlServer, String> {
    let url = ServerUrl::new(url)?;
    let version = version_of(url.as_str(), Readiness::Running, || None)?;
    Ok(MySqlServer {
        url,
        version,
        alive: Alive::Elsewhere,
    })
}

/// Drops what killed runs have left on a server that was given.
fn drop_left_overs(server: &MySqlServer) {
    let url = server.url().to_owned();
    let dropped = runtime::block_on(async move {
        for (name, age) in test_databases(&url).await? {
            if age.is_some_and(|age| age > names::LEFT_OVER) {
                drop_database(&url, &name).await?;
            }
        }
        Ok::<_, sqlx::Error>(())
    });
    if let Ok(Err(error)) = dropped {
        say(&format!(
            "dal: old test databases cannot be dropped: {error}"
        ));
    }
}

async fn test_databases(url: &str) -> Result<Vec<(String, Option<Duration>)>, sqlx::Error> {
    let mut connection = MySqlConnection::connect(url).await?;
    let sql = "SELECT CAST(SCHEMA_NAME AS CHAR) FROM information_schema.SCHEMATA";
    let all: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(names::aged(PREFIX, all))
}

async fn drop_database(url: &str, name: &str) -> Result<(), sqlx::Error> {
    if !name.starts_with(PREFIX) || name.contains('`') {
        let why = format!("`{name}` is not a test database");
        return Err(sqlx::Error::Configuration(why.into()));
    }
    execute(url, format!("DROP DATABASE IF EXISTS `{name}`")).await
}

async fn execute(url: &str, sql: String) -> Result<(), sqlx::Error> {
    let mut connection = MySqlConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await?;
    connection.close().await
}

fn container(pull: bool, turn: Option<&Turn>) -> Result<MySqlServer, String> {
    let (remover, address) = containers::mysql(pull, turn)?;
    let url = ServerUrl::new(&format!("mysql://root@{address}/"))?;
    let limit = Duration::from_mins(1);
    let version = version_of(url.as_str(), Readiness::Starting(limit), || None)?;
    Ok(ready(url, version, remover, turn))
}

fn from_path(turn: Option<&Turn>) -> Result<MySqlServer, String> {
    let text = system::output(
        Command::new("mysqld").arg("--version"),
        Duration::from_secs(20),
    )?;
    real_and_new(&text)?;
    private(&Program::on_path(), turn)
}

/// A server of our own on a data folder of its own.
fn private(program: &Program, turn: Option<&Turn>) -> Result<MySqlServer, String> {
    let io = |e: std::io::Error| e.to_string();
    let folder = tempfile::Builder::new()
        .prefix("dal-mysql.")
        .tempdir()
        .map_err(io)?;
    let data = folder.path().join("data");
    let mut common: Vec<OsString> = Vec::new();
    if let Some(user) = unprivileged(folder.path())? {
        common.push(format!("--user={user}").into());
    }
    let file = |name: &str| folder.path().join(name).into_os_string();
    common.push(option("--datadir=", data.into_os_string()));
    // Its account need not be able to write to the folder for temporary files.
    common.push(option("--tmpdir=", folder.path()));
    common.push("--secure-file-priv=NULL".into());
    common.push("--mysqlx=OFF".into());

    let mut initialize = program.with(common.iter().cloned());
    initialize.push("--initialize-insecure".into());
    let port = port::reserve()?;
    let mut run = program.with(common);
    run.push("--bind-address=127.0.0.1".into());
    run.push(format!("--port={}", port.number).into());
    run.push(option("--socket=", file("s")));
    run.push(option("--pid-file=", file("pid")));
    run.push("--innodb-flush-log-at-trx-commit=2".into());
    run.push("--innodb-buffer-pool-size=64M".into());
    run.push("--skip-log-bin".into());
    run.push("--max-connections=400".into());
    let folder = folder.keep();
    Supervised::complete(&initialize, &folder, Duration::from_mins(2))?;
    let url = ServerUrl::new(&format!("mysql://root@127.0.0.1:{}/", port.number))?;
    let mut process = Supervised::start(&run, &folder, turn.map(Turn::run), port)?;
    let starting = Readiness::Starting(Duration::from_secs(90));
    let version = version_of(url.as_str(), starting, || process.ended())?;
    Ok(ready(url, version, process, turn))
}

fn ready(url: ServerUrl, version: String, process: Supervised, turn: Option<&Turn>) -> MySqlServer {
    let published = Published {
        address: url.as_str().to_owned(),
        version: version.clone(),
    };
    MySqlServer {
        url,
        version,
        alive: Alive::of(process, turn, &published),
    }
}

/// As root: the account that the server shall run as, made the owner of `folder`.
fn unprivileged(folder: &Path) -> Result<Option<&'static str>, String> {
    if !system::is_root() {
        return Ok(None);
    }
    let account = "nobody";
    let id = system::uid_of(Some(account))
        .and_then(|text| text.parse::<u32>().ok())
        .ok_or("as root MySQL needs the account `nobody`, which is missing")?;
    #[cfg(unix)]
    std::os::unix::fs::chown(folder, Some(id), None).map_err(|e| e.to_string())?;
    Ok(Some(account))
}

/// The version, as soon as the server says it.
fn version_of(
    url: &str,
    readiness: Readiness,
    mut ended: impl FnMut() -> Option<String>,
) -> Result<String, String> {
    let until = Instant::now() + readiness.limit();
    loop {
        if let Some(why) = ended() {
            return Err(why);
        }
        let address = url.to_owned();
        let asked = runtime::block_on(async move {
            let ask = async {
                let mut connection = MySqlConnection::connect(&address).await?;
                let version: String = sqlx::query_scalar("SELECT VERSION()")
                    .fetch_one(&mut connection)
                    .await?;
                connection.close().await?;
                Ok::<_, sqlx::Error>(version)
            };
            tokio::time::timeout(Duration::from_secs(10), ask).await
        })?;
        let why = match asked {
            Ok(Ok(version)) => {
                real_and_new(&version)?;
                return Ok(version);
            }
            Ok(Err(error)) => {
                if readiness.is_final(&error) {
                    return Err(error.to_string());
                }
                error.to_string()
            }
            Err(_) => "no reply within 10 s".to_owned(),
        };
        if Instant::now() > until {
            let waited = readiness.limit().as_secs();
            return Err(format!("not ready after {waited} s: {why}"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[cfg(test)]
mod tests {
    use super::real_and_new;

    #[test]
    fn mariadb_and_old_versions_do_not_count() {
        assert!(real_and_new("mysqld  Ver 8.0.36 for Linux on x86_64").is_ok());
        assert!(real_and_new("9.7.0-1").is_ok());
        assert!(
            real_and_new("mysqld  Ver 5.7.44")
                .unwrap_err()
                .contains("older")
        );
        assert!(
            real_and_new("mysqld  Ver 10.11.6-MariaDB-0+deb12u1")
                .unwrap_err()
                .contains("MariaDB")
        );
    }
}
