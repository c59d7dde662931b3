//! Which store holds every record: what is known of it after a start, and what a copy ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;
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
            entity: "account".to_owned(),
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

#[tokio::test]
async fn a_key_of_another_type_is_refused_at_once() {
    let harness = process(Phase::DualWrite).start().await.unwrap();
    let stores = [1, 2].map(|seed| Accounts::new(seed, Duration::ZERO, Faults::default()));
    let [mysql, dynamodb] = stores;
    let _accounts = wrapped(&mysql, &dynamodb, &harness);
    let other = harness.repair_record("account", 1_u32).await.unwrap_err();
    let key = StepError::OtherKey {
        entity: "account".to_owned(),
        expected: "u64",
        given: "u32",
    };
    assert_eq!(other, key);
    assert_eq!(harness.repair_record("account", 1_u64).await, Ok(()));
}

/// One process after the other over the same stores, which remember in one file.
struct Processes {
    folder: tempfile::TempDir,
    mysql: Arc<Accounts>,
    dynamodb: Arc<Accounts>,
}

impl Processes {
    fn new() -> Self {
        let stores = [1, 2].map(|seed| Accounts::new(seed, Duration::ZERO, Faults::default()));
        let [mysql, dynamodb] = stores;
        Self {
            folder: tempfile::tempdir().unwrap(),
            mysql,
            dynamodb,
        }
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("phases.json")
    }

    async fn next(&self) -> (Harness, ShadowAccountRepository<Accounts>) {
        let builder = process(Phase::ShadowRead).remember(self.file());
        let harness = builder.start().await.unwrap();
        let accounts = wrapped(&self.mysql, &self.dynamodb, &harness);
        (harness, accounts)
    }
}

fn lacks(harness: &Harness) -> Option<&'static str> {
    harness.status()[0].incomplete.get("dynamodb").copied()
}

#[tokio::test]
async fn after_a_clean_stop_the_next_start_begins_complete_and_after_a_crash_it_does_not() {
    let processes = Processes::new();
    let (harness, accounts) = processes.next().await;
    assert_eq!(lacks(&harness), Some("never_filled"));
    assert!(copy(&processes.mysql, &processes.dynamodb, &harness).await);
    accounts.open("ann", 1).await.unwrap();
    assert!(harness.shut_down(Duration::from_secs(5)).await);
    // No write gets in any more, and no step is taken.
    let write = tokio::time::timeout(Duration::from_millis(20), accounts.open("bob", 2));
    assert!(write.await.is_err());
    let step = harness.step("account", Phase::DualWrite).await;
    assert_eq!(step, Err(StepError::ShuttingDown));
    drop((harness, accounts));

    let (harness, accounts) = processes.next().await;
    assert_eq!(lacks(&harness), None);
    assert_eq!(harness.step("account", Phase::DynamoDbRead).await, Ok(()));
    harness.step("account", Phase::ShadowRead).await.unwrap();
    drop((harness, accounts));
    // That was a crash: the file was marked when the process began.
    let (harness, accounts) = processes.next().await;
    assert_eq!(lacks(&harness), Some("unclean_stop"));
    // A clean stop of a process that lacked something.
    assert!(harness.shut_down(Duration::from_secs(5)).await);
    drop((harness, accounts));
    let (harness, _accounts) = processes.next().await;
    assert_eq!(lacks(&harness), Some("never_filled"));
}

#[tokio::test(start_paused = true)]
async fn a_stop_with_something_dirty_is_not_clean() {
    let loses_replies = Faults {
        lost: 100,
        ..Faults::default()
    };
    let mut processes = Processes::new();
    processes.dynamodb = Accounts::new(2, Duration::ZERO, loses_replies);
    let (harness, accounts) = processes.next().await;
    assert!(
        harness
            .repaired(&harness.repairing("account").unwrap())
            .unwrap()
    );
    accounts.open("ann", 1).await.unwrap();
    assert!(!harness.shut_down(Duration::from_secs(5)).await);
    drop((harness, accounts));
    let (harness, _accounts) = processes.next().await;
    assert_eq!(lacks(&harness), Some("unclean_stop"));
}

#[tokio::test]
async fn a_damaged_file_is_no_clean_stop() {
    let processes = Processes::new();
    let (harness, accounts) = processes.next().await;
    assert!(
        harness
            .repaired(&harness.repairing("account").unwrap())
            .unwrap()
    );
    assert!(harness.shut_down(Duration::from_secs(5)).await);
    drop((harness, accounts));
    let text = std::fs::read_to_string(processes.file()).unwrap();
    for damaged in [&text[..text.len() / 2], "{\"phases\": {}, \"complete\": 1}"] {
        std::fs::write(processes.file(), damaged).unwrap();
        let builder = process(Phase::ShadowRead).remember(processes.file());
        let refused = builder.start().await.unwrap_err().to_string();
        assert!(refused.contains("phases.json"), "{refused}");
    }
    // The phases without what was complete: as every running process leaves them.
    std::fs::write(processes.file(), "{\"account\": \"shadow-read\"}").unwrap();
    let (harness, _accounts) = processes.next().await;
    assert_eq!(lacks(&harness), Some("unclean_stop"));
}

/// DynamoDB may lack any record: MySQL answers every read, those with a page token as well, and no
/// comparison is made of them.
#[tokio::test]
async fn in_dynamodb_read_an_incomplete_dynamodb_answers_no_read_until_it_was_copied() {
    let stores = [1, 2].map(|seed| Accounts::new(seed, Duration::ZERO, Faults::default()));
    let [mysql, dynamodb] = stores;
    mysql.open("ann", 1).await.unwrap();
    // A start in this phase: nothing says that DynamoDB was ever filled.
    let harness = process(Phase::DynamoDbRead).start().await.unwrap();
    let accounts = wrapped(&mysql, &dynamodb, &harness);
    assert_eq!(lacks(&harness), Some("never_filled"));
    assert_eq!(accounts.get(1).await.unwrap().unwrap().name, "ann");
    let report = harness.report();
    assert_eq!(
        (report.total().fenced, report.total().counts.eligible),
        (1, 0)
    );
    let table = report.to_string();
    assert!(
        table.contains("until then mysql answers its reads"),
        "{table}"
    );
    assert!(copy(&mysql, &dynamodb, &harness).await);
    let calls = dynamodb.calls.load(Ordering::SeqCst);
    assert_eq!(accounts.get(1).await.unwrap().unwrap().name, "ann");
    assert!(dynamodb.calls.load(Ordering::SeqCst) > calls);
    assert_eq!(harness.report().total().fenced, 1);
}
