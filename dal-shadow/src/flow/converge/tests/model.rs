//! A model of the two stores and of the calls of an application, in which everything that may happen
//! next is a task. `driver.rs` does what the machine says; `explore.rs` runs every interleaving.

mod driver;
mod explore;

use std::collections::BTreeMap;

pub(super) use explore::{Explored, explore};

use super::*;
use crate::phases::{Store, Verb, plan as plan_of};

/// What a write does.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) records: Vec<RecordId>,
    /// Records that only the answer names.
    pub(super) named: Vec<RecordId>,
    /// The primary store refuses the write.
    pub(super) refused: bool,
    /// The primary store's answer is lost after the write was made.
    pub(super) lost_primary: bool,
    /// How the secondary write ends: made; refused; or made, and the answer is lost.
    pub(super) secondary: SecondaryEnd,
}

/// A write of these records of the first entity.
pub(super) fn plan(keys: &[u128]) -> Plan {
    Plan {
        records: keys.iter().copied().map(record).collect(),
        named: Vec::new(),
        refused: false,
        lost_primary: false,
        secondary: SecondaryEnd::Made,
    }
}

/// A task of the driver, or of a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Task {
    /// A write enters its gate.
    Enter(u64),
    Begin(u64),
    /// The primary store makes the write.
    Make(u64),
    End(u64),
    /// The write leaves its gate.
    Leave(u64),
    /// The secondary store makes the write, which then ends like this.
    MakeSecond(u64),
    EndSecond(u64),
    /// A secondary write whose answer was lost lands.
    Land(u64, u64),
    /// A transfer reads, puts what it read, and ends.
    Read(RecordId),
    Put(RecordId, Store2, Vec<u64>),
    EndTransfer(RecordId),
    LateDue(RecordId, u64),
    Retry(RecordId),
    Waited(u64),
    /// A read is answered.
    Answer,
    /// Somebody asks for the step, and gives it up.
    Ask(StepId),
    GiveUp(StepId),
    /// The driver finds that no write is inside, or no call of the old phase; and says so.
    FindEmpty(StepId, u64),
    SayEmpty(StepId, u64),
    FindLeft(StepId),
    SayLeft(StepId),
    ClosedTooLong(StepId, u64),
    PauseOver(StepId, u64),
    TimedOut(StepId),
}

impl Task {
    /// Whether it is of no interest once the step has ended.
    fn is_of(&self, step: StepId) -> bool {
        match self {
            Self::GiveUp(of)
            | Self::SayEmpty(of, _)
            | Self::SayLeft(of)
            | Self::ClosedTooLong(of, _)
            | Self::PauseOver(of, _)
            | Self::TimedOut(of) => *of == step,
            _ => false,
        }
    }
}

/// A store, in an order.
pub(super) type Store2 = u8;

const fn number(store: Store) -> Store2 {
    match store {
        Store::MySql => 0,
        Store::DynamoDb => 1,
    }
}

/// The gate to an entity, as the driver keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gate {
    phase: Phase,
    closed: bool,
    /// Writes inside, and the phase in which they entered.
    writes: BTreeMap<u64, Phase>,
}

type Contents = BTreeMap<RecordId, Vec<u64>>;

/// The machine, the two stores (the writes that each record has seen, so that one that is made twice
/// shows), and what may happen next.
#[derive(Clone)]
pub(super) struct World {
    pub(super) machine: Converge,
    plans: Vec<Plan>,
    stores: [Contents; 2],
    gates: BTreeMap<EntityId, Gate>,
    /// The phase of the read that is under way.
    read: Option<Phase>,
    /// Where each write was made first.
    made_on: BTreeMap<u64, Store>,
    steps: BTreeMap<StepId, Phase>,
    pub(super) ended: BTreeMap<StepId, StepEnd>,
    pub(super) tasks: Vec<Task>,
    pub(super) transfers: usize,
}

impl World {
    /// Writes in a phase that stays.
    pub(super) fn new(plans: &[Plan]) -> Self {
        Self::stepping(plans, Phase::DualWrite, &[])
    }

    /// Writes, a read, and steps of the group of all entities.
    pub(super) fn stepping(plans: &[Plan], phase: Phase, steps: &[Phase]) -> Self {
        let records = plans.iter().flat_map(|plan| &plan.records);
        let entities: BTreeSet<_> = records.map(|record| record.entity).collect();
        let entities: Vec<_> = entities.into_iter().collect();
        let gate = Gate {
            phase,
            closed: false,
            writes: BTreeMap::new(),
        };
        let first: fn(u64) -> Task = if steps.is_empty() {
            Task::Begin
        } else {
            Task::Enter
        };
        let writes = (0..).take(plans.len()).map(first);
        let asks = (100..).take(steps.len()).map(Task::Ask);
        let read = (!steps.is_empty()).then_some(Task::Answer);
        Self {
            machine: in_phase(phase, limits(), &entities),
            plans: plans.to_vec(),
            stores: Default::default(),
            gates: entities.iter().map(|it| (*it, gate.clone())).collect(),
            read: read.as_ref().map(|_| phase),
            made_on: BTreeMap::new(),
            steps: (100..).zip(steps.iter().copied()).collect(),
            ended: BTreeMap::new(),
            tasks: writes.chain(asks).chain(read).collect(),
            transfers: 0,
        }
    }

