//! The events of MySQL.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use dal_mysql::MySql;
use dal_testkit::faults::{Command, LinkFault, MySqlProxy};
use dal_traits::{Class, ErrorKind, Idempotency, OpCx};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::super::mysql::tables;
use super::super::mysql_faults::{behind_proxy, insert};
use super::super::mysql_pool::pool_of_one;

/// A database with tables, and the way to it through a proxy.
pub struct Links {
    direct: MySql,
    through: MySql,
    proxy: MySqlProxy,
}

pub async fn links() -> Links {
    let (proxy, through, direct) = behind_proxy().await;
    tables(&direct).await;
    Links {
        direct,
        through,
        proxy,
    }
}

type Produced<'a> = Pin<Box<dyn Future<Output = Class> + 'a>>;

/// The server refuses this statement, with this number.
fn refuses<'a>(links: &'a Links, number: u16, sql: &'a str) -> Produced<'a> {
    Box::pin(async move {
        let refused = links.direct.pool().execute(AssertSqlSafe(sql)).await;
        numbered(&refused.unwrap_err(), number)
    })
}

fn numbered(error: &sqlx::Error, number: u16) -> Class {
    let native = error.as_database_error().unwrap();
    let native = native.downcast_ref::<sqlx::mysql::MySqlDatabaseError>();
    assert_eq!(native.number(), number, "{native}");
    dal_mysql::classify(error)
}

/// Between the client and the server this happens to an insert.
fn struck(links: &Links, fault: LinkFault) -> Produced<'_> {
    Box::pin(async move {
        links.proxy.once(Command::Execute, fault);
        let struck = sqlx::query("INSERT INTO notes (id) VALUES (?)")
            .bind(1)
            .execute(links.through.pool())
            .await;
        dal_mysql::classify(&struck.unwrap_err())
    })
}

pub fn primary_taken(links: &Links) -> Produced<'_> {
    refuses(
        links,
        1062,
        "INSERT INTO users (id, email) VALUES (1, 'new')",
    )
}

pub fn email_taken(links: &Links) -> Produced<'_> {
    refuses(links, 1062, "INSERT INTO users (email) VALUES ('ann')")
}

pub fn parent_missing(links: &Links) -> Produced<'_> {
    refuses(links, 1452, "INSERT INTO orders VALUES (2, 99)")
}

pub fn child_exists(links: &Links) -> Produced<'_> {
    refuses(links, 1451, "DELETE FROM users WHERE id = 1")
}

/// What an update of the shop does: nothing matched, so nothing is there.
pub fn no_row(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let updated = update(links, "id = 77").await;
        assert_eq!(updated, 0);
        dal_mysql::classify(&sqlx::Error::RowNotFound)
    })
}

/// The row is there, so it was the condition.
pub fn condition(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        assert_eq!(update(links, "id = 1 AND stock > 5").await, 0);
        assert_eq!(update(links, "id = 1").await, 1);
        Class::new(ErrorKind::ConditionFailed)
    })
}

async fn update(links: &Links, condition: &str) -> u64 {
    let sql = format!("UPDATE users SET stock = 1 WHERE {condition}");
    let updated = links.direct.pool().execute(AssertSqlSafe(sql)).await;
    updated.unwrap().rows_affected()
}

pub fn trigger(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let trigger = "CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW \
                       SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'closed'";
        links.direct.pool().execute(trigger).await.unwrap();
        refuses(links, 1644, "INSERT INTO orders VALUES (5, 1)").await
    })
}

pub fn check(links: &Links) -> Produced<'_> {
    refuses(links, 3819, "UPDATE users SET stock = -1 WHERE id = 2")
}

pub fn deadlock(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let change = |id: u8| AssertSqlSafe(format!("UPDATE users SET stock = 1 WHERE id = {id}"));
        let mut one = links.direct.pool().begin().await.unwrap();
        let mut two = links.direct.pool().begin().await.unwrap();
        one.execute(change(1)).await.unwrap();
        two.execute(change(2)).await.unwrap();
        let both = tokio::join!(one.execute(change(2)), two.execute(change(1)));
        let victim = both.0.err().or(both.1.err());
        numbered(&victim.unwrap(), 1213)
    })
}

