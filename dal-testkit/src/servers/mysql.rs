//! MySQL 8 or later, from the first way that works.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::mysql::{MySqlPool, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};

use super::choose::{ServersError, Way, allowed, first};
use super::port::{self, Port};
use super::supervise::Supervised;
use super::system::Consent;
use super::{containers, debian, engines, system};

pub(super) const CHOICES: &str = "  - set DAL_MYSQL_URL (mysql://user:password@host:port/) to a MySQL 8 or later, and DAL_DYNAMODB_URL to a DynamoDB Local (`docker compose up -d --wait` starts both)
  - put a `mysqld` of MySQL 8 or later on PATH (MariaDB does not count)
  - start a Docker engine
  - on Debian or Ubuntu: run `dal servers install`, or set DAL_INSTALL=1 (uses apt-get, dpkg-deb, java and mvn)";

/// A running MySQL.
#[derive(Debug)]
pub struct MySqlServer {
    url: String,
    version: String,
    _alive: Alive,
}

#[derive(Debug)]
enum Alive {
    Given,
    Process(
        #[expect(dead_code, reason = "held: its drop stops the server")] Supervised,
        #[expect(dead_code, reason = "held: reserves the port")] Port,
    ),
    Container(#[expect(dead_code, reason = "held: its drop stops the server")] containers::Held),
}

impl MySqlServer {
    /// Finds or starts one, for the caller to keep: it ends when this value is dropped. Blocks for
    /// seconds, and for minutes when something must be fetched. Tests share [`mysql`] instead.
    ///
    /// # Errors
    /// What was tried and what to do, when there is none.
    pub fn start() -> Result<Self, ServersError> {
        start()
    }

    /// The URL of the server, ending in `/`: append the name of a database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What `SELECT VERSION()` answers.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Creates an empty database, whose name begins with `dal_test_`, and returns its URL.
    ///
    /// # Errors
    /// The server's own.
    pub async fn fresh_database(&self) -> Result<String, sqlx::Error> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "dal_test_{}_{}_{:06x}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed),
            fastrand::u32(..0x0100_0000)
        );
        let mut connection = MySqlConnection::connect(&self.url).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(format!("{}{name}", self.url))
    }

    /// A pool of two connections, with sqlx's own settings, on a [fresh
    /// database](MySqlServer::fresh_database).
    ///
    /// # Errors
    /// The server's own.
    pub async fn fresh_pool(&self) -> Result<MySqlPool, sqlx::Error> {
        let url = self.fresh_database().await?;
        MySqlPoolOptions::new()
            .max_connections(2)
            .connect(&url)
            .await
    }
}

/// The one MySQL of this process.
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

/// The one MySQL of this process.
///
/// # Errors
/// What was tried and what to do, when there is none.
pub fn try_mysql() -> Result<&'static MySqlServer, &'static ServersError> {
    static SERVER: OnceLock<Result<MySqlServer, ServersError>> = OnceLock::new();
    SERVER.get_or_init(start).as_ref()
}

fn start() -> Result<MySqlServer, ServersError> {
    if let Ok(url) = std::env::var("DAL_MYSQL_URL") {
        let ways: Vec<Way<'_, MySqlServer>> = vec![("DAL_MYSQL_URL", Box::new(|| given(&url)))];
        return first("MySQL", CHOICES, ways);
    }
    let mut ways: Vec<Way<'_, MySqlServer>> = Vec::new();
    if allowed("local") {
        ways.push(("mysqld on PATH", Box::new(from_path)));
    }
    if allowed("containers") {
        ways.push((
            "a container of an image that is here",
            Box::new(|| container(false)),
        ));
    }
    if allowed("local") {
        ways.push((
            "a private copy from the operating system's packages",
            Box::new(|| {
                private(&Program::unpacked(&debian::mysql_root(
                    Consent::ByEnvironment,
                )?))
            }),
        ));
    }
    if allowed("containers") {
        ways.push((
            "a container of a pulled image",
            Box::new(|| container(true)),
        ));
    }
    first("MySQL", CHOICES, ways)
}

fn given(url: &str) -> Result<MySqlServer, String> {
    let url = match url.find("://").and_then(|at| url.get(at + 3..)) {
        Some(rest) if rest.contains('/') => match rest.split_once('/') {
            Some((host, _)) => format!("mysql://{host}/"),
            None => format!("{url}/"),
        },
        Some(_) => format!("{url}/"),
        None => {
            return Err(format!(
                "`{url}` is no URL; use mysql://user:password@host:port/"
            ));
        }
    };
    let version = answer_of(&url, Duration::from_secs(30), || None)?;
    Ok(MySqlServer {
        url,
        version,
        _alive: Alive::Given,
    })
}

