//! What a harness must not forget while phases change: writes of one store, records that only a lost
//! answer would have named, and what the phase source said last.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dal_shadow::source::Fixed;
use dal_shadow::{Classify, EntityStatus, Harness, HarnessBuilder, Phase, StepError, shadow};
use serde::Serialize;
use tokio::time::sleep;

use crate::manual::{Manual, of, says};
use crate::settings::patience;

#[derive(Debug, thiserror::Error, Classify)]
pub enum Failure {
    #[error("no answer")]
    #[classify(unavailable)]
    Lost,
}

/// How many there are of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    pub id: u64,
    pub number: u64,
}

#[shadow(repair(read = get, put = put, delete = remove))]
#[async_trait]
pub trait PartRepository: Send + Sync {
    #[shadow(write, replay, key = id)]
    async fn add(&self, id: u64) -> Result<(), Failure>;
    #[shadow(read)]
    async fn get(&self, id: u64) -> Result<Option<Part>, Failure>;
    #[shadow(mirror, key = part.id)]
    async fn put(&self, part: &Part) -> Result<(), Failure>;
    #[shadow(write, replay, key = id)]
    async fn remove(&self, id: u64) -> Result<(), Failure>;
}

#[shadow]
#[async_trait]
pub trait WorkshopRepository: Send + Sync {
    /// Adds a part, which only the answer names.
    #[shadow(write, replay, key = workshop, also(part = result.id))]
    async fn make(&self, workshop: u64) -> Result<Part, Failure>;
}

/// A store in memory.
#[derive(Debug, Default)]
pub struct Shelf {
    parts: Mutex<BTreeMap<u64, u64>>,
    pause: Mutex<Duration>,
    loses_answers: AtomicBool,
}

impl Shelf {
    fn slow(&self, pause: Duration) {
        *self.pause.lock().unwrap() = pause;
    }

    async fn act<T>(&self, act: impl FnOnce(&mut BTreeMap<u64, u64>) -> T) -> Result<T, Failure> {
        let pause = *self.pause.lock().unwrap();
        sleep(pause).await;
        let done = act(&mut self.parts.lock().unwrap());
        if self.loses_answers.load(Ordering::Relaxed) {
            return Err(Failure::Lost);
        }
        Ok(done)
    }

    async fn added(&self, id: u64) -> Result<Part, Failure> {
        self.act(|parts| {
            let number = parts.entry(id).or_default();
            *number += 1;
            Part {
                id,
                number: *number,
            }
        })
        .await
    }
}

#[async_trait]
impl PartRepository for Shelf {
    async fn add(&self, id: u64) -> Result<(), Failure> {
        self.added(id).await.map(drop)
    }

    async fn get(&self, id: u64) -> Result<Option<Part>, Failure> {
        let parts = self.parts.lock().unwrap();
        let number = parts.get(&id).copied();
        Ok(number.map(|number| Part { id, number }))
    }

    async fn put(&self, part: &Part) -> Result<(), Failure> {
        self.act(|parts| parts.insert(part.id, part.number))
            .await
            .map(drop)
    }

    async fn remove(&self, id: u64) -> Result<(), Failure> {
        self.act(|parts| parts.remove(&id)).await.map(drop)
    }
}

#[async_trait]
impl WorkshopRepository for Shelf {
    async fn make(&self, workshop: u64) -> Result<Part, Failure> {
        self.added(workshop * 100).await
    }
}

/// Two stores and the wrappers over them.
struct Service {
    mysql: Arc<Shelf>,
    dynamodb: Arc<Shelf>,
    harness: Harness,
    parts: Arc<ShadowPartRepository<Shelf>>,
    workshops: Arc<ShadowWorkshopRepository<Shelf>>,
}

impl Service {
    async fn start(builder: HarnessBuilder) -> Self {
        let [mysql, dynamodb]: [Arc<Shelf>; 2] = Default::default();
        let harness = builder.best_effort_writes().start().await.unwrap();
        let (one, other) = (Arc::clone(&mysql), Arc::clone(&dynamodb));
        let parts = ShadowPartRepository::new(one, other, harness.clone());
        let (one, other) = (Arc::clone(&mysql), Arc::clone(&dynamodb));
        let workshops = ShadowWorkshopRepository::new(one, other, harness.clone());
        Self {
            mysql,
            dynamodb,
            harness,
            parts: Arc::new(parts),
            workshops: Arc::new(workshops),
        }
    }

