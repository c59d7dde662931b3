//! The rows of the error table that MySQL produces by itself.

use dal_mysql::MySql;
use dal_traits::{Class, Effect, ErrorKind, Idempotency, Retry};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection};

use super::{expect, fresh_mysql, on_mysql};

/// Tables for every row: a unique key, a foreign key, a check, narrow columns.
pub async fn tables(db: &MySql) {
    for sql in [
        "CREATE TABLE users (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, email VARCHAR(20) NOT NULL, \
         stock INT NOT NULL DEFAULT 0, UNIQUE KEY email (email), CONSTRAINT stock_min CHECK (stock >= 0))",
        "CREATE TABLE orders (id INT PRIMARY KEY, user_id BIGINT UNSIGNED NOT NULL, \
         CONSTRAINT order_user FOREIGN KEY (user_id) REFERENCES users (id))",
        "CREATE TABLE narrow (id INT AUTO_INCREMENT PRIMARY KEY, small TINYINT, colour ENUM('red'), at DATETIME, \
         amount INT UNSIGNED, data JSON, short VARCHAR(3), needed INT NOT NULL)",
        "INSERT INTO users (id, email) VALUES (1, 'ann'), (2, 'bob')",
        "INSERT INTO orders VALUES (1, 1)",
    ] {
        db.pool().execute(sql).await.unwrap();
    }
}

async fn class_of(db: &MySql, sql: &str) -> Class {
    let sql = sql.to_owned();
    db.statement("TEST", "table", Idempotency::None, || async {
        db.pool().execute(AssertSqlSafe(sql.clone())).await
    })
    .await
    .expect_err(&sql)
    .class()
    .clone()
}

#[test]
fn what_mysql_refuses_has_the_kind_of_its_row() {
    on_mysql(async {
        let db = fresh_mysql().await;
        tables(&db).await;
        let deep = format!("'{}{}'", "[".repeat(101), "]".repeat(101));
        let deep = format!("INSERT INTO narrow (data, needed) VALUES ({deep}, 1)");
        for (sql, kind, constraint) in [
            (
                "INSERT INTO users (id, email) VALUES (1, 'new')",
                ErrorKind::AlreadyExists,
                None,
            ),
            (
                "INSERT INTO users (email) VALUES ('ann')",
                ErrorKind::UniqueViolation,
                Some("email"),
            ),
            (
                "INSERT INTO orders VALUES (2, 99)",
                ErrorKind::ReferenceViolation,
                Some("order_user"),
            ),
            (
                "DELETE FROM users WHERE id = 1",
                ErrorKind::ReferenceViolation,
                Some("order_user"),
            ),
            (
                "UPDATE users SET stock = -1 WHERE id = 2",
                ErrorKind::ConstraintViolation,
                Some("stock_min"),
            ),
            // 1264, 1265, 1292, 1366, 1048, 1364, 1406, 1690, 3140, 3141, 3157, 1365
            (
                "INSERT INTO narrow (small, needed) VALUES (300, 1)",
                ErrorKind::InvalidValue,
                None,
            ),
            (
                "INSERT INTO narrow (colour, needed) VALUES ('blue', 1)",
                ErrorKind::InvalidValue,
                None,
            ),
            (
                "INSERT INTO narrow (at, needed) VALUES ('2020-13-01', 1)",
                ErrorKind::InvalidValue,
                None,
            ),
            (
                "INSERT INTO narrow (needed) VALUES ('many')",
                ErrorKind::InvalidValue,
                None,
            ),
            (
                "INSERT INTO narrow (needed) VALUES (NULL)",
                ErrorKind::InvalidValue,
                None,
            ),
            (
                "INSERT INTO narrow (small) VALUES (1)",
                ErrorKind::InvalidValue,
                None,
            ),
            (
                "INSERT INTO narrow (short, needed) VALUES ('four', 1)",
                ErrorKind::InvalidValue,
                None,
            ),
            (
                "SELECT CAST(0 AS UNSIGNED) - 1",
                ErrorKind::InvalidValue,
                None,
            ),
            (
                "INSERT INTO narrow (data, needed) VALUES ('{', 1)",
                ErrorKind::InvalidValue,
                None,
            ),
            (
                "SELECT JSON_EXTRACT('{', '$')",
                ErrorKind::InvalidValue,
                None,
            ),
            (deep.as_str(), ErrorKind::InvalidValue, None),
            (
                "INSERT INTO narrow (needed) VALUES (1 / 0)",
                ErrorKind::InvalidValue,
                None,
            ),
            // 1118, 1146, 1176, 1044, 1142, 1049, 1054, 1235
            (
                "CREATE TABLE wide (a VARCHAR(10000), b VARCHAR(10000))",
                ErrorKind::TooLarge,
                None,
            ),
            ("SELECT * FROM missing", ErrorKind::NoSuchTable, None),
            (
                "SELECT * FROM users USE INDEX (missing)",
                ErrorKind::NoSuchTable,
                None,
            ),
            (
                "CREATE TABLE information_schema.mine (id INT)",
                ErrorKind::AccessDenied,
                None,
            ),
            ("USE dal_test_that_is_missing", ErrorKind::Config, None),
            ("SELECT missing FROM users", ErrorKind::Config, None),
            (
                "SELECT * FROM users WHERE id IN (SELECT user_id FROM orders LIMIT 1)",
                ErrorKind::Unsupported,
                None,
            ),
            // 1064, 1052, 1093, 1136, 1137, 1191, 1193, 1242, 1298, 1305, 3065, 3143, 3636, 3691
            ("SELEC 1", ErrorKind::Unsupported, None),
            (
                "SELECT id FROM users JOIN orders ON user_id = users.id",
                ErrorKind::Config,
                None,
            ),
            (
                "DELETE FROM users WHERE id IN (SELECT id FROM users)",
                ErrorKind::Unsupported,
                None,
            ),
            (
                "INSERT INTO users (id) VALUES (3, 4)",
                ErrorKind::Unsupported,
                None,
            ),
            (
                "SELECT * FROM users WHERE MATCH (email) AGAINST ('ann')",
                ErrorKind::NoPath,
                None,
            ),
            ("SET dal_missing = 1", ErrorKind::Config, None),
            (
                "UPDATE users SET stock = (SELECT user_id FROM orders UNION SELECT 2) WHERE id = 1",
                ErrorKind::InvalidValue,
                None,
            ),
            ("SET time_zone = 'Nowhere'", ErrorKind::Config, None),
            ("SELECT dal_missing(1)", ErrorKind::Config, None),
            (
                "SELECT JSON_EXTRACT('{}', 'x')",
                ErrorKind::InvalidValue,
                None,
            ),
            (
                "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
                ErrorKind::TooLarge,
                None,
            ),
            ("SELECT 'a' REGEXP '('", ErrorKind::InvalidValue, None),
        ] {
            let class = class_of(&db, sql).await;
            expect(&class, sql, (kind, Retry::Never, Effect::None));
            assert_eq!(class.constraint.as_deref(), constraint, "{sql}");
        }
    });
}

