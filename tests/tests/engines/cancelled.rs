//! Statements whose future is dropped in mid-flight, as a deadline, a client that went away or a
//! `select!` does, and servers that vanish: the pool stays whole, and nothing runs in a transaction
//! that was left open.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use dal_testkit::faults::{Command, LinkFault, MySqlProxy};
use dal_testkit::servers::{self, Engine, announce, runtime};
use dal_traits::{ErrorKind, Idempotency, OpCx};
use sqlx::mysql::{MySqlPool, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::time::Instant;

const SUITE: &str = "cancelled";
/// Longer than a busy connection is waited for, shorter than for ever.
const PATIENCE: Duration = Duration::from_secs(20);
/// Five seconds for the roll-back, and some for a busy machine.
const WHOLE_AGAIN: Duration = Duration::from_secs(8);
/// As often something is tried that depends on how fast replies are.
const ROUNDS: usize = 20;

/// One connection, so that the next user meets what was left.
async fn one(options: MySqlPoolOptions, url: &str) -> MySqlPool {
    options
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .connect_with(dal_mysql::connect_options(url).unwrap())
        .await
        .unwrap()
}

/// A database with a table, and a pool that looks at it from outside.
async fn database() -> (String, MySqlPool) {
    let url = servers::mysql().fresh_database().await.unwrap();
    let outside = one(dal_mysql::pool_options(), &url).await;
    outside
        .execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(20) NOT NULL)")
        .await
        .unwrap();
    (url, outside)
}

/// A pool of one connection, and one that looks at the same database from outside.
async fn pools() -> (MySqlPool, MySqlPool) {
    let (url, outside) = database().await;
    (one(dal_mysql::pool_options(), &url).await, outside)
}

/// Work of one kind of four: a statement that is prepared each time, one that is cached, one as text,
/// and a transaction.
async fn work(pool: &MySqlPool, kind: usize, unique: usize) -> Result<(), sqlx::Error> {
    match kind {
        0 => {
            let prepared = format!("SELECT word, {unique} FROM t WHERE id = ?");
            let query = sqlx::query(AssertSqlSafe(prepared)).bind(1);
            query.fetch_optional(pool).await.map(drop)
        }
        1 => {
            let query = sqlx::query("INSERT INTO t (word) VALUES (?)").bind("one");
            query.execute(pool).await.map(drop)
        }
        2 => pool.execute("SELECT id, word FROM t").await.map(drop),
        _ => {
            let mut tx = pool.begin().await?;
            let query = sqlx::query("INSERT INTO t (word) VALUES ('two')");
            query.execute(&mut *tx).await?;
            tx.commit().await
        }
    }
}

/// Lets a future wake up so often, then drops it: at each of its own awaits, however fast the
/// machine is.
async fn dropped_after<F: Future>(wake_ups: usize, future: F) -> bool {
    let mut future = Box::pin(future);
    let mut left = wake_ups;
    poll_fn(move |cx| match future.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(false),
        Poll::Pending if left == 0 => Poll::Ready(true),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Writes a word through a pool, in a statement of its own, and looks for it from outside.
async fn is_kept(pool: &MySqlPool, outside: &MySqlPool, word: &str) -> bool {
    sqlx::query("INSERT INTO t (word) VALUES (?)")
        .bind(word)
        .execute(pool)
        .await
        .unwrap_or_else(|error| panic!("{word}: {error}"));
    let seen: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM t WHERE word = ?")
        .bind(word)
        .fetch_one(outside)
        .await
        .unwrap();
    seen == 1
}

#[test]
fn after_work_that_was_dropped_at_any_await_the_next_write_is_kept() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let (pool, outside) = pools().await;
        let mut dropped = 0;
        for round in 0..25 {
            for kind in 0..4 {
                for wake_ups in 0..5 {
                    let unique = round * 100 + kind * 10 + wake_ups;
                    let work = work(&pool, kind, unique);
                    dropped += usize::from(dropped_after(wake_ups, work).await);
                    let word = format!("after {unique}");
                    assert!(is_kept(&pool, &outside, &word).await, "{word} is lost");
                }
            }
        }
        assert!(dropped > 100, "only {dropped} were dropped");
    });
}

#[test]
fn a_preparation_that_was_dropped_holds_no_connection_for_ever() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let (mut dropped, mut rounds) = (0, 0);
        // The first wake-ups are those of the pool. On a busy machine the reply may be there before
        // the statement is looked at again: then it is not dropped, and another round is made.
        while dropped == 0 && rounds < ROUNDS {
            rounds += 1;
            for wake_ups in 1..4 {
                let (pool, outside) = pools().await;
                // The reply to the preparation of the 252nd statement, with nine columns, reads like an
                // answer after which further ones come.
                for number in 1..252 {
                    let prepared = format!("SELECT {number}");
                    pool.execute(sqlx::query(AssertSqlSafe(prepared)))
                        .await
                        .unwrap();
                }
                let nine = sqlx::query("SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9").execute(&pool);
                dropped += usize::from(dropped_after(wake_ups, nine).await);
                assert!(is_kept(&pool, &outside, "after").await);
            }
        }
        assert!(dropped > 0, "of {rounds} rounds");
    });
}