    fn of(&self, entity: &str) -> EntityStatus {
        of(&self.harness, entity)
    }

    fn part_lacks(&self) -> Option<&'static str> {
        self.of("part").incomplete.get("dynamodb").copied()
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_every_entity_incomplete_whose_records_it_would_have_named() {
    let builder = Harness::builder(Fixed::new(Phase::DualWrite)).stores_hold_the_same();
    let service = Service::start(builder).await;
    assert_eq!(service.part_lacks(), None);
    service.mysql.loses_answers.store(true, Ordering::Relaxed);
    service.workshops.make(1).await.unwrap_err();
    assert_eq!(service.part_lacks(), Some("unknown_create"));
}

#[tokio::test(start_paused = true)]
async fn a_copy_does_not_begin_while_a_write_of_one_store_is_under_way() {
    let builder = Harness::builder(Fixed::new(Phase::MySqlOnly));
    let service = Service::start(builder.steps(patience(Duration::from_secs(1)))).await;
    let under_way = StepError::CallsUnderWay(Phase::DualWrite);
    service.mysql.slow(Duration::from_secs(10));
    let workshops = Arc::clone(&service.workshops);
    let slow = tokio::spawn(async move { workshops.make(1).await });
    tokio::task::yield_now().await;
    let step = service.harness.step("part", Phase::DualWrite).await;
    assert_eq!(step, Err(under_way.clone()));
    // It will be on MySQL alone, and a copy that does not find it there must complete nothing.
    let begun = service.harness.repairing("part");
    assert_eq!(begun.unwrap_err(), under_way);
    // The writes of this phase do not count, and a third phase changes nothing about it.
    let step = service.harness.step("part", Phase::ShadowRead).await;
    assert!(step.is_ok() || step == Err(StepError::CallsUnderWay(Phase::ShadowRead)));
    let begun = service.harness.repairing("part");
    let under_way = StepError::CallsUnderWay(Phase::ShadowRead);
    assert_eq!(begun.unwrap_err(), under_way);
    slow.await.unwrap().unwrap();
    let parts = Arc::clone(&service.parts);
    let slow = tokio::spawn(async move { parts.add(1).await });
    tokio::task::yield_now().await;
    let mark = service.harness.repairing("part").unwrap();
    slow.await.unwrap().unwrap();
    assert!(service.harness.repaired(&mark).unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_calls_of_the_whole_group() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phases.json");
    let builder = || Harness::builder(Fixed::new(Phase::DualWrite)).remember(&file);
    let service = Service::start(builder()).await;
    let mark = service.harness.repairing("part").unwrap();
    assert!(service.harness.repaired(&mark).unwrap());
    // It is under way when the stop begins, and only its answer says which part is written.
    service.mysql.slow(Duration::from_secs(1));
    service
        .dynamodb
        .loses_answers
        .store(true, Ordering::Relaxed);
    let workshops = Arc::clone(&service.workshops);
    let slow = tokio::spawn(async move { workshops.make(1).await });
    tokio::task::yield_now().await;
    assert!(!service.harness.shut_down(Duration::from_secs(5)).await);
    slow.await.unwrap().unwrap();
    assert_eq!(service.of("part").dirty, 1);
    let next = Service::start(builder()).await;
    assert_eq!(next.part_lacks(), Some("unclean_stop"));
}

#[tokio::test(start_paused = true)]
async fn a_step_is_given_up_when_the_source_names_two_phases_for_its_group() {
    let (manual, source) = Manual::new("*=shadow-read");
    let builder = Harness::builder(manual).stores_hold_the_same();
    let service = Service::start(builder.steps(patience(Duration::from_mins(10)))).await;
    service.dynamodb.slow(Duration::from_secs(4));
    service.parts.add(1).await.unwrap();
    source.send(says("*=dynamodb-read!")).unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(service.of("part").stepping, Some(Phase::DynamoDbRead));
    let two = "part=dynamodb-read!,workshop=shadow-read";
    source.send(says(two)).unwrap();
    sleep(Duration::from_secs(20)).await;
    let part = service.of("part");
    assert_eq!((part.pending, part.stepping), (0, None));
    assert_eq!(part.phase, Some(Phase::ShadowRead));
    let problem = part.problem.unwrap();
    assert!(problem.contains("two phases"), "{problem}");
    source.send(says("*=dynamodb-read!")).unwrap();
    sleep(Duration::from_secs(20)).await;
    assert_eq!(service.of("part").phase, Some(Phase::DynamoDbRead));
}