fn container(pull: bool) -> Result<MySqlServer, String> {
    let (held, address) = containers::mysql(pull)?;
    let url = format!("mysql://root@{address}/");
    let version = answer_of(&url, Duration::from_mins(1), || None)?;
    Ok(MySqlServer {
        url,
        version,
        _alive: Alive::Container(held),
    })
}

fn from_path() -> Result<MySqlServer, String> {
    let text = system::output(
        Command::new("mysqld").arg("--version"),
        Duration::from_secs(20),
    )?;
    real_and_new(&text)?;
    private(&Program {
        command: vec!["mysqld".into()],
        options: Vec::new(),
    })
}

/// MariaDB answers under the same name and differs in collations, JSON and error texts.
pub(super) fn real_and_new(version: &str) -> Result<(), String> {
    if version.contains("MariaDB") {
        return Err(format!(
            "`{}` is MariaDB, which differs from MySQL",
            version.trim()
        ));
    }
    let major = version
        .split("Ver ")
        .nth(1)
        .unwrap_or(version)
        .split('.')
        .next()
        .and_then(|n| n.trim().parse::<u32>().ok());
    match major {
        Some(8..) => Ok(()),
        _ => Err(format!("`{}` is older than MySQL 8", version.trim())),
    }
}

/// How to start mysqld.
pub(super) struct Program {
    command: Vec<OsString>,
    options: Vec<OsString>,
}

impl Program {
    /// From packages unpacked into `root`, through that folder's own loader.
    pub(super) fn unpacked(root: &Path) -> Self {
        let (loader, triplet) = if cfg!(target_arch = "aarch64") {
            ("usr/lib/ld-linux-aarch64.so.1", "aarch64-linux-gnu")
        } else {
            ("usr/lib64/ld-linux-x86-64.so.2", "x86_64-linux-gnu")
        };
        let lib = root.join("usr/lib");
        let libraries: Vec<PathBuf> = vec![
            lib.join(triplet),
            lib.join("mysql/private"),
            lib.join("mysql"),
        ];
        let mut path = OsString::new();
        for (n, folder) in libraries.iter().enumerate() {
            if n > 0 {
                path.push(":");
            }
            path.push(folder);
        }
        let option = |name: &str, value: PathBuf| {
            let mut text = OsString::from(name);
            text.push(value);
            text
        };
        Self {
            command: vec![
                root.join(loader).into(),
                "--library-path".into(),
                path,
                root.join("usr/sbin/mysqld").into(),
            ],
            options: vec![
                option("--basedir=", root.join("usr")),
                option("--lc-messages-dir=", root.join("usr/share/mysql")),
                option("--plugin-dir=", lib.join("mysql/plugin")),
            ],
        }
    }

    /// What `--version` answers.
    pub(super) fn version(&self) -> Result<String, String> {
        let (program, arguments) = self.command.split_first().ok_or("no program")?;
        system::output(
            Command::new(program).args(arguments).arg("--version"),
            Duration::from_mins(1),
        )
    }

    fn with(&self, more: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
        let mut all = self.command.clone();
        all.push("--no-defaults".into());
        all.extend(self.options.iter().cloned());
        all.extend(more);
        all
    }
}

/// A server of our own on a data folder of its own.
fn private(program: &Program) -> Result<MySqlServer, String> {
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
    let option = |name: &str, value: OsString| {
        let mut text = OsString::from(name);
        text.push(value);
        text
    };
    common.push(option("--datadir=", data.into_os_string()));
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
    let mut process = Supervised::start(&run, &folder)?;
    let url = format!("mysql://root@127.0.0.1:{}/", port.number);
    let version = answer_of(&url, Duration::from_secs(90), || process.ended())?;
    Ok(MySqlServer {
        url,
        version,
        _alive: Alive::Process(process, port),
    })
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

/// The version, as soon as the server answers.
fn answer_of(
    url: &str,
    limit: Duration,
    mut ended: impl FnMut() -> Option<String>,
) -> Result<String, String> {
    let until = Instant::now() + limit;
    loop {
        if let Some(why) = ended() {
            return Err(why);
        }
        let address = url.to_owned();
        let asked = engines::block_on(async move {
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
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer within 10 s".to_owned(),
        };
        if Instant::now() > until {
            return Err(format!("not ready after {} s: {why}", limit.as_secs()));
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
