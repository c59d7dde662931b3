//! The rows of the error table that need a broken link, on a real MySQL behind a proxy.

use std::time::Duration;

use dal_mysql::MySql;
use dal_testkit::faults::{Command, LinkFault, MySqlProxy};
use dal_testkit::servers;
use dal_traits::{Effect, ErrorKind, Idempotency, OpCx, Result, Retry};
use sqlx::Executor;
use tokio::time::Instant;

use super::{expect, on_mysql};

/// A pool through the proxy, and one around it.
pub async fn behind_proxy() -> (MySqlProxy, MySql, MySql) {
    let url = servers::mysql().fresh_database().await.unwrap();
    let direct = dal_mysql::connect(&url).await.unwrap();
    let table = "CREATE TABLE notes (id INT PRIMARY KEY, hits INT NOT NULL DEFAULT 0)";
    direct.pool().execute(table).await.unwrap();
    let proxy = MySqlProxy::start(&url).await.unwrap();
    let through = dal_mysql::connect(&proxy.url(&url).unwrap()).await.unwrap();
    (proxy, through, direct)
}

pub async fn insert(db: &MySql, id: i32, idempotency: Idempotency) -> Result<()> {
    db.statement("INSERT", "notes", idempotency, || async {
        sqlx::query("INSERT INTO notes (id) VALUES (?)")
            .bind(id)
            .execute(db.pool())
            .await
            .map(drop)
    })
    .await
}

pub async fn count(db: &MySql) -> Result<i64> {
    db.statement("SELECT", "notes", Idempotency::Read, || async {
        sqlx::query_scalar("SELECT COUNT(*) FROM notes WHERE id > ?")
            .bind(0)
            .fetch_one(db.pool())
            .await
    })
    .await
}

#[test]
fn a_lost_reply_of_an_insert_is_unknown_and_applied_once() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        proxy.once(Command::Execute, LinkFault::LoseReply);
        let error = insert(&db, 1, Idempotency::None).await.unwrap_err();
        expect(
            error.class(),
            "lost reply",
            (ErrorKind::Unavailable, Retry::Backoff, Effect::Unknown),
        );
        assert_eq!(count(&direct).await.unwrap(), 1);
    });
}

#[test]
fn a_read_whose_reply_is_lost_is_repeated() {
    on_mysql(async {
        let (proxy, db, _direct) = behind_proxy().await;
        insert(&db, 1, Idempotency::None).await.unwrap();
        for fault in [LinkFault::LoseReply, LinkFault::Drop, LinkFault::Garbage] {
            proxy.once(Command::Execute, fault);
            assert_eq!(count(&db).await.unwrap(), 1, "{fault:?}");
            assert!(proxy.is_spent(), "{fault:?}");
        }
    });
}

#[test]
fn a_repeated_insert_that_says_taken_still_says_that_it_may_be_ours() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        proxy.once(Command::Execute, LinkFault::LoseReply);
        let error = insert(&db, 1, Idempotency::ByToken).await.unwrap_err();
        // An INSERT is not idempotent, whatever its author says: the effect stays unknown.
        assert_eq!(error.effect(), Effect::Unknown);
        assert_eq!(count(&direct).await.unwrap(), 1);
    });
}

#[test]
fn a_repeated_unit_that_finds_its_own_row_is_not_refused() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        proxy.once(Command::Execute, LinkFault::LoseReply);
        let error = db
            .unit("INSERT", "notes", Idempotency::ByToken, || async {
                sqlx::query("INSERT INTO notes (id) VALUES (?)")
                    .bind(1)
                    .execute(db.pool())
                    .await
                    .map_err(|native| dal_mysql::error("INSERT", "notes", native))
            })
            .await
            .unwrap_err();
        let lost = (ErrorKind::Unavailable, Retry::Backoff, Effect::Unknown);
        expect(error.class(), "lost, then exists", lost);
        assert_eq!(count(&direct).await.unwrap(), 1);
    });
}