#[test]
fn an_emoji_for_a_column_of_three_bytes_is_an_invalid_value() {
    on_mysql(async {
        let db = fresh_mysql().await;
        let table = "CREATE TABLE old (name VARCHAR(20) CHARACTER SET utf8mb3)";
        db.pool().execute(table).await.unwrap();
        // Prepared: 3988 in a comparison; 1366 in an insert.
        for sql in [
            "INSERT INTO old VALUES (?)",
            "SELECT name FROM old WHERE name = CONVERT(? USING utf8mb3)",
            "UPDATE old SET name = ? WHERE name = ?",
        ] {
            let bound = sql.matches('?').count();
            let result = db
                .statement("TEST", "old", Idempotency::None, || async {
                    let mut query = sqlx::query(sql);
                    for _ in 0..bound {
                        query = query.bind("🙂");
                    }
                    query.execute(db.pool()).await
                })
                .await;
            if let Err(error) = result {
                let refused = (ErrorKind::InvalidValue, Retry::Never, Effect::None);
                expect(error.class(), &error.to_string(), refused);
            }
        }
    });
}

#[test]
fn a_trigger_that_refuses_is_a_constraint() {
    on_mysql(async {
        let db = fresh_mysql().await;
        tables(&db).await;
        let trigger = "CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW \
                       SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'closed'";
        db.pool().execute(trigger).await.unwrap();
        let class = class_of(&db, "INSERT INTO orders VALUES (5, 1)").await;
        let refused = (ErrorKind::ConstraintViolation, Retry::Never, Effect::None);
        expect(&class, "1644", refused);
    });
}

