//! Turning dal on changes no answer of the application's own SQL: dal reads the sessions, reports
//! what it found, and refuses only a pool that would lose writes.

use std::collections::{BTreeMap, BTreeSet};

use crate::capture::capture;
use dal_testkit::servers::{self, Engine, announce, runtime};
use dal_traits::ErrorKind;
use sqlx::mysql::{MySqlConnection, MySqlPool, MySqlPoolOptions};
use sqlx::{Executor, Row};

const SUITE: &str = "sessions";

/// Tables for [`EXPRESSIONS`], and a time that is stored by a session in UTC.
const TABLES: &str = "CREATE TABLE words (id INT, word VARCHAR(3), padded CHAR(5));
    INSERT INTO words VALUES (1, 'tea', 'a'), (2, 'tea', 'b');
    CREATE TABLE numbers (n TINYINT NOT NULL);
    CREATE TABLE days (d DATE);
    CREATE TABLE times (t TIMESTAMP NULL, u TIME);
    SET time_zone = '+00:00';
    INSERT INTO times (t) VALUES ('2025-07-01 12:00:00')";

/// Every expression whose answer depends on a mode, on the zone, on the character set or on the
/// id 0. Each leaves the tables as they were.
const EXPRESSIONS: [&str; 30] = [
    // PIPES_AS_CONCAT, ANSI_QUOTES, NO_BACKSLASH_ESCAPES, HIGH_NOT_PRECEDENCE, IGNORE_SPACE.
    "SELECT 'Ann' || ' Lee'",
    "SELECT \"id\" FROM (SELECT 1 AS id) t",
    "SELECT LENGTH('a\\nb')",
    "SELECT NOT 1 BETWEEN -5 AND 5",
    "SELECT COUNT (*) FROM words",
    // REAL_AS_FLOAT, PAD_CHAR_TO_FULL_LENGTH, NO_UNSIGNED_SUBTRACTION, TIME_TRUNCATE_FRACTIONAL.
    "CREATE TEMPORARY TABLE reals (x REAL); SHOW CREATE TABLE reals; DROP TABLE reals",
    "SELECT LENGTH(padded) FROM words ORDER BY id",
    "SELECT CAST(0 AS UNSIGNED) - 1",
    "SELECT CAST('12:00:00.9' AS TIME(0))",
    "INSERT INTO times (u) VALUES ('12:00:00.9'); SELECT u FROM times WHERE u IS NOT NULL; \
     DELETE FROM times WHERE u IS NOT NULL",
    // ONLY_FULL_GROUP_BY, ERROR_FOR_DIVISION_BY_ZERO, strict mode.
    "SELECT id, word, COUNT(*) FROM words GROUP BY word",
    "INSERT INTO days VALUES (ADDDATE('2025-01-01', 1 / 0)); SELECT COUNT(*) FROM days; \
     DELETE FROM days",
    "INSERT INTO numbers VALUES (999); SELECT n FROM numbers; DELETE FROM numbers",
    "INSERT INTO numbers VALUES (1 % 0 IS NULL); SELECT n FROM numbers; DELETE FROM numbers",
    "INSERT INTO numbers VALUES (DEFAULT); SELECT n FROM numbers; DELETE FROM numbers",
    "INSERT INTO words VALUES (3, 'coffee', ''); SELECT word FROM words WHERE id = 3; \
     DELETE FROM words WHERE id = 3",
    // NO_ZERO_DATE, NO_ZERO_IN_DATE, ALLOW_INVALID_DATES.
    "INSERT INTO days VALUES ('0000-00-00'); SELECT d FROM days; DELETE FROM days",
    "INSERT INTO days VALUES ('2025-00-10'); SELECT d FROM days; DELETE FROM days",
    "INSERT INTO days VALUES ('2025-02-31'); SELECT d FROM days; DELETE FROM days",
    "SELECT CAST('0000-00-00' AS DATE), CAST('2025-02-31' AS DATE)",
    // NO_ENGINE_SUBSTITUTION.
    "CREATE TEMPORARY TABLE engines (id INT) ENGINE = NDB; SHOW CREATE TABLE engines; \
     DROP TABLE engines",
    // NO_AUTO_VALUE_ON_ZERO.
    "DO LAST_INSERT_ID(0); CREATE TEMPORARY TABLE ids (id INT AUTO_INCREMENT PRIMARY KEY); \
     INSERT INTO ids VALUES (0); SELECT id, LAST_INSERT_ID() FROM ids; DROP TABLE ids",
    // The zone.
    "SELECT @@SESSION.time_zone, TIMEDIFF(NOW(), UTC_TIMESTAMP())",
    "SELECT UNIX_TIMESTAMP('2025-07-01 12:00:00'), FROM_UNIXTIME(0)",
    "SELECT t FROM times",
    "SELECT COUNT(*) FROM times WHERE t = '2025-07-01 12:00:00'",
    // Character set and collation.
    "SELECT CHARSET('x'), COLLATION('x'), LENGTH('é'), 'a' = 'A', 'a' = 'a '",
    "SELECT CHARSET(CONCAT(1)), COLLATION(CONCAT(1))",
    // Isolation, and what a transaction is.
    "SELECT @@SESSION.transaction_isolation, @@SESSION.transaction_read_only",
    "SELECT @@SESSION.autocommit, @@SESSION.completion_type, @@SESSION.sql_auto_is_null",
];