#[test]
fn a_refused_commit_is_unknown_unless_the_server_rolled_back() {
    on_mysql(async {
        let (proxy, db, _direct) = behind_proxy().await;
        for (number, effect) in [
            (1030, Effect::Unknown),
            (3100, Effect::Unknown),
            (1180, Effect::Unknown),
            (1213, Effect::None),
            (3101, Effect::None),
            (1836, Effect::None),
        ] {
            proxy.once(Command::Query("COMMIT"), LinkFault::Error(number));
            let tx = db.begin().await.unwrap();
            let error = tx.commit().await.unwrap_err();
            let class = dal_mysql::classify_commit(&error);
            assert_eq!(class.effect, effect, "{number}");
        }
    });
}

#[test]
fn broken_links_leave_the_effect_of_a_write_unknown() {
    on_mysql(async {
        let (proxy, db, _direct) = behind_proxy().await;
        for (id, fault) in [(1, LinkFault::Drop), (2, LinkFault::Garbage)] {
            proxy.once(Command::Execute, fault);
            let error = insert(&db, id, Idempotency::None).await.unwrap_err();
            let lost = (ErrorKind::Unavailable, Retry::Backoff, Effect::Unknown);
            expect(error.class(), &format!("{fault:?}"), lost);
        }
    });
}

#[test]
fn a_commit_in_flight_is_unknown_and_not_repeated() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        proxy.once(Command::Query("COMMIT"), LinkFault::LoseReply);
        let error = db
            .statement("TRANSACTION", "notes", Idempotency::None, || async {
                let mut tx = db.pool().begin().await?;
                sqlx::query("INSERT INTO notes (id) VALUES (?)")
                    .bind(1)
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await
            })
            .await
            .unwrap_err();
        let lost = (ErrorKind::Unavailable, Retry::Backoff, Effect::Unknown);
        expect(error.class(), "COMMIT", lost);
        assert_eq!(
            count(&direct).await.unwrap(),
            1,
            "it was applied all the same"
        );
    });
}

#[test]
fn a_hung_server_is_a_time_out_at_the_deadline() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        proxy.always(Command::Any, LinkFault::Hang);
        let started = Instant::now();
        let cx = OpCx::new().with_deadline(started + Duration::from_millis(300));
        let error = cx
            .scope(insert(&db, 1, Idempotency::None))
            .await
            .unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(2));
        let late = (ErrorKind::Timeout, Retry::Backoff, Effect::Unknown);
        expect(error.class(), "hang", late);
        assert_eq!(count(&direct).await.unwrap(), 0);
    });
}

#[test]
fn a_late_answer_is_an_answer() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        proxy.once(
            Command::Execute,
            LinkFault::Delay(Duration::from_millis(200)),
        );
        insert(&db, 1, Idempotency::None).await.unwrap();
        assert_eq!(count(&direct).await.unwrap(), 1);
    });
}

#[test]
fn throttling_and_conflicts_are_repeated_until_they_pass() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        for (id, number) in [(1, 1040), (2, 1213)] {
            proxy.once(Command::Execute, LinkFault::Error(number));
            insert(&db, id, Idempotency::None).await.unwrap();
            assert!(proxy.is_spent());
        }
        assert_eq!(count(&direct).await.unwrap(), 2);
    });
}

#[test]
fn what_never_passes_is_exhausted() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        let policy = dal_traits::RetryPolicy {
            max_attempts: 3,
            ..dal_traits::RetryPolicy::default()
        };
        let db = db.with_policy(policy);
        proxy.always(Command::Execute, LinkFault::Error(1040));
        let error = insert(&db, 1, Idempotency::None).await.unwrap_err();
        let exhausted = (ErrorKind::Throttled, Retry::Exhausted, Effect::None);
        expect(error.class(), "exhausted", exhausted);
        assert_eq!(count(&direct).await.unwrap(), 0);
    });
}
