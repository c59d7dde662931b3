//! The backend's sessions, and those of the application.

use std::io::{Write as _, stderr};

use dal_mysql::{MySqlBackend, pool_options};
use dal_traits::op::Change;
use dal_traits::value::Value;
use dal_traits::{ErrorKind, OpCx};
use sqlx::Executor as _;
use time::macros::datetime;
use tokio::time::Instant;

use crate::support::{Db, int, kind, on, record, text};

const SCHEMA: &str = "
    CREATE TABLE moments (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        at TIMESTAMP(6) NULL, code CHAR(4), stock INT UNSIGNED);
";
const CONTRACT: &str = r#"{"tables": [{"table": "Moments", "type": "single-entity",
    "source_table": "moments", "pk": "id", "attributes": [
    {"name": "id", "type": "N", "source_table": "moments", "source_column": "id"},
    {"name": "at", "type": "S", "source_table": "moments", "source_column": "at"},
    {"name": "code", "type": "S", "source_table": "moments", "source_column": "code"},
    {"name": "stock", "type": "N", "source_table": "moments", "source_column": "stock"}]}]}"#;

/// `db` with the sessions of an application that has settings of its own.
async fn unusual(db: Db) -> Db {
    let options = (*db.mysql.pool().connect_options()).clone();
    let pool = pool_options()
        .max_connections(3)
        .after_connect(|connection, _| {
            Box::pin(async move {
                let modes = "SET SESSION sql_mode = 'ANSI_QUOTES,NO_UNSIGNED_SUBTRACTION,\
                             PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES'";
                sqlx::query(modes).execute(connection).await.map(|_| ())
            })
        })
        .connect_with(options.timezone(String::from("+05:00")))
        .await
        .unwrap();
    let mysql = dal_mysql::from_pool(pool).await.unwrap();
    Db {
        backend: MySqlBackend::new(&mysql, db.model.clone()),
        mysql,
        ..db
    }
}

/// The server switches autocommit off for users without privileges, and the application's hook
/// switches it on: the sessions of `Store` do not have that hook.
#[test]
fn a_write_is_kept_whatever_the_server_does_to_new_sessions() {
    if std::env::var_os("DAL_MYSQL_URL").is_some() {
        let line = "dal-tests: mysql_backend: sessions of another user: NOT TESTED: it changes a \
                    global setting, which only a private server takes\n";
        stderr().write_all(line.as_bytes()).unwrap();
        return;
    }
    on(SCHEMA, CONTRACT, async |db: Db| {
        let root = db.mysql.pool();
        for statement in [
            "CREATE USER IF NOT EXISTS 'dal_test_plain'@'%' IDENTIFIED BY 'plain'",
            "GRANT ALL ON *.* TO 'dal_test_plain'@'%'",
            "REVOKE SUPER, CONNECTION_ADMIN ON *.* FROM 'dal_test_plain'@'%'",
            "SET GLOBAL init_connect = 'SET autocommit = 0, transaction_isolation = ''READ-UNCOMMITTED'''",
        ] {
            root.execute(statement).await.unwrap();
        }
        let options = (*root.connect_options()).clone();
        let pool = pool_options()
            .after_connect(|connection, _| {
                Box::pin(async move {
                    let set = "SET autocommit = 1, transaction_isolation = 'READ-COMMITTED'";
                    connection.execute(set).await.map(|_| ())
                })
            })
            .connect_with(options.username("dal_test_plain").password("plain"))
            .await
            .unwrap();
        let mysql = dal_mysql::from_pool(pool).await.unwrap();
        assert_eq!(mysql.session().isolation, "READ-COMMITTED");
        let plain = Db {
            backend: MySqlBackend::new(&mysql, db.model.clone()),
            mysql,
            model: db.model.clone(),
        };
        let entity = plain.entity("Moments");
        let at = Value::Timestamp(datetime!(2025-01-02 03:04:05));
        let values = [
            ("at", at),
            ("code", text("ab")),
            ("stock", int(1)),
            ("id", int(7)),
        ];
        let inserted = plain.insert(record(&entity, &values)).await;
        root.execute("SET GLOBAL init_connect = ''").await.unwrap();
        inserted.unwrap();
        let found = db.get("Moments", "id", &[int(7)]).await.unwrap();
        assert!(found.is_some(), "the insert was rolled back");
    });
}