/// Settings of a session that are its own from moment to moment.
const OF_THE_MOMENT: [&str; 12] = [
    "error_count",
    "external_user",
    "identity",
    "insert_id",
    "last_insert_id",
    "original_commit_timestamp",
    "pseudo_thread_id",
    "rand_seed1",
    "rand_seed2",
    "statement_id",
    "timestamp",
    "warning_count",
];

/// What the team's sessions may look like: each mode by itself, the usual sets, another zone,
/// another character set, another isolation.
const SETTINGS: [&str; 28] = [
    "DO 0",
    "SET sql_mode = ''",
    "SET sql_mode = 'TRADITIONAL'",
    "SET sql_mode = 'ANSI'",
    "SET sql_mode = 'ALLOW_INVALID_DATES'",
    "SET sql_mode = 'ANSI_QUOTES'",
    "SET sql_mode = 'ERROR_FOR_DIVISION_BY_ZERO,STRICT_ALL_TABLES'",
    "SET sql_mode = 'HIGH_NOT_PRECEDENCE'",
    "SET sql_mode = 'IGNORE_SPACE'",
    "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
    "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
    "SET sql_mode = 'NO_ENGINE_SUBSTITUTION'",
    "SET sql_mode = 'NO_UNSIGNED_SUBTRACTION'",
    "SET sql_mode = 'NO_ZERO_DATE,STRICT_ALL_TABLES'",
    "SET sql_mode = 'NO_ZERO_IN_DATE,STRICT_ALL_TABLES'",
    "SET sql_mode = 'ONLY_FULL_GROUP_BY'",
    "SET sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'",
    "SET sql_mode = 'PIPES_AS_CONCAT'",
    "SET sql_mode = 'REAL_AS_FLOAT'",
    "SET sql_mode = 'STRICT_TRANS_TABLES'",
    "SET sql_mode = 'TIME_TRUNCATE_FRACTIONAL'",
    "SET time_zone = '+05:45'",
    "SET time_zone = 'SYSTEM'",
    "SET NAMES latin1",
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
    "SET SESSION sql_auto_is_null = 1",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
];

async fn database() -> String {
    let url = servers::mysql().fresh_database().await.unwrap();
    let pool = MySqlPool::connect(&url).await.unwrap();
    pool.execute(TABLES).await.unwrap();
    pool.close().await;
    url
}

/// What the server answers to each expression, or the number of its error; and every setting of
/// the session.
async fn answers(connection: &mut MySqlConnection) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for expression in EXPRESSIONS {
        let answer = match rows(connection, expression).await {
            Ok(rows) => format!("{rows:?}"),
            Err(sqlx::Error::Database(error)) => {
                let left = "DELETE FROM numbers; DELETE FROM days";
                connection.execute(left).await.unwrap();
                format!("error {:?}", error.code())
            }
            Err(error) => panic!("{expression}: {error}"),
        };
        all.insert(expression.to_owned(), answer);
    }
    for row in rows(connection, "SHOW SESSION VARIABLES").await.unwrap() {
        if let [name, value] = &row[..]
            && !OF_THE_MOMENT.contains(&name.as_str())
        {
            all.insert(name.clone(), value.clone());
        }
    }
    all
}

async fn rows(
    connection: &mut MySqlConnection,
    text: &'static str,
) -> Result<Vec<Vec<String>>, sqlx::Error> {
    let rows = sqlx::raw_sql(text).fetch_all(connection).await?;
    let text = |row: &sqlx::mysql::MySqlRow, column: usize| {
        row.get_unchecked::<Option<Vec<u8>>, _>(column)
            .map_or("NULL".to_owned(), |value| {
                String::from_utf8_lossy(&value).into_owned()
            })
    };
    Ok(rows
        .iter()
        .map(|row| (0..row.len()).map(|column| text(row, column)).collect())
        .collect())
}

