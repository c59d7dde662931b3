//! What a pool hides: a server that is down, a server that is no longer the primary.

use std::time::Duration;

use dal_mysql::MySql;
use dal_testkit::faults::{Command, LinkFault, MySqlProxy};
use dal_testkit::servers;
use dal_traits::{Effect, ErrorKind, Idempotency, Retry, RetryPolicy};
use sqlx::Executor;
use sqlx::mysql::MySqlPool;

use super::mysql_faults::{behind_proxy, insert};
use super::{expect, on_mysql};

/// A pool of one connection, through a proxy that can go away, with one attempt for each call.
pub async fn pool_of_one() -> (MySqlProxy, MySql) {
    let url = servers::mysql().fresh_database().await.unwrap();
    let proxy = MySqlProxy::start(&url).await.unwrap();
    let pool = dal_mysql::pool_options()
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(300))
        .connect_with(dal_mysql::connect_options(&proxy.url(&url).unwrap()).unwrap())
        .await
        .unwrap();
    let table = "CREATE TABLE notes (id INT PRIMARY KEY, hits INT NOT NULL DEFAULT 0)";
    pool.execute(table).await.unwrap();
    let once = RetryPolicy {
        max_attempts: 1,
        ..RetryPolicy::default()
    };
    let db = dal_mysql::from_pool(pool).await.unwrap().with_policy(once);
    (proxy, db)
}

async fn connection_id(pool: &MySqlPool) -> u64 {
    sqlx::query_scalar("SELECT CONNECTION_ID()")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[test]
fn a_server_that_is_down_is_not_a_full_pool() {
    on_mysql(async {
        let (proxy, db) = pool_of_one().await;
        drop(proxy);
        tokio::time::sleep(Duration::from_millis(100)).await;
        // The connection that the pool still has may break first.
        let down = (ErrorKind::Unavailable, Retry::Exhausted, Effect::None);
        let mut error = insert(&db, 1, Idempotency::None).await.unwrap_err();
        if error.effect() == Effect::Unknown {
            error = insert(&db, 1, Idempotency::None).await.unwrap_err();
        }
        expect(error.class(), &error.to_string(), down);
        assert!(!error.to_string().contains("lower the load"), "{error}");

        let error = db.begin().await.unwrap_err();
        let class = dal_mysql::classify(&error);
        let down = (ErrorKind::Unavailable, Retry::Backoff, Effect::None);
        expect(&class, "begin", down);
    });
}

#[test]
fn a_full_pool_is_throttling_and_nothing_was_sent() {
    on_mysql(async {
        let (_proxy, db) = pool_of_one().await;
        let _held = db.pool().acquire().await.unwrap();
        let full = (ErrorKind::Throttled, Retry::Exhausted, Effect::None);
        let error = insert(&db, 1, Idempotency::None).await.unwrap_err();
        expect(error.class(), &error.to_string(), full);
    });
}

#[test]
fn after_a_fail_over_no_caller_gets_an_old_connection() {
    on_mysql(async {
        for number in [1290, 1792, 1836] {
            let (proxy, db) = pool_of_one().await;
            let old = connection_id(db.pool()).await;
            assert_eq!(connection_id(db.pool()).await, old, "it is one connection");
            let refusal = LinkFault::Refusal(number, "HY000", "running with --read-only");
            proxy.once(Command::Execute, refusal);
            let error = insert(&db, 1, Idempotency::None).await.unwrap_err();
            let read_only = (ErrorKind::Unavailable, Retry::Exhausted, Effect::None);
            expect(error.class(), &number.to_string(), read_only);
            assert_ne!(connection_id(db.pool()).await, old, "{number}");
            insert(&db, 1, Idempotency::None).await.unwrap();
        }
    });
}

#[test]
fn a_write_is_repeated_on_a_new_connection_after_a_fail_over() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        proxy.once(Command::Execute, LinkFault::Error(1836));
        insert(&db, 1, Idempotency::None).await.unwrap();
        assert_eq!(super::mysql_faults::count(&direct).await.unwrap(), 1);
    });
}
