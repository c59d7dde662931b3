//! Which store holds every record: what is known of it after a start, and what a copy ends.

use std::sync::Arc;
use std::time::Duration;

use dal_shadow::source::Fixed;
use dal_shadow::{Harness, HarnessBuilder, Incomplete, Phase, StepError, Store};

use crate::accounts::{AccountRepository, Accounts, Faults, ShadowAccountRepository};

fn process(phase: Phase) -> HarnessBuilder {
    Harness::builder(Fixed::new(phase)).best_effort_writes()
}

fn wrapped(
    mysql: &Arc<Accounts>,
    dynamodb: &Arc<Accounts>,
    harness: &Harness,
) -> ShadowAccountRepository<Accounts> {
    ShadowAccountRepository::new(Arc::clone(mysql), Arc::clone(dynamodb), harness.clone())
}

/// Repairs every record of either store; whether the copy completed the entity.
async fn copy(mysql: &Accounts, dynamodb: &Accounts, harness: &Harness) -> bool {
    let mark = harness.repairing("account").unwrap();
    for key in mysql.keys().union(&dynamodb.keys()) {
        harness.repair_record("account", *key).await.unwrap();
    }
    harness.repaired(&mark).unwrap()
}

#[tokio::test(start_paused = true)]
async fn after_every_start_a_step_to_dynamodb_is_refused_until_a_copy() {
    let [mysql, dynamodb] =
        [1, 2].map(|seed| Accounts::new(seed, Duration::ZERO, Faults::default()));
    mysql.open("ann", 1).await.unwrap();
    // Two that MySQL does not have like this.
    dynamodb.open("bob", 2).await.unwrap();
    dynamodb.open("cat", 3).await.unwrap();
    for _start in 0..2 {
        let harness = process(Phase::ShadowRead).start().await.unwrap();
        let accounts = wrapped(&mysql, &dynamodb, &harness);
        let refused = harness.step("account", Phase::DynamoDbRead).await;
        let incomplete = StepError::Incomplete {
            phase: Phase::ShadowRead,
            store: Store::DynamoDb,
            why: Incomplete::NeverFilled,
        };
        assert_eq!(refused, Err(incomplete));
        assert!(copy(&mysql, &dynamodb, &harness).await);
        assert_eq!(mysql.all(), dynamodb.all());
        assert!(harness.status()[0].incomplete.is_empty());
        let step = harness.step("account", Phase::DynamoDbRead).await;
        assert_eq!(step, Ok(()));
        assert_eq!(accounts.get(1).await.unwrap().unwrap().name, "ann");
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_began_before_a_create_of_unknown_effect_completes_nothing() {
    let loses_replies = Faults {
        lost: 100,
        ..Faults::default()
    };
    let mysql = Accounts::new(1, Duration::ZERO, loses_replies);
    let dynamodb = Accounts::new(2, Duration::ZERO, Faults::default());
    let builder = process(Phase::DualWrite).stores_hold_the_same();
    let harness = builder.start().await.unwrap();
    let accounts = wrapped(&mysql, &dynamodb, &harness);
    let before = harness.repairing("account").unwrap();
    // It was made, and only its reply would have named the record.
    accounts.open("ann", 1).await.unwrap_err();
    assert!(!harness.repaired(&before).unwrap());
    let incomplete = || harness.status()[0].incomplete.get("dynamodb").copied();
    assert_eq!(incomplete(), Some("unknown_create"));
    mysql.works_from_now_on();
    assert!(copy(&mysql, &dynamodb, &harness).await);
    assert_eq!(incomplete(), None);
    assert_eq!(mysql.all(), dynamodb.all());
    assert_eq!(dynamodb.all().len(), 1);
}

#[tokio::test]
async fn a_copy_in_a_phase_that_writes_one_store_is_refused_and_completes_nothing() {
    let harness = Harness::builder(Fixed::new(Phase::MySqlOnly))
        .best_effort_writes()
        .start()
        .await
        .unwrap();
    let stores = [1, 2].map(|seed| Accounts::new(seed, Duration::ZERO, Faults::default()));
    let [mysql, dynamodb] = stores;
    let _accounts = ShadowAccountRepository::new(mysql, dynamodb, harness.clone());
    let one = StepError::WritesOneStore(Phase::MySqlOnly);
    assert_eq!(harness.repairing("account").unwrap_err(), one);
    let copied = harness.repair_record("account", 1_u64).await;
    assert_eq!(copied.unwrap_err(), one);
    // The same after a way back, when nothing waits for DynamoDB any more.
    for phase in [Phase::DualWrite, Phase::MySqlOnly] {
        harness.step("account", phase).await.unwrap();
    }
    let copied = harness.repair_record("account", 1_u64).await;
    assert_eq!(copied.unwrap_err(), one);
}