#[test]
fn they_add_modes_and_the_zone_and_the_applications_stay_as_they_are() {
    on(SCHEMA, CONTRACT, async |db: Db| {
        let db = unusual(db).await;
        let entity = db.entity("Moments");
        let at = Value::Timestamp(datetime!(2025-01-02 03:04:05.678901));
        let values = [
            ("at", at),
            ("code", text("ab")),
            ("stock", int(1)),
            ("id", int(0)),
        ];
        let given = record(&entity, &values);
        db.insert(given.clone()).await.unwrap();
        assert_eq!(
            db.get("Moments", "id", &[int(0)]).await.unwrap(),
            Some(given)
        );
        let shown = db.texts("SELECT CAST(at AS CHAR) FROM moments").await;
        assert_eq!(shown, [Some("2025-01-02 08:04:05.678901".to_owned())]);
        // Strict, and a mode of the application's that changes a difference of unsigned numbers.
        let set = |field: &str, value| Change::Set(entity.field(field).unwrap(), value);
        let long = db
            .update("Moments", &[int(0)], &[set("code", text("abcde"))], None)
            .await;
        assert_eq!(kind(long), ErrorKind::InvalidValue);
        let less = Change::Add(entity.field("stock").unwrap(), int(-2));
        let less = db.update("Moments", &[int(0)], &[less], None).await;
        assert_eq!(kind(less), ErrorKind::InvalidValue);
        let modes = db
            .texts(
                "SELECT v.VARIABLE_VALUE FROM performance_schema.variables_by_thread v \
                 JOIN performance_schema.threads t ON t.THREAD_ID = v.THREAD_ID \
                 WHERE v.VARIABLE_NAME = 'sql_mode' AND t.PROCESSLIST_DB = DATABASE() \
                 AND v.VARIABLE_VALUE LIKE '%NO_AUTO_VALUE_ON_ZERO%'",
            )
            .await;
        assert!(!modes.is_empty());
        for modes in modes.into_iter().flatten() {
            for mode in [
                "ANSI_QUOTES",
                "NO_UNSIGNED_SUBTRACTION",
                "PAD_CHAR_TO_FULL_LENGTH",
                "NO_BACKSLASH_ESCAPES",
                "STRICT_TRANS_TABLES",
            ] {
                assert!(modes.contains(mode), "{modes}");
            }
        }
        let own = db.texts("SELECT @@SESSION.sql_mode").await;
        assert!(!own[0].as_ref().unwrap().contains("STRICT"), "{own:?}");
    });
}

const BOXES: &str = "
    CREATE TABLE owners (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, place VARCHAR(20));
    CREATE TABLE boxes (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, owner_id BIGINT UNSIGNED);
";
const BOXES_CONTRACT: &str = r#"{"tables": [{"table": "Boxes", "type": "single-entity",
    "source_table": "boxes", "pk": "id", "attributes": [
    {"name": "id", "type": "N", "source_table": "boxes", "source_column": "id"},
    {"name": "owner_id", "type": "N", "source_table": "boxes", "source_column": "owner_id"},
    {"name": "place", "type": "S", "source_table": "boxes", "source_column": "owner_id", "join": {
        "type": "foreign-key", "target_table": "owners",
        "join_condition": "owners.id = boxes.owner_id", "select_column": "owners.place"}}]}]}"#;

#[test]
fn an_entity_that_is_not_carried_refuses_every_call_by_name() {
    on(BOXES, BOXES_CONTRACT, async |db: Db| {
        let refused: Vec<_> = db
            .backend
            .refused()
            .map(|(e, why)| (e.name.clone(), why))
            .collect();
        let [(name, why)] = refused.as_slice() else {
            panic!("{refused:?}");
        };
        assert_eq!(name, "Boxes");
        assert!(why.contains("`place`"), "{why}");
        let error = db.get("Boxes", "id", &[int(1)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("`place`"), "{error}");
    });
}

#[test]
fn the_deadline_ends_single_statements_and_units() {
    use dal_traits::op::{Get, Op, Put};
    use dal_traits::{Effect, Service};
    crate::support::on_shop(async |db: Db| {
        let given = crate::writes::user(&db, int(1), "a@x");
        db.insert(given.clone()).await.unwrap();
        let mut transaction = db.mysql.begin().await.unwrap();
        sqlx::query("SELECT id FROM users WHERE id = 1 FOR UPDATE")
            .execute(&mut *transaction)
            .await
            .unwrap();
        let soon =
            || OpCx::new().with_deadline(Instant::now() + std::time::Duration::from_millis(200));
        let put = Op::Put(Put { record: given });
        let error = db.backend.call(&soon(), put).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Timeout, Effect::Unknown)
        );
        // The connections are usable again.
        let get = Get {
            entity: db.entity("Users"),
            path: 0,
            key: vec![int(1)],
            eventual: false,
        };
        db.backend.call(&OpCx::new(), Op::Get(get)).await.unwrap();
        transaction.rollback().await.unwrap();
    });
}
