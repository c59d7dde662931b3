//! The session in which both stores can agree: the rules, how a pool gets them, how they are verified.

use std::str::FromStr;

use dal_traits::{Error, ErrorKind, Result};
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use sqlx::{ConnectOptions, Executor, Row};

use crate::{cause, error, is_current, release};

/// The statement that puts a new connection under the session rules:
///
/// * the whole `sql_mode`: strict, and `NO_AUTO_VALUE_ON_ZERO`, so that the id 0 is the id 0;
/// * times in UTC;
/// * `utf8mb4` for statements and answers.
///
/// For a pool of one's own:
///
/// ```no_run
/// use sqlx::Executor;
/// # async fn f() -> Result<(), sqlx::Error> {
/// let pool = sqlx::mysql::MySqlPoolOptions::new()
///     .after_connect(|connection, _| Box::pin(async move {
///         connection.execute(dal_mysql::SESSION_RULES).await.map(|_| ())
///     }))
///     .after_release(|connection, _| Box::pin(dal_mysql::release(connection)))
///     .connect("mysql://localhost/shop").await?;
/// # Ok(()) }
/// ```
pub const SESSION_RULES: &str = "SET sql_mode='ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,\
     NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,\
     NO_AUTO_VALUE_ON_ZERO', time_zone='+00:00', NAMES utf8mb4";

/// Modes without which MySQL would change a value in silence.
const NEEDED: [&str; 5] = [
    "NO_ZERO_IN_DATE",
    "NO_ZERO_DATE",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "NO_ENGINE_SUBSTITUTION",
    "NO_AUTO_VALUE_ON_ZERO",
];

/// Modes that change what is stored or returned.
const REFUSED: [&str; 3] = [
    "ALLOW_INVALID_DATES",
    "PAD_CHAR_TO_FULL_LENGTH",
    "TIME_TRUNCATE_FRACTIONAL",
];

/// The connect options for a URL such as `mysql://user:password@host:3306/database`.
///
/// sqlx adds nothing to `sql_mode`, which [`SESSION_RULES`] sets as a whole, and does not log
/// statements, whose text may hold values.
///
/// # Errors
/// [`ErrorKind::Config`] when the URL cannot be read; its text is not repeated.
pub fn connect_options(url: &str) -> Result<MySqlConnectOptions> {
    let options = MySqlConnectOptions::from_str(url).map_err(|native| {
        error::error("connect", "", native)
            .with("expected", "mysql://user:password@host:3306/database")
    })?;
    Ok(options
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .disable_statement_logging())
}

/// Pool options whose connections follow the session rules, and are clean when somebody gets them: see
/// [`release`].
pub fn pool_options() -> MySqlPoolOptions {
    MySqlPoolOptions::new()
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SESSION_RULES).await.map(|_| ()) })
        })
        .before_acquire(|_, meta| Box::pin(async move { Ok(is_current(&meta)) }))
        .after_release(|connection, _| Box::pin(release(connection)))
}

/// Connects a pool under the session rules to `url`, with sqlx's defaults for its size and times.
pub(crate) async fn open(url: &str) -> Result<MySqlPool> {
    let pool = pool_options().connect_lazy_with(connect_options(url)?);
    match pool.acquire().await {
        Ok(_connection) => Ok(pool),
        Err(native) => Err(error::error("connect", "", cause(&pool, native).await)),
    }
}

/// Verifies that a connection of `pool` follows the session rules.
///
/// # Errors
/// [`ErrorKind::Config`] naming every setting that differs and the line to add;
/// [`ErrorKind::Unsupported`] for MariaDB; else what reaching the server gave.
pub async fn verify(pool: &MySqlPool) -> Result<()> {
    let row = sqlx::query(
        "SELECT @@SESSION.sql_mode, @@SESSION.time_zone, @@SESSION.character_set_client, \
         @@SESSION.character_set_connection, COALESCE(@@SESSION.character_set_results, ''), VERSION()",
    )
    .fetch_one(pool)
    .await
    .map_err(|native| error::error("verify", "", native))?;
    let column = |index: usize| {
        row.try_get::<String, _>(index)
            .map_err(|native| error::error("verify", "", native))
    };
    let version = column(5)?;
    if version.contains("MariaDB") {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the server is MariaDB, whose collations, JSON and error texts differ; connect to MySQL 8 or later",
        )
        .backend("mysql")
        .with("version", version));
    }
    let mut wrong = modes(&column(0)?);
    let zone = column(1)?;
    if zone != "+00:00" {
        wrong.push(format!("time_zone is {zone}, not +00:00"));
    }
    for (index, name) in [
        (2, "character_set_client"),
        (3, "character_set_connection"),
        (4, "character_set_results"),
    ] {
        let found = column(index)?;
        if found != "utf8mb4" {
            wrong.push(format!("{name} is {found}, not utf8mb4"));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Config,
        format!(
            "the pool's sessions do not follow the rules ({}); give its options this line: \
             .after_connect(|connection, _| Box::pin(async move {{ \
             connection.execute(dal_mysql::SESSION_RULES).await.map(|_| ()) }}))",
            wrong.join("; ")
        ),
    )
    .backend("mysql")
    .operation("verify"))
}

fn modes(sql_mode: &str) -> Vec<String> {
    let has = |mode: &str| sql_mode.split(',').any(|part| part == mode);
    let mut wrong = Vec::new();
    if !has("STRICT_TRANS_TABLES") && !has("STRICT_ALL_TABLES") {
        wrong.push("sql_mode is not strict".to_owned());
    }
    for mode in NEEDED {
        if !has(mode) {
            wrong.push(format!("sql_mode lacks {mode}"));
        }
    }
    for mode in REFUSED {
        if has(mode) {
            wrong.push(format!("sql_mode has {mode}"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_rules_pass_and_each_missing_mode_is_named() {
        let ours = SESSION_RULES.split('\'').nth(1).unwrap();
        assert_eq!(modes(ours), Vec::<String>::new());
        let wrong = modes("PAD_CHAR_TO_FULL_LENGTH").join("\n");
        for name in ["strict", "NO_AUTO_VALUE_ON_ZERO", "PAD_CHAR_TO_FULL_LENGTH"] {
            assert!(wrong.contains(name), "{name} is missing in {wrong}");
        }
    }

    #[test]
    fn a_url_that_cannot_be_read_is_not_repeated() {
        let error = connect_options("mysql://root:secret-word@host:notaport/db").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error} {error:?}").contains("secret-word"));
    }
}
