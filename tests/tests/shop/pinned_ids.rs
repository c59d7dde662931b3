//! A generated id exists once: MySQL makes it, DynamoDB gets the same, whatever happens to the
//! secondary write on its way.

use std::time::Duration;

use dal_dynamodb::DynamoDb;
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Phase, Repairs, Report, WriteCounts};
use dal_testkit::faults::{HttpFault, HttpFaults};
use dal_testkit::servers::{Engine, announce, runtime};
use dal_tests::stores::{fresh_dynamodb, fresh_mysql};
use dal_traits::RetryPolicy;
use shop::Repositories;
use shop::contents::Contents;
use shop::model::NewUser;

const SUITE: &str = "pinned_ids";

/// DynamoDB behind faults, giving up at once, so that the engine's own repetition is what repeats.
fn behind(db: &DynamoDb) -> (HttpFaults, DynamoDb) {
    let faults = HttpFaults::new();
    let client = faults.client(db.client());
    let once = RetryPolicy {
        max_attempts: 1,
        ..RetryPolicy::default()
    };
    (faults, dal_dynamodb::from_client(&client).with_policy(once))
}

fn secondary_writes(report: &Report, method: &str) -> WriteCounts {
    let found = report.methods().find(|it| it.method == method);
    found.unwrap().secondary_writes
}

async fn one_id_on_both(engine: Engine) {
    let mysql = fresh_mysql().await;
    let (bare, table) = fresh_dynamodb(engine).await;
    let (faults, dynamodb) = behind(&bare);
    let harness = Harness::builder(Fixed::new(Phase::DualWrite))
        .best_effort_writes()
        .stores_hold_the_same()
        // Nothing of this test lands late, and the step waits until nothing can.
        .repairs(Repairs {
            late_effect: Duration::from_secs(1),
            ..Repairs::default()
        })
        .start()
        .await
        .unwrap();
    let shop = Repositories::shadowed(
        &Repositories::mysql(&mysql),
        &Repositories::dynamodb(&dynamodb, &table),
        &harness,
    );
    let troubles = [
        HttpFault::throttled(),
        HttpFault::RequestLost,
        HttpFault::ReplyLost,
        HttpFault::server_error(500),
        HttpFault::Garbage,
    ];
    let mut ids = Vec::new();
    for (number, trouble) in troubles.iter().enumerate() {
        // Some ids are never used: what counts is what MySQL gave out, not what is there.
        for (kind, fault) in [("a", None), ("b", Some(trouble))] {
            if let Some(fault) = fault {
                faults.next("TransactWriteItems", fault.clone());
            }
            let new = NewUser {
                email: format!("{kind}{number}@x"),
                name: format!("{kind}{number}"),
            };
            ids.push(shop.users.register(&new).await.unwrap().id);
            assert!(harness.drain(Duration::from_secs(30)).await);
        }
        shop.users.remove(*ids.last().unwrap()).await.unwrap();
        ids.pop();
        assert!(harness.drain(Duration::from_secs(30)).await);
    }
    let report = harness.report();
    let all = report.total().secondary_writes;
    let missing = all.refused + all.failed + all.lost + all.unknown;
    assert_eq!(missing, 0, "{report:?}");
    let register = secondary_writes(&report, "register");
    assert_eq!((register.sent, register.applied), (10, 10));
    assert!(register.retried >= 5, "{register:?}");
    let on_mysql = Contents::of_mysql(&mysql).await.unwrap();
    let on_dynamodb = Contents::of_dynamodb(&bare, &table).await.unwrap();
    assert!(on_mysql.has_same_records(&on_dynamodb));
    let kept: Vec<u64> = on_mysql.users.iter().map(|user| user.id).collect();
    assert_eq!(kept, ids);

    // DynamoDB has passed MySQL's newest id, so that none is given twice when it leads.
    for phase in [Phase::ShadowRead, Phase::DynamoDbRead, Phase::DynamoDbLeads] {
        harness.step("user", phase).await.unwrap();
    }
    let new = NewUser {
        email: "next@x".to_owned(),
        name: "next".to_owned(),
    };
    let next = shop.users.register(&new).await.unwrap();
    assert_eq!(next.id, on_mysql.newest.user + 1);
    assert!(harness.drain(Duration::from_secs(30)).await);
    let on_mysql = Contents::of_mysql(&mysql).await.unwrap();
    assert!(on_mysql.users.contains(&next));
}

#[test]
fn one_auto_increment_id_on_both_sides_also_when_the_secondary_write_fails_and_is_repeated() {
    let engines = announce(SUITE, &[Engine::MySql, Engine::Embedded, Engine::Local]);
    if !engines.contains(&Engine::MySql) {
        return;
    }
    for engine in engines.into_iter().filter(|it| *it != Engine::MySql) {
        runtime().block_on(one_id_on_both(engine));
    }
}
