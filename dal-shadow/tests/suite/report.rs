//! What a report says: counts, what may be missing, and what to do.

use std::time::Duration;

use crate::phases::stores;
use crate::settings::{late_effect, no_rereads};
use crate::users::{Fault, User, UserRepository};
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Phase, SecondaryWrites};

#[tokio::test]
async fn a_report_is_a_table_for_people() {
    let harness = Harness::builder(Fixed::new(Phase::ShadowRead))
        .best_effort_writes()
        .stores_hold_the_same()
        .secondary_writes(SecondaryWrites {
            awaited: true,
            ..SecondaryWrites::default()
        })
        .start()
        .await
        .unwrap();
    let (users, ..) = stores(&harness);
    users.register("ann@x").await.unwrap();
    users.get(1).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    let table = harness.report().to_string();
    let line = |name: &str| {
        let line = table
            .lines()
            .find(|line| line.trim_start().starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no {name} in {table}"));
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(table.contains("dual writes are best effort"), "{table}");
    assert!(table.contains("\nuser: shadow-read\n"), "{table}");
    // Calls, compared, equal, different, acknowledged.
    assert_eq!(line("register")[..6], ["register", "1", "0", "0", "0", "1"]);
    assert_eq!(line("get")[..6], ["get", "1", "1", "1", "0", "0"]);
    assert_eq!(line("total")[..6], ["total", "2", "1", "1", "0", "1"]);
}

#[tokio::test]
async fn the_table_says_why_nothing_could_be_said_and_where_the_answers_differ() {
    let harness = Harness::builder(Fixed::new(Phase::ShadowRead))
        .best_effort_writes()
        .shadow_reads(no_rereads())
        .start()
        .await
        .unwrap();
    let (users, _mysql, dynamodb) = stores(&harness);
    let user = users.register("ann@x").await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    for fault in [Fault::Garbage, Fault::Garbage, Fault::Throttle] {
        dynamodb.fault(fault);
        users.get(user.id).await.unwrap();
        assert!(harness.drain(Duration::from_secs(5)).await);
    }
    let table = harness.report().to_string();
    assert!(table.contains("inconclusive: transient 1"), "{table}");
    assert!(table.contains("differs most at name (2 calls)"), "{table}");
}

#[tokio::test]
async fn a_report_since_a_mark_leaves_out_what_was_counted_before() {
    let harness = Harness::builder(Fixed::new(Phase::ShadowRead))
        .best_effort_writes()
        .shadow_reads(no_rereads())
        .start()
        .await
        .unwrap();
    let (users, _mysql, dynamodb) = stores(&harness);
    let user = users.register("ann@x").await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    dynamodb.fault(Fault::Garbage);
    users.get(user.id).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    // One read is in flight at the mark.
    dynamodb.fault(Fault::Slow(Duration::from_millis(100)));
    users.get(user.id).await.unwrap();
    let mark = harness.report();
    assert_eq!(
        (mark.total().counts.different, mark.total().counts.in_flight),
        (1, 1)
    );
    users.get(user.id).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    let since = harness.report().since(&mark);
    let total = since.total();
    assert!(total.counts.adds_up(), "{total:?}");
    assert_eq!((total.calls, total.writes), (1, 0));
    assert_eq!(
        (
            total.counts.eligible,
            total.counts.equal,
            total.counts.different
        ),
        (2, 2, 0)
    );
    let get = since.methods().find(|it| it.method == "get").unwrap();
    assert!(get.paths.is_empty(), "{get:?}");
    assert_eq!(harness.report().total().counts.different, 1);
}

/// A harness in this phase whose table is wanted.
async fn harness(phase: Phase) -> Harness {
    Harness::builder(Fixed::new(phase))
        .best_effort_writes()
        .stores_hold_the_same()
        .shadow_reads(no_rereads())
        .secondary_writes(SecondaryWrites {
            caller_timeout: Duration::from_millis(50),
            attempt_timeout: Duration::from_millis(50),
            ..SecondaryWrites::default()
        })
        .repairs(late_effect(Duration::from_mins(1)))
        .start()
        .await
        .unwrap()
}

async fn settled(harness: &Harness) {
    for _ in 0..500 {
        if harness.status()[0].pending == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", harness.status());
}

#[tokio::test]
async fn the_table_shows_the_secondary_writes_of_a_method_and_what_may_be_missing_now() {
    let harness = harness(Phase::DualWrite).await;
    let (users, _mysql, dynamodb) = stores(&harness);
    users.register("ann@x").await.unwrap();
    settled(&harness).await;
    dynamodb.fault(Fault::Hang);
    users.register("bob@x").await.unwrap();
    settled(&harness).await;
    let stray = User {
        id: 99,
        email: "cat@x".to_owned(),
        name: String::new(),
    };
    dynamodb.fault(Fault::None);
    dynamodb.users.lock().unwrap().insert(99, stray);
    users.register("cat@x").await.unwrap();
    settled(&harness).await;
    while harness.report().total().counts.in_flight > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let table = harness.report().to_string();
    let made = "secondary writes: 3 sent, 1 made, 1 refused, 1 failed";
    assert!(table.contains(made), "{table}");
    let ends =
        "ended differently (primary | secondary): a value | unique_violation Taken (1 calls)";
    assert!(table.contains(ends), "{table}");
    let dirty = "2 records may differ until a transfer makes them equal";
    assert!(table.contains(dirty), "{table}");
    assert!(!table.contains("may lack records"), "{table}");
    let status = &harness.report().entities[0].status;
    assert_eq!((status.dirty, status.incomplete.len()), (2, 0));
}

#[tokio::test]
async fn the_table_names_a_store_that_may_lack_records_and_says_what_to_do() {
    let harness = Harness::builder(Fixed::new(Phase::DualWrite))
        .best_effort_writes()
        .start()
        .await
        .unwrap();
    let _stores = stores(&harness);
    let table = harness.report().to_string();
    assert!(table.contains("dynamodb may lack records"), "{table}");
    assert!(table.contains("copy (`repairing`"), "{table}");
}

#[tokio::test]
async fn the_table_says_that_continued_pages_are_not_compared_and_counts_fenced_reads() {
    let harness = harness(Phase::DynamoDbRead).await;
    let (users, _mysql, dynamodb) = stores(&harness);
    for email in ["ann@x", "bob@x"] {
        users.register(email).await.unwrap();
    }
    let page = users.list(None, 1).await.unwrap();
    users.list(page.next.as_deref(), 1).await.unwrap();
    // Its write is not applied, so MySQL answers.
    dynamodb.fault(Fault::Hang);
    users.rename(1, "Ann").await.unwrap();
    assert_eq!(users.get(1).await.unwrap().unwrap().name, "Ann");
    let report = harness.report();
    let method = |name| report.methods().find(|method| method.method == name);
    assert_eq!(
        method("list").unwrap().reasons.get("continued_page"),
        Some(&1)
    );
    assert_eq!(method("get").unwrap().fenced, 1);
    assert_eq!(report.total().fenced, 1);
    let table = report.to_string();
    assert!(
        table.contains("continued pages are not compared"),
        "{table}"
    );
    let fenced = "fenced: the primary store for writes answered 1 reads";
    assert!(table.contains(fenced), "{table}");
    assert!(table.contains("1 callers stopped waiting"), "{table}");
}

#[tokio::test]
async fn the_counts_of_a_method_an_entity_and_a_report_are_flat_in_json() {
    let harness = harness(Phase::ShadowRead).await;
    let (users, ..) = stores(&harness);
    let user = users.register("ann@x").await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    users.get(user.id).await.unwrap();
    assert!(harness.drain(Duration::from_secs(5)).await);
    let json = serde_json::to_value(harness.report()).unwrap();
    let entity = &json["entities"][0];
    assert_eq!(
        (&entity["entity"], &entity["dirty"]),
        (&"user".into(), &0.into())
    );
    let methods = entity["methods"].as_array().unwrap();
    let method = |name: &str| {
        methods
            .iter()
            .find(|method| method["method"] == name)
            .unwrap()
    };
    assert_eq!(method("get")["compared"], 1);
    assert_eq!(method("register")["secondary_writes"]["applied"], 1);
    let total = serde_json::to_value(harness.report().total()).unwrap();
    assert_eq!(
        (&total["eligible"], &total["equal"]),
        (&2.into(), &1.into())
    );
}