#[test]
fn a_table_that_changed_under_a_snapshot_is_a_conflict() {
    on_mysql(async {
        let db = fresh_mysql().await;
        tables(&db).await;
        let mut old = db.pool().acquire().await.unwrap();
        old.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            .await
            .unwrap();
        old.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
            .await
            .unwrap();
        let alter = "ALTER TABLE orders ADD COLUMN note INT, ALGORITHM = COPY";
        db.pool().execute(alter).await.unwrap();
        let error = old.execute("SELECT * FROM orders").await.unwrap_err();
        let again = (ErrorKind::Conflict, Retry::Backoff, Effect::None);
        expect(&dal_mysql::classify(&error), "1412", again);
    });
}

#[test]
fn a_write_in_a_read_only_transaction_is_unavailable() {
    on_mysql(async {
        let db = fresh_mysql().await;
        tables(&db).await;
        let mut one = db.pool().acquire().await.unwrap();
        one.execute("SET SESSION TRANSACTION READ ONLY")
            .await
            .unwrap();
        let error = one
            .execute("DELETE FROM orders WHERE id = 1")
            .await
            .unwrap_err();
        one.close().await.unwrap();
        let read_only = (ErrorKind::Unavailable, Retry::Backoff, Effect::None);
        expect(&dal_mysql::classify(&error), "1792", read_only);
    });
}

#[test]
fn ids_that_are_used_up_are_a_limit() {
    on_mysql(async {
        let db = fresh_mysql().await;
        tables(&db).await;
        let last = "INSERT INTO users (id, email) VALUES (18446744073709551615, 'last')";
        db.pool().execute(last).await.unwrap();
        let class = class_of(&db, "INSERT INTO users (email) VALUES ('next')").await;
        expect(
            &class,
            "1467",
            (ErrorKind::Limit, Retry::Never, Effect::None),
        );
    });
}

#[test]
fn a_matched_row_that_does_not_change_is_found() {
    on_mysql(async {
        let db = fresh_mysql().await;
        tables(&db).await;
        let same = "UPDATE users SET email = 'ann' WHERE id = 1";
        let missing = "UPDATE users SET email = 'ann' WHERE id = 77";
        assert_eq!(db.pool().execute(same).await.unwrap().rows_affected(), 1);
        assert_eq!(db.pool().execute(missing).await.unwrap().rows_affected(), 0);
    });
}

#[test]
fn a_deadlock_and_a_lock_wait_are_conflicts() {
    on_mysql(async {
        let db = fresh_mysql().await;
        tables(&db).await;
        let mut one = db.pool().begin().await.unwrap();
        let mut two = db.pool().begin().await.unwrap();
        one.execute("UPDATE users SET stock = 1 WHERE id = 1")
            .await
            .unwrap();
        two.execute("UPDATE users SET stock = 1 WHERE id = 2")
            .await
            .unwrap();
        let (first, second) = tokio::join!(
            one.execute("UPDATE users SET stock = 1 WHERE id = 2"),
            two.execute("UPDATE users SET stock = 1 WHERE id = 1"),
        );
        let refused: Vec<_> = [first.err(), second.err()].into_iter().flatten().collect();
        assert_eq!(refused.len(), 1, "one of the two is the deadlock's victim");
        let conflict = (ErrorKind::Conflict, Retry::Backoff, Effect::None);
        expect(&dal_mysql::classify(&refused[0]), "1213", conflict);
        drop((one, two));

        let mut holder = db.pool().begin().await.unwrap();
        holder
            .execute("UPDATE users SET stock = 1 WHERE id = 1")
            .await
            .unwrap();
        let mut waiter = db.pool().acquire().await.unwrap();
        waiter
            .execute("SET innodb_lock_wait_timeout = 1")
            .await
            .unwrap();
        for (sql, number) in [
            ("UPDATE users SET stock = 2 WHERE id = 1", "1205"),
            ("SELECT * FROM users WHERE id = 1 FOR UPDATE NOWAIT", "3572"),
        ] {
            let error = waiter.execute(sql).await.unwrap_err();
            expect(&dal_mysql::classify(&error), number, conflict);
        }
    });
}

#[test]
fn a_deadlocked_unit_of_work_is_repeated_as_a_whole() {
    on_mysql(async {
        let db = fresh_mysql().await;
        tables(&db).await;
        // Two workers lock the two rows in opposite orders, again and again.
        let add = |first: u64, second: u64| {
            let db = db.clone();
            async move {
                for _ in 0..20 {
                    db.unit("TRANSFER", "users", Idempotency::None, || async {
                        let work = async {
                            let mut tx = db.pool().begin().await?;
                            for id in [first, second] {
                                sqlx::query("UPDATE users SET stock = stock + 1 WHERE id = ?")
                                    .bind(id)
                                    .execute(&mut *tx)
                                    .await?;
                            }
                            tx.commit().await
                        };
                        work.await
                            .map_err(|e| dal_mysql::error("TRANSFER", "users", e))
                    })
                    .await
                    .unwrap();
                }
            }
        };
        tokio::join!(add(1, 2), add(2, 1));
        let stock: Vec<i32> = sqlx::query_scalar("SELECT stock FROM users ORDER BY id")
            .fetch_all(db.pool())
            .await
            .unwrap();
        assert_eq!(stock, [40, 40]);
    });
}