pub fn lock_wait(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let change = "UPDATE users SET stock = 1 WHERE id = 1";
        let mut holder = links.direct.pool().begin().await.unwrap();
        holder.execute(change).await.unwrap();
        let mut waiter = links.direct.pool().acquire().await.unwrap();
        let second = "SET innodb_lock_wait_timeout = 1";
        waiter.execute(second).await.unwrap();
        numbered(&waiter.execute(change).await.unwrap_err(), 1205)
    })
}

pub fn table_changed(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let mut old = links.direct.pool().acquire().await.unwrap();
        for sql in [
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT",
        ] {
            old.execute(sql).await.unwrap();
        }
        let alter = "ALTER TABLE orders ADD COLUMN note INT, ALGORITHM = COPY";
        links.direct.pool().execute(alter).await.unwrap();
        let error = old.execute("SELECT * FROM orders").await.unwrap_err();
        numbered(&error, 1412)
    })
}

pub fn full_pool(_: &Links) -> Produced<'_> {
    Box::pin(async move {
        let (_proxy, db) = pool_of_one().await;
        let _held = db.pool().acquire().await.unwrap();
        dal_mysql::classify(&db.begin().await.unwrap_err())
    })
}

pub fn too_many_connections(links: &Links) -> Produced<'_> {
    struck(links, LinkFault::Error(1040))
}

async fn connecting(url: &str) -> sqlx::Error {
    let options = dal_mysql::connect_options(url).unwrap();
    MySqlConnection::connect_with(&options).await.unwrap_err()
}

pub fn refused(_: &Links) -> Produced<'_> {
    Box::pin(async move { dal_mysql::classify(&connecting("mysql://root@127.0.0.1:1/db").await) })
}

pub fn unknown_host(_: &Links) -> Produced<'_> {
    Box::pin(async move {
        let nowhere = "mysql://root@dal-no-such-host.invalid/db";
        dal_mysql::classify(&connecting(nowhere).await)
    })
}

pub fn waiting_pool(_: &Links) -> Produced<'_> {
    Box::pin(async move {
        let (proxy, db) = pool_of_one().await;
        drop(proxy);
        // The connection that the pool still has breaks first.
        let _broken = insert(&db, 1, Idempotency::None).await;
        dal_mysql::classify(&db.begin().await.unwrap_err())
    })
}

pub fn read_only_option(links: &Links) -> Produced<'_> {
    let text = "The MySQL server is running with the --super-read-only option";
    struck(links, LinkFault::Refusal(1290, "HY000", text))
}

pub fn read_only_transaction(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let mut one = links.direct.pool().acquire().await.unwrap();
        let read_only = "SET SESSION TRANSACTION READ ONLY";
        one.execute(read_only).await.unwrap();
        let delete = one.execute("DELETE FROM orders WHERE id = 1").await;
        let class = numbered(&delete.unwrap_err(), 1792);
        one.close().await.unwrap();
        class
    })
}

pub fn read_only_mode(links: &Links) -> Produced<'_> {
    struck(links, LinkFault::Error(1836))
}

pub fn link_closed(links: &Links) -> Produced<'_> {
    struck(links, LinkFault::LoseReply)
}

pub fn garbage(links: &Links) -> Produced<'_> {
    struck(links, LinkFault::Garbage)
}

pub fn gone_away(links: &Links) -> Produced<'_> {
    struck(links, LinkFault::Error(2006))
}

pub fn link_lost(links: &Links) -> Produced<'_> {
    struck(links, LinkFault::Error(2013))
}

/// Made by hand: the operating system gives a connection up after minutes only.
pub fn io_timeout(_: &Links) -> Produced<'_> {
    let late = sqlx::Error::Io(io::Error::from(io::ErrorKind::TimedOut));
    Box::pin(std::future::ready(dal_mysql::classify(&late)))
}

pub fn deadline(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        links.proxy.always(Command::Any, LinkFault::Hang);
        let cx = OpCx::new().with_deadline(Instant::now() + Duration::from_millis(200));
        let late = cx.scope(insert(&links.through, 1, Idempotency::None)).await;
        late.unwrap_err().class().clone()
    })
}