/// The answers that differ, as text.
fn differences(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    assert!(before.len() > 400, "only {} answers", before.len());
    assert_eq!(before.len(), after.len());
    let differ = before.iter().filter(|(of, answer)| after[*of] != **answer);
    differ
        .map(|(of, answer)| format!("{of}: {answer} before, {} after", after[of]))
        .collect::<Vec<_>>()
        .join("\n")
}

async fn answers_of(pool: &MySqlPool) -> BTreeMap<String, String> {
    answers(&mut pool.acquire().await.unwrap()).await
}

/// The application's options: one connection, with a setting of its own.
fn with(options: MySqlPoolOptions, setting: &'static str) -> MySqlPoolOptions {
    options
        .max_connections(1)
        .after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(setting).await.map(drop) })
        })
}

/// One connection, with a setting of its own, that loses no writes.
async fn set(url: &str, setting: &'static str) -> MySqlPool {
    let options = with(dal_mysql::pool_options(), setting);
    options.connect(url).await.unwrap()
}

#[test]
fn turning_dal_on_changes_no_answer_whatever_the_sessions_are_like() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let url = database().await;
        let mut told_apart: BTreeSet<&str> = BTreeSet::new();
        let mut usual: Option<BTreeMap<String, String>> = None;
        for setting in SETTINGS {
            let without = with(MySqlPoolOptions::new(), setting);
            let before = answers_of(&without.connect(&url).await.unwrap()).await;

            let pool = set(&url, setting).await;
            let taken = dal_mysql::from_pool(pool).await.unwrap();
            let own = with(dal_mysql::pool_options(), setting);
            let own = own.connect_with(dal_mysql::connect_options(&url).unwrap());
            let own = own.await.unwrap();
            for (pool, how) in [(taken.pool(), "taken"), (&own, "of dal's options")] {
                // The second time on a connection that was in the pool.
                for time in ["first", "second"] {
                    let after = answers_of(pool).await;
                    let differ = differences(&before, &after);
                    assert!(differ.is_empty(), "{setting}, {how}, {time}: {differ}");
                }
            }

            let usual = usual.get_or_insert_with(|| before.clone());
            let differ = EXPRESSIONS.into_iter().filter(|e| usual[*e] != before[*e]);
            told_apart.extend(differ);
        }
        // An expression that no setting changes would prove nothing.
        let idle: Vec<_> = EXPRESSIONS
            .iter()
            .filter(|e| !told_apart.contains(*e))
            .collect();
        assert!(idle.is_empty(), "the same in every setting: {idle:#?}");
    });
}

#[test]
fn a_pool_of_dal_answers_as_one_of_sqlx() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let url = database().await;
        let before = answers_of(&MySqlPool::connect(&url).await.unwrap()).await;
        let db = dal_mysql::connect(&url).await.unwrap();
        for pool in [db.pool(), &dal_mysql::pool(&url).await.unwrap()] {
            let differ = differences(&before, &answers_of(pool).await);
            assert!(differ.is_empty(), "{differ}");
        }
    });
}

#[test]
fn what_a_session_holds_besides_a_transaction_outlives_its_return_to_the_pool() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let url = database().await;
        let pool = set(&url, "DO 0").await;
        dal_mysql::from_pool(pool.clone()).await.unwrap();
        let hold = "SET @mine = 7, SESSION sql_mode = 'ANSI'; \
                    CREATE TEMPORARY TABLE own (id INT AUTO_INCREMENT PRIMARY KEY); \
                    INSERT INTO own VALUES (41); INSERT INTO own VALUES (NULL); DO GET_LOCK(CONCAT('dal', DATABASE()), 0)";
        pool.execute(hold).await.unwrap();
        let mut connection = pool.acquire().await.unwrap();
        let held = "SELECT @mine, @@SESSION.sql_mode LIKE '%ANSI_QUOTES%', (SELECT COUNT(*) FROM own), \
                    LAST_INSERT_ID(), IS_USED_LOCK(CONCAT('dal', DATABASE())) = CONNECTION_ID()";
        let held = rows(&mut connection, held).await.unwrap();
        assert_eq!(held, [["7", "1", "2", "42", "1"]]);
    });
}