    fn plan(&self, write: u64) -> &Plan {
        &self.plans[usize::try_from(write).unwrap()]
    }

    fn records(&self, write: u64) -> Vec<RecordId> {
        let plan = self.plan(write);
        plan.records.iter().chain(&plan.named).copied().collect()
    }

    fn entity(&self, write: u64) -> EntityId {
        self.plan(write).records[0].entity
    }

    /// Where a write is made first.
    fn primary(&self, write: u64) -> Store {
        let gate = &self.gates[&self.entity(write)];
        let phase = gate.writes.get(&write).copied().unwrap_or(gate.phase);
        plan_of(phase, Verb::Write).primary
    }

    fn store(&mut self, store: Store) -> &mut Contents {
        &mut self.stores[usize::from(number(store))]
    }

    pub(super) fn phase(&self) -> Phase {
        self.gates.values().next().unwrap().phase
    }

    /// Runs these tasks, one after the other.
    pub(super) fn runs(&mut self, tasks: &[Task]) {
        for task in tasks {
            let index = self.tasks.iter().position(|other| other == task);
            self.run(index.unwrap());
        }
    }

    fn run(&mut self, index: usize) {
        let task = self.tasks.remove(index);
        match task {
            Task::Enter(write) => {
                let entity = self.entity(write);
                let gate = self.gates.get_mut(&entity).unwrap();
                gate.writes.insert(write, gate.phase);
                self.tasks.push(Task::Begin(write));
            }
            Task::Begin(write) => {
                let plan = self.plan(write);
                let event = Event::Began {
                    call: write,
                    records: plan.records.clone(),
                    entity: self.entity(write),
                    bulk: false,
                    names_more: plan.named.iter().map(|record| record.entity).collect(),
                };
                self.event(event);
                self.tasks.push(Task::Make(write));
            }
            Task::Make(write) => {
                let (made, store) = (!self.plan(write).refused, self.primary(write));
                let now = plan_of(self.phase(), Verb::Write).primary;
                assert_eq!(store, now, "a write goes to the old primary store");
                self.made_on.insert(write, store);
                if made {
                    self.land(write, store);
                }
                self.tasks.push(Task::End(write));
                // A task that is dropped may leave the gate before it says so.
                if self.plan(write).lost_primary && !self.steps.is_empty() {
                    self.tasks.push(Task::Leave(write));
                }
            }
            Task::End(write) => {
                let end = if self.plan(write).lost_primary {
                    PrimaryEnd::Unknown
                } else if self.plan(write).refused {
                    PrimaryEnd::Nothing
                } else {
                    let named = self.plan(write).named.clone();
                    PrimaryEnd::Made { named }
                };
                let call = write;
                self.event(Event::PrimaryEnded { call, end });
                if !self.steps.is_empty() && !self.plan(write).lost_primary {
                    self.tasks.push(Task::Leave(write));
                }
            }
            Task::Leave(write) => {
                let entity = self.entity(write);
                self.gates.get_mut(&entity).unwrap().writes.remove(&write);
            }
            Task::MakeSecond(write) => match self.plan(write).secondary {
                SecondaryEnd::Made => {
                    self.land_second(write);
                    self.tasks.push(Task::EndSecond(write));
                }
                SecondaryEnd::Unknown => {
                    self.tasks.push(Task::Land(write, self.machine.now));
                    self.tasks.push(Task::EndSecond(write));
                }
                _ => self.tasks.push(Task::EndSecond(write)),
            },
            Task::Land(write, _) => self.land_second(write),
            Task::EndSecond(write) => {
                let (call, end) = (write, self.plan(write).secondary);
                self.event(Event::SecondaryEnded { call, end });
            }
            Task::Read(record) => {
                let from = plan_of(self.phase(), Verb::Write).primary;
                let value = self.store(from).get(&record).cloned().unwrap_or_default();
                let to = number(from.other());
                self.tasks.push(Task::Put(record, to, value));
            }
            Task::Put(record, to, value) => {
                let to = &mut self.stores[usize::from(to)];
                if value.is_empty() {
                    to.remove(&record);
                } else {
                    to.insert(record, value);
                }
                self.tasks.push(Task::EndTransfer(record));
            }
            Task::EndTransfer(record) => {
                let end = TransferEnd::Done;
                self.event(Event::TransferEnded { record, end });
            }
            Task::LateDue(record, token) => self.event(Event::LateDue { record, token }),
            Task::Retry(record) => self.event(Event::RetryDue { record }),
            Task::Waited(write) => self.event(Event::Waited { call: write }),
            Task::Answer => self.read = None,
            task => self.run_step(&task),
        }
    }

    fn land(&mut self, write: u64, store: Store) {
        for record in self.records(write) {
            self.store(store).entry(record).or_default().push(write);
        }
    }

    /// A secondary write goes where its primary write did not, whatever the phase is by now.
    fn land_second(&mut self, write: u64) {
        self.land(write, self.made_on[&write].other());
    }
}
