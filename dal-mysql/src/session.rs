//! The settings of a pool's sessions: read and reported, never changed.

use dal_traits::{Error, ErrorKind, Result};
use sqlx::Row;
use sqlx::mysql::{MySqlPool, MySqlRow};

use crate::{cause, error};

/// The settings of a pool's connections as they were read, see
/// [`MySql::session`](crate::MySql::session).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The server's version.
    pub version: String,
    /// `sql_mode`.
    pub sql_mode: String,
    /// `time_zone`.
    pub time_zone: String,
    /// `transaction_isolation`, such as `REPEATABLE-READ`.
    pub isolation: String,
    /// Settings that can make two stores differ, each with the reason and what to do.
    pub warnings: Vec<String>,
}

/// Every setting that is read, in one statement.
const SETTINGS: &str = "SELECT VERSION(), @@SESSION.sql_mode, @@SESSION.time_zone, \
     @@GLOBAL.system_time_zone, @@SESSION.transaction_isolation, @@SESSION.autocommit = 1, \
     @@SESSION.completion_type, @@SESSION.character_set_client, \
     @@SESSION.character_set_connection, COALESCE(@@SESSION.character_set_results, '')";

/// Up to three columns whose values depend on the time zone of the session.
const TIMESTAMPS: &str = "SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME) \
     FROM information_schema.COLUMNS \
     WHERE TABLE_SCHEMA = DATABASE() AND DATA_TYPE = 'timestamp' \
     ORDER BY TABLE_NAME, COLUMN_NAME LIMIT 3";

/// Each mode, whether it must be set, and what happens otherwise.
const MODES: [(&str, bool, &str); 6] = [
    (
        "NO_ZERO_DATE",
        true,
        "MySQL takes the date 0000-00-00, which no other store can hold",
    ),
    (
        "NO_ZERO_IN_DATE",
        true,
        "MySQL takes dates such as 2025-00-10, which no other store can hold",
    ),
    (
        "ERROR_FOR_DIVISION_BY_ZERO",
        true,
        "MySQL stores NULL for a division by zero",
    ),
    (
        "ALLOW_INVALID_DATES",
        false,
        "MySQL takes dates such as 2025-02-31, which no other store can hold",
    ),
    (
        "PAD_CHAR_TO_FULL_LENGTH",
        false,
        "MySQL returns CHAR values with spaces that were not written",
    ),
    (
        "TIME_TRUNCATE_FRACTIONAL",
        false,
        "MySQL cuts fractions of a second that it rounds elsewhere",
    ),
];

/// Reads the settings of one connection of `pool`.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for MariaDB; [`ErrorKind::Config`] for a session that loses writes or
/// reads uncommitted data; any other error is MySQL's own.
pub(crate) async fn read(pool: &MySqlPool) -> Result<Session> {
    let failed = |native| error::error("from_pool", "", native);
    let row = match sqlx::query(SETTINGS).fetch_one(pool).await {
        Ok(row) => row,
        Err(native) => return Err(failed(cause(pool, native).await)),
    };
    let text = |column| row.try_get::<String, _>(column).map_err(failed);
    let version = text(0)?;
    if version.contains("MariaDB") {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the server is MariaDB, whose collations, JSON and error texts differ; connect to \
             MySQL 8 or later",
        )
        .backend("mysql")
        .with("version", version));
    }
    let session = Session {
        version,
        sql_mode: text(1)?,
        time_zone: text(2)?,
        isolation: text(4)?,
        warnings: Vec::new(),
    };
    loses_nothing(&session, &row).map_err(failed)??;
    let mut warnings = modes(&session.sql_mode);
    warnings.extend(
        zone(&session.time_zone, &text(3)?, pool)
            .await
            .map_err(failed)?,
    );
    for (column, name) in [
        (7, "character_set_client"),
        (8, "character_set_connection"),
        (9, "character_set_results"),
    ] {
        let found = text(column)?;
        if found != "utf8mb4" {
            warnings.push(format!(
                "{name} is {found}: MySQL refuses or replaces characters that the other store \
                 keeps; leave sqlx's `set_names` on"
            ));
        }
    }
    Ok(Session {
        warnings,
        ..session
    })
}

/// Refuses a session that loses a write although its call returned `Ok`, and one that reads
/// uncommitted data.
fn loses_nothing(session: &Session, row: &MySqlRow) -> Result<Result<()>, sqlx::Error> {
    let refused = if session.isolation == "READ-UNCOMMITTED" {
        "the isolation is READ UNCOMMITTED: calls return what is rolled back later, which the \
         other store never holds; run `SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED` \
         in the pool's `after_connect`"
    } else if !row.try_get::<bool, _>(5)? {
        "autocommit is off: a write outside a transaction is rolled back when its connection \
         returns to the pool; run `SET SESSION autocommit = 1` in the pool's `after_connect`"
    } else if row.try_get::<String, _>(6)? == "CHAIN" {
        "completion_type is CHAIN: each COMMIT begins a transaction that is never committed; run \
         `SET SESSION completion_type = NO_CHAIN` in the pool's `after_connect`"
    } else {
        return Ok(Ok(()));
    };
    Ok(Err(Error::new(ErrorKind::Config, refused)
        .backend("mysql")
        .operation("from_pool")))
}

fn modes(sql_mode: &str) -> Vec<String> {
    let has = |mode: &str| sql_mode.split(',').any(|part| part == mode);
    let mut warnings = Vec::new();
    if !has("STRICT_TRANS_TABLES") && !has("STRICT_ALL_TABLES") {
        warnings.push(
            "sql_mode is not strict: MySQL cuts or changes a value that does not fit, which the \
             other store keeps or refuses; add STRICT_TRANS_TABLES"
                .to_owned(),
        );
    }
    for (mode, wanted, why) in MODES {
        if has(mode) != wanted {
            let (found, change) = if wanted {
                ("lacks", "add it")
            } else {
                ("has", "remove it")
            };
            warnings.push(format!("sql_mode {found} {mode}: {why}; {change}"));
        }
    }
    warnings
}

/// A warning when the time zone is not UTC and a column depends on it.
async fn zone(zone: &str, system: &str, pool: &MySqlPool) -> Result<Option<String>, sqlx::Error> {
    let effective = if zone == "SYSTEM" { system } else { zone };
    if ["+00:00", "UTC", "Etc/UTC"].contains(&effective) {
        return Ok(None);
    }
    let columns: Vec<String> = sqlx::query_scalar(TIMESTAMPS).fetch_all(pool).await?;
    if columns.is_empty() {
        return Ok(None);
    }
    Ok(Some(format!(
        "time_zone is {effective} and TIMESTAMP columns move with it ({}): sqlx reads them as UTC; \
         leave sqlx's `timezone` at +00:00",
        columns.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modes_of_mysql_8_are_fine_and_each_missing_one_is_named() {
        let usual = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
                     ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";
        assert_eq!(modes(usual), Vec::<String>::new());
        let wrong = modes("PAD_CHAR_TO_FULL_LENGTH").join("\n");
        for name in [
            "strict",
            "lacks NO_ZERO_DATE",
            "has PAD_CHAR_TO_FULL_LENGTH",
        ] {
            assert!(wrong.contains(name), "{name} is missing in {wrong}");
        }
    }
}