pub fn statement_timeout(links: &Links) -> Produced<'_> {
    let late = "SELECT /*+ MAX_EXECUTION_TIME(50) */ COUNT(*) FROM information_schema.columns a, \
                information_schema.columns b, information_schema.columns c";
    refuses(links, 3024, late)
}

/// The URL of the server, as another user or with another database.
fn url(user: Option<&str>, database: &str) -> String {
    let url = dal_testkit::servers::mysql().database_url(database);
    let (scheme, rest) = url.split_once("://").unwrap();
    let (own, host) = rest.rsplit_once('@').unwrap();
    format!("{scheme}://{}@{host}", user.unwrap_or(own))
}

pub fn wrong_password(_: &Links) -> Produced<'_> {
    Box::pin(async move {
        let error = connecting(&url(Some("dal_nobody:wrong"), "mysql")).await;
        numbered(&error, 1045)
    })
}

pub fn no_password(links: &Links) -> Produced<'_> {
    struck(links, LinkFault::Error(1698))
}

pub fn unreadable_url(_: &Links) -> Produced<'_> {
    let error = dal_mysql::connect_options("mysql://root@host:notaport/db").unwrap_err();
    Box::pin(std::future::ready(error.class().clone()))
}

/// The URL of the server, with options.
fn with(options: &str) -> String {
    let url = url(None, "mysql");
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{options}")
}

pub fn certificate(_: &Links) -> Produced<'_> {
    Box::pin(async move {
        let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engines/other_ca.pem");
        let options = format!("ssl-mode=VERIFY_CA&ssl-ca={ca}");
        dal_mysql::classify(&connecting(&with(&options)).await)
    })
}

/// What listens there greets as a MySQL without encryption does.
pub fn no_tls(_: &Links) -> Produced<'_> {
    Box::pin(async move {
        let plain = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = plain.local_addr().unwrap();
        let greet = async {
            let (mut link, _) = plain.accept().await.unwrap();
            link.write_all(GREETING).await.unwrap();
            link
        };
        let url = format!("mysql://root@{address}/db?ssl-mode=REQUIRED");
        let (error, _link) = tokio::join!(connecting(&url), greet);
        dal_mysql::classify(&error)
    })
}

/// `Protocol::HandshakeV10` of the manual, without `CLIENT_SSL` among the capabilities.
const GREETING: &[u8] = b"\x33\x00\x00\x00\x0a8.0.0\x00\x01\x00\x00\x00nnnnnnnn\x00\
    \x00\x82\x2d\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00nnnnnnnnnnnn\x00";

pub fn no_database(_: &Links) -> Produced<'_> {
    Box::pin(async move {
        let error = connecting(&url(None, "dal_test_that_is_missing")).await;
        numbered(&error, 1049)
    })
}

pub fn no_column(links: &Links) -> Produced<'_> {
    refuses(links, 1054, "SELECT missing FROM users")
}

/// A value that refuses to be sent.
struct Refusing;

impl sqlx::Type<sqlx::MySql> for Refusing {
    fn type_info() -> sqlx::mysql::MySqlTypeInfo {
        <i32 as sqlx::Type<sqlx::MySql>>::type_info()
    }
}

impl sqlx::Encode<'_, sqlx::MySql> for Refusing {
    fn encode_by_ref(&self, _: &mut Vec<u8>) -> Result<IsNull, BoxDynError> {
        Err("planted".into())
    }
}

pub fn not_encoded(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let insert = sqlx::query("INSERT INTO notes (id) VALUES (?)").bind(Refusing);
        let refused = insert.execute(links.direct.pool()).await;
        dal_mysql::classify(&refused.unwrap_err())
    })
}

pub fn not_decoded(links: &Links) -> Produced<'_> {
    Box::pin(async move {
        let text = sqlx::query_scalar::<_, i32>("SELECT 'text'");
        let read = text.fetch_one(links.direct.pool()).await;
        dal_mysql::classify(&read.unwrap_err())
    })
}
