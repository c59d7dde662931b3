//! What all wrappers of one harness share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dal_traits::Clock;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use crate::findings::delivery::Delivery;
use crate::flow::breaker::Breaker;
use crate::flow::converge::{EntityId, Standing};
use crate::flow::writes::Writes;
use crate::harness::carry::{Capture, Carrier};
use crate::harness::comparing::Comparing;
use crate::harness::entity::{Entity, EntityStatus};
use crate::harness::method::MethodReport;
use crate::harness::policy::Policy;
use crate::harness::step_error::StepError;
use crate::phases::{Checkpoint, EVERY_OTHER, Phases, Remembered, Setting, Store};
use crate::rules::RuleSet;

pub(crate) struct Core {
    pub(crate) policy: Policy,
    /// Counts and findings, on their way to the sinks.
    pub(crate) delivery: Delivery,
    pub(crate) rules: RuleSet,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) writes: Arc<Writes>,
    /// Captures what goes along with work on another task than the caller's.
    pub(crate) capture: Option<Capture>,
    /// The number of each entity that a wrapper names.
    pub(crate) numbers: Mutex<BTreeMap<String, EntityId>>,
    pub(crate) tokens: AtomicU64,
    /// Secondary writes are left out, and transfers bring their records: for the test kit.
    pub(crate) only_transfers: AtomicBool,
    /// One permit for each shadow read under way.
    pub(crate) reads: Arc<Semaphore>,
    /// Where comparisons run that need more than a look.
    pub(crate) comparing: Comparing,
    /// One for the shadow reads of each store, MySQL's first.
    pub(crate) breakers: [Breaker; 2],
    pub(crate) runtime: Handle,
    pub(crate) source: String,
    pub(crate) memory: Option<Checkpoint>,
    pub(crate) phases: Mutex<Known>,
    /// A wrapper was made. Closed with the harness.
    pub(crate) grown: watch::Sender<()>,
}

/// What is known of phases.
#[derive(Default)]
pub(crate) struct Known {
    /// What the source says, as far as it was readable.
    pub(crate) wanted: Phases,
    /// What was in force when the process ended the last time.
    pub(crate) remembered: Remembered,
    /// What was asked of each entity because the source said so: it is asked once, so that a step
    /// taken by hand stays until the source names another phase.
    pub(crate) taken: BTreeMap<String, Setting>,
    /// Why the source is unreadable at this moment.
    pub(crate) problem: Option<String>,
    pub(crate) entities: BTreeMap<String, Arc<Entity>>,
}

impl Known {
    /// The entities that the source names, for a message.
    pub(crate) fn named(&self) -> String {
        let names: Vec<_> = self.wanted.entities().map(|(name, _)| name).collect();
        names.join(", ")
    }

    /// The entity of this name.
    ///
    /// # Errors
    /// [`StepError::Unknown`] with the names that there are.
    pub(crate) fn named_entity(&self, name: &str) -> Result<Arc<Entity>, StepError> {
        let entity = self.entities.get(name).cloned();
        entity.ok_or_else(|| StepError::Unknown {
            entity: name.to_owned(),
            known: self.entities.keys().cloned().collect(),
        })
    }

    /// Names in the source that no wrapper of this process has: usually a mistyped entity.
    pub(crate) fn unused(&self) -> Vec<String> {
        self.wanted
            .entities()
            .map(|(name, _)| name)
            .filter(|name| *name != EVERY_OTHER && !self.entities.contains_key(*name))
            .map(str::to_owned)
            .collect()
    }
}

impl Core {
    /// A new entity of this name, whose gate follows the state machine of writes.
    pub(crate) fn registered(&self, name: &str) -> Arc<Entity> {
        let slots = self.policy.writes.in_flight;
        let entity = Arc::new(Entity::new(name.to_owned(), self.number(name), slots));
        self.writes.register(entity.id, Arc::clone(&entity.gate));
        entity
    }

    /// The number of an entity in the state machine of writes.
    pub(crate) fn number(&self, name: &str) -> EntityId {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let next = EntityId::try_from(numbers.len()).unwrap_or(EntityId::MAX);
        *numbers.entry(name.to_owned()).or_insert(next)
    }