#[test]
fn a_statement_that_was_ended_by_the_server_had_no_effect() {
    on_mysql(async {
        let db = fresh_mysql().await;
        let mut slow = db.pool().acquire().await.unwrap();
        let id: u64 = sqlx::query_scalar("SELECT CONNECTION_ID()")
            .fetch_one(&mut *slow)
            .await
            .unwrap();
        slow.execute("CREATE TABLE locked (id INT PRIMARY KEY)")
            .await
            .unwrap();
        slow.execute("INSERT INTO locked VALUES (1)").await.unwrap();
        let mut holder = db.pool().begin().await.unwrap();
        holder
            .execute("SELECT * FROM locked FOR UPDATE")
            .await
            .unwrap();
        let kill = async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            let kill = format!("KILL QUERY {id}");
            db.pool().execute(AssertSqlSafe(kill)).await.unwrap();
        };
        let (killed, ()) = tokio::join!(slow.execute("DELETE FROM locked"), kill);
        let class = dal_mysql::classify(&killed.unwrap_err());
        expect(
            &class,
            "1317",
            (ErrorKind::Unavailable, Retry::Backoff, Effect::None),
        );

        let late = "SELECT /*+ MAX_EXECUTION_TIME(50) */ COUNT(*) FROM information_schema.columns a, \
                    information_schema.columns b, information_schema.columns c";
        let class = dal_mysql::classify(&slow.execute(late).await.unwrap_err());
        expect(
            &class,
            "3024",
            (ErrorKind::Timeout, Retry::Backoff, Effect::None),
        );
    });
}

#[test]
fn a_killed_connection_leaves_the_effect_unknown() {
    on_mysql(async {
        let db = fresh_mysql().await;
        let mut one = db.pool().acquire().await.unwrap();
        let id: u64 = sqlx::query_scalar("SELECT CONNECTION_ID()")
            .fetch_one(&mut *one)
            .await
            .unwrap();
        let kill = format!("KILL {id}");
        db.pool().execute(AssertSqlSafe(kill)).await.unwrap();
        let class = dal_mysql::classify(&one.execute("SELECT 1").await.unwrap_err());
        expect(
            &class,
            "killed",
            (ErrorKind::Unavailable, Retry::Backoff, Effect::Unknown),
        );
    });
}

#[test]
fn log_in_and_address_errors_are_told_apart() {
    on_mysql(async {
        let server = dal_testkit::servers::mysql();
        let url = server.database_url("mysql");
        let (scheme, rest) = url.split_once("://").unwrap();
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let nobody = format!("{scheme}://dal_nobody:wrong@{host}");
        let refused = "mysql://root@127.0.0.1:1/db".to_owned();
        let unknown = "mysql://root@dal-no-such-host.invalid/db".to_owned();
        let missing = server.database_url("dal_test_that_is_missing");
        for (url, class) in [
            (nobody, (ErrorKind::Credentials, Retry::Never, Effect::None)),
            (
                refused,
                (ErrorKind::Unavailable, Retry::Backoff, Effect::None),
            ),
            (
                unknown,
                (ErrorKind::Unavailable, Retry::Backoff, Effect::None),
            ),
            (missing, (ErrorKind::Config, Retry::Never, Effect::None)),
        ] {
            let options = dal_mysql::connect_options(&url).unwrap();
            let error = MySqlConnection::connect_with(&options).await.unwrap_err();
            expect(&dal_mysql::classify(&error), &url, class);
        }
    });
}

#[test]
fn a_column_of_another_type_is_a_decode_error() {
    on_mysql(async {
        let db = fresh_mysql().await;
        let error = sqlx::query_scalar::<_, i32>("SELECT 'text'")
            .fetch_one(db.pool())
            .await
            .unwrap_err();
        let class = dal_mysql::classify(&error);
        expect(
            &class,
            "decode",
            (ErrorKind::Decode, Retry::Never, Effect::None),
        );
    });
}