#[test]
fn what_makes_two_stores_differ_is_a_warning_with_its_reason() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let url = database().await;
        let usual = set(&url, "DO 0").await;
        let usual = dal_mysql::from_pool(usual).await.unwrap().session().clone();
        assert_eq!(usual.warnings, Vec::<String>::new());
        assert_eq!(usual.time_zone, "+00:00");
        assert!(usual.sql_mode.contains("STRICT_TRANS_TABLES"), "{usual:?}");
        for (setting, warning) in [
            ("SET sql_mode = ''", "sql_mode is not strict"),
            (
                "SET sql_mode = CONCAT(@@sql_mode, ',PAD_CHAR_TO_FULL_LENGTH')",
                "sql_mode has PAD_CHAR_TO_FULL_LENGTH",
            ),
            (
                "SET time_zone = '+02:00'",
                "time_zone is +02:00 and TIMESTAMP columns move with it (times.t)",
            ),
            ("SET NAMES latin1", "character_set_client is latin1"),
        ] {
            let db = dal_mysql::from_pool(set(&url, setting).await)
                .await
                .unwrap();
            let warnings = &db.session().warnings;
            let named = warnings.iter().any(|found| found.contains(warning));
            assert!(named, "{setting}: {warnings:?}");
        }
        let no_times = servers::mysql().fresh_database().await.unwrap();
        let db = set(&no_times, "SET time_zone = '+02:00'").await;
        let db = dal_mysql::from_pool(db).await.unwrap();
        assert_eq!(db.session().warnings, Vec::<String>::new());
    });
    // Another test on another thread may be the first to reach the line that logs, and then switch
    // it off for all threads until the next subscriber comes.
    let logged = (0..3).any(|_| {
        let ((), captured) = capture(async {
            let url = servers::mysql().fresh_database().await.unwrap();
            let pool = set(&url, "SET sql_mode = ''").await;
            dal_mysql::from_pool(pool).await.unwrap();
        });
        let lines = captured.lines();
        lines
            .iter()
            .any(|line| line.contains("sql_mode is not strict"))
    });
    assert!(logged);
}

#[test]
fn the_isolation_is_reported_and_sessions_that_lose_writes_are_refused() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let url = database().await;
        for (setting, isolation) in [
            (
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
                "READ-COMMITTED",
            ),
            (
                "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                "REPEATABLE-READ",
            ),
            (
                "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                "SERIALIZABLE",
            ),
        ] {
            let db = dal_mysql::from_pool(set(&url, setting).await)
                .await
                .unwrap();
            assert_eq!(db.session().isolation, isolation);
            assert!(db.session().warnings.is_empty());
        }
        for (setting, reason) in [
            (
                "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
                "the isolation is READ UNCOMMITTED",
            ),
            ("SET SESSION autocommit = 0", "autocommit is off"),
            (
                "SET SESSION completion_type = CHAIN",
                "completion_type is CHAIN",
            ),
        ] {
            let error = dal_mysql::from_pool(set(&url, setting).await)
                .await
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(reason), "{error}");
        }
    });
}

#[test]
fn a_pool_that_hands_on_a_dropped_transaction_is_refused_and_any_that_does_not_is_taken() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let url = database().await;
        let options = || with(MySqlPoolOptions::new(), "DO 0");
        for (pool, taken) in [
            (options(), false),
            (
                options().after_release(|_, _| Box::pin(async { Ok(true) })),
                false,
            ),
            (dal_mysql::pool_options(), true),
            // Other ways to the same end.
            (
                options().after_release(|_, _| Box::pin(async { Ok(false) })),
                true,
            ),
            (
                options().after_release(|connection, _| {
                    Box::pin(async move { connection.execute("ROLLBACK").await.map(|_| true) })
                }),
                true,
            ),
            (
                options().before_acquire(|connection, _| {
                    Box::pin(async move { connection.execute("ROLLBACK").await.map(|_| true) })
                }),
                true,
            ),
        ] {
            // Not one statement is sent on the pool itself.
            let pool = pool.connect_lazy(&url).unwrap();
            let found = dal_mysql::from_pool(pool.clone()).await;
            assert_eq!(pool.size(), 0);
            assert_eq!(found.is_ok(), taken, "{found:?}");
            if let Err(error) = found {
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(error.to_string().contains("dal_mysql::release"), "{error}");
            }
        }
        // A pool whose only connection is in use is tried all the same.
        let pool = set(&url, "DO 0").await;
        let _in_use = pool.acquire().await.unwrap();
        dal_mysql::from_pool(pool.clone()).await.unwrap();
    });
}