#[test]
fn after_a_deadline_the_connection_comes_back_when_the_server_has_ended_the_statement() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let (pool, outside) = pools().await;
        let db = dal_mysql::from_pool(pool.clone()).await.unwrap();
        let cx = OpCx::new().with_deadline(Instant::now() + Duration::from_millis(200));
        let late = cx
            .scope(db.statement("SELECT", "t", Idempotency::Read, || async {
                pool.execute("SELECT SLEEP(7)").await.map(drop)
            }))
            .await;
        assert_eq!(late.unwrap_err().kind(), ErrorKind::Timeout);
        assert!(is_kept(&pool, &outside, "after").await);
    });
}

/// An expression, and its text without spaces.
macro_rules! pasted {
    ($code:expr) => {
        ($code, without_spaces(stringify!($code)))
    };
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn a_pool_built_as_from_pool_prescribes_keeps_300_of_300_writes() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let (url, outside) = database().await;
        let refused = one(MySqlPoolOptions::new(), &url).await;
        let refused = dal_mysql::from_pool(refused).await.unwrap_err();
        let (options, code) = pasted!(
            MySqlPoolOptions::new()
                .before_acquire(|_, meta| Box::pin(async move { Ok(dal_mysql::is_current(&meta)) }))
                .after_release(|connection, _| Box::pin(dal_mysql::release(connection)))
        );
        let prescribed = format!("theseoptions:{code},or");
        let text = without_spaces(&refused.to_string());
        assert!(text.contains(&prescribed), "{prescribed} is not in {text}");

        let pool = one(options, &url).await;
        dal_mysql::from_pool(pool.clone()).await.unwrap();
        let (mut dropped, mut lost) = (0, 0);
        for number in 0..300 {
            let work = work(&pool, number % 4, number);
            dropped += usize::from(dropped_after(number / 4 % 5, work).await);
            let word = format!("after {number}");
            lost += usize::from(!is_kept(&pool, &outside, &word).await);
        }
        assert_eq!(lost, 0, "lost of 300, after {dropped} were dropped");
        assert!(dropped > 50, "only {dropped} were dropped");
    });
}

/// Takes the connection of a pool of one, lets its server vanish by `vanish` while it is in use,
/// returns it, and tells how long the pool then needs to serve again.
async fn whole_again_after(url: &str, vanish: impl FnOnce()) -> Duration {
    let pool = one(dal_mysql::pool_options(), url).await;
    let connection = pool.acquire().await.unwrap();
    vanish();
    let began = Instant::now();
    drop(connection);
    let again = pool.execute("DO 0").await;
    let took = began.elapsed();
    assert!(again.is_ok(), "{again:?} after {took:?}");
    took
}

#[test]
fn a_pool_of_one_is_whole_within_seconds_when_its_server_vanished() {
    if announce(SUITE, &[Engine::MySql]).is_empty() {
        return;
    }
    runtime().block_on(async {
        let url = servers::mysql().fresh_database().await.unwrap();
        let proxy = MySqlProxy::start(&url).await.unwrap();
        let plain = proxy.url(&url).unwrap();
        let tls = proxy.encrypted_url(&url).unwrap();
        for (url, encrypted) in [(&plain, false), (&tls, true)] {
            let pool = one(dal_mysql::pool_options(), url).await;
            let (_, cipher): (String, String) =
                sqlx::query_as("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
                    .fetch_one(&pool)
                    .await
                    .unwrap();
            assert_eq!(cipher.is_empty(), !encrypted, "{cipher}");
            let took = whole_again_after(url, || proxy.vanish()).await;
            eprintln!("vanished, encrypted {encrypted}: whole again after {took:?}");
            assert!(took < WHOLE_AGAIN, "encrypted {encrypted}: {took:?}");
            let took = whole_again_after(url, || proxy.hang_up()).await;
            eprintln!("hung up, encrypted {encrypted}: whole again after {took:?}");
            assert!(took < WHOLE_AGAIN, "encrypted {encrypted}: {took:?}");
        }
        // At the roll-back itself.
        let rollback = Command::Query("ROLLBACK");
        for fault in [LinkFault::Hang, LinkFault::Drop, LinkFault::Error(1053)] {
            let took = whole_again_after(&plain, || proxy.once(rollback.clone(), fault)).await;
            eprintln!("{fault:?} at the roll-back: whole again after {took:?}");
            assert!(took < WHOLE_AGAIN, "{fault:?}: {took:?}");
        }
    });
}