    /// The entity with this number, when a wrapper names it.
    pub(crate) fn entity_numbered(&self, number: EntityId) -> Option<Arc<Entity>> {
        let known = self.known();
        known.entities.values().find(|e| e.id == number).cloned()
    }

    /// Captures what goes along from the caller's task.
    pub(crate) fn capture(&self) -> Option<Carrier> {
        self.capture.as_ref().map(|capture| capture())
    }

    /// A number that no other secondary write of this process has.
    pub(crate) fn next_token(&self) -> u64 {
        self.tokens.fetch_add(1, Ordering::Relaxed)
    }

    /// The entities, by name.
    pub(crate) fn entities(&self) -> Vec<Arc<Entity>> {
        self.known().entities.values().cloned().collect()
    }

    /// The entities of the group of this one, by name.
    pub(crate) fn members(&self, entity: EntityId) -> Vec<Arc<Entity>> {
        self.members_of(&self.known(), entity)
    }

    pub(crate) fn members_of(&self, known: &Known, entity: EntityId) -> Vec<Arc<Entity>> {
        let group = self.writes.group(entity);
        let entities = known.entities.values();
        entities
            .filter(|it| group.contains(&it.id))
            .cloned()
            .collect()
    }

    /// Writes the phases in force where a later start finds them.
    pub(crate) fn remember(&self) {
        if let Some(memory) = &self.memory {
            memory.keep(|| self.in_force());
        }
    }

    /// The phases in force; of an entity that has no wrapper yet in this process, what was remembered.
    pub(crate) fn in_force(&self) -> Phases {
        let mut phases = self.known().remembered.phases.clone();
        for entity in self.entities() {
            if let Some(phase) = entity.phase() {
                let setting = Setting {
                    sample: entity.sample(),
                    ..Setting::all(phase)
                };
                phases.set(&entity.name, setting);
            }
        }
        phases
    }

    /// What was counted of the methods of each entity.
    pub(crate) fn methods(&self) -> BTreeMap<String, Vec<MethodReport>> {
        let entities = self.entities().into_iter();
        entities
            .map(|entity| (entity.name.clone(), entity.report()))
            .collect()
    }

    /// Where each entity is.
    pub(crate) fn status(&self) -> Vec<EntityStatus> {
        let entities = self.entities();
        let status = |entity: &Arc<Entity>| {
            let group = self.writes.group(entity.id);
            let members = entities.iter().filter(|other| group.contains(&other.id));
            let names = members.map(|member| member.name.clone()).collect();
            entity.status(&self.writes, names)
        };
        entities.iter().map(status).collect()
    }

    /// The breaker of a store's shadow reads.
    pub(crate) const fn breaker(&self, store: Store) -> &Breaker {
        let [mysql, dynamodb] = &self.breakers;
        match store {
            Store::MySql => mysql,
            Store::DynamoDb => dynamodb,
        }
    }

    /// Waits until the sinks have the findings so far, for tests that look at them.
    pub(crate) async fn delivered(&self) {
        if !self.delivery.is_idle() {
            let limit = self.policy.reads.timeout;
            self.delivery.delivered(&self.runtime, limit).await;
        }
    }

    /// Waits until secondary writes, transfers and shadow reads have ended and the sinks have what was
    /// found; false when they did not in this time.
    pub(crate) async fn drain(&self, limit: Duration) -> bool {
        let all = u32::try_from(self.policy.reads.in_flight).unwrap_or(u32::MAX);
        let drained = async {
            for entity in self.entities() {
                let at_rest =
                    |all: Standing| all.under_way == 0 && all.pending == 0 && all.needing == 0;
                self.writes.stands(entity.id, at_rest).await;
            }
            // Comparisons of writes have tasks of their own, which end soon after the writes.
            while self
                .entities()
                .iter()
                .any(|entity| entity.is_comparing_writes())
            {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            // An error would mean that the semaphore is closed, which nothing does.
            self.reads.acquire_many(all).await.is_ok()
                && self.delivery.delivered(&self.runtime, limit).await
        };
        tokio::time::timeout(limit, drained).await.unwrap_or(false)
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.phases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("source", &self.source)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
