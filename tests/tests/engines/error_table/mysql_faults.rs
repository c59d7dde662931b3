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
async fn behind_proxy() -> (MySqlProxy, MySql, MySql) {
    let url = servers::mysql().fresh_database().await.unwrap();
    let direct = dal_mysql::connect(&url).await.unwrap();
    let table = "CREATE TABLE notes (id INT PRIMARY KEY, hits INT NOT NULL DEFAULT 0)";
    direct.pool().execute(table).await.unwrap();
    let proxy = MySqlProxy::start(&url).await.unwrap();
    let through = dal_mysql::connect(&proxy.url(&url).unwrap()).await.unwrap();
    (proxy, through, direct)
}

async fn insert(db: &MySql, id: i32, idempotency: Idempotency) -> Result<()> {
    db.statement("INSERT", "notes", idempotency, || async {
        sqlx::query("INSERT INTO notes (id) VALUES (?)")
            .bind(id)
            .execute(db.pool())
            .await
            .map(drop)
    })
    .await
}

async fn count(db: &MySql) -> Result<i64> {
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
fn errors_that_no_server_gives_on_demand_have_the_kind_of_their_row() {
    on_mysql(async {
        let (proxy, db, direct) = behind_proxy().await;
        let throttled = (ErrorKind::Throttled, Retry::Backoff, Effect::None);
        let lost = (ErrorKind::Unavailable, Retry::Backoff, Effect::Unknown);
        let too_large = (ErrorKind::TooLarge, Retry::Never, Effect::None);
        for (number, class) in [
            (1040, throttled),
            (1203, throttled),
            (1226, throttled),
            (1053, lost),
            (1180, lost),
            (2006, lost),
            (2013, lost),
            (4031, lost),
            (1153, too_large),
            (1197, too_large),
            (1836, (ErrorKind::Unavailable, Retry::Backoff, Effect::None)),
            (3101, (ErrorKind::Conflict, Retry::Backoff, Effect::None)),
            (1114, (ErrorKind::Limit, Retry::Never, Effect::None)),
            (1143, (ErrorKind::AccessDenied, Retry::Never, Effect::None)),
            (1862, (ErrorKind::Credentials, Retry::Never, Effect::None)),
            (9999, (ErrorKind::Unexpected, Retry::Never, Effect::Unknown)),
        ] {
            proxy.once(Command::Execute, LinkFault::Error(number));
            let error = sqlx::query("INSERT INTO notes (id) VALUES (?)")
                .bind(1)
                .execute(db.pool())
                .await
                .unwrap_err();
            expect(&dal_mysql::classify(&error), &number.to_string(), class);
        }
        assert_eq!(count(&direct).await.unwrap(), 0);
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
