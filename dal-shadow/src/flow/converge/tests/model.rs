//! A model of the driver, of the two stores and of the gates, in which everything that may happen
//! next is a task.

use std::collections::{BTreeMap, HashSet};

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

    fn event(&mut self, event: Event) {
        for effect in self.machine.step(event) {
            match effect {
                Effect::Write { call } => self.tasks.push(Task::MakeSecond(call)),
                Effect::Transfer { record } => {
                    self.transfers += 1;
                    self.tasks.push(Task::Read(record));
                }
                Effect::Later { event, .. } => self.tasks.push(match event {
                    Event::LateDue { record, token } => Task::LateDue(record, token),
                    Event::RetryDue { record } => Task::Retry(record),
                    Event::Waited { call } => Task::Waited(call),
                    Event::Step(StepEvent::ClosedTooLong { step, token }) => {
                        Task::ClosedTooLong(step, token)
                    }
                    Event::Step(StepEvent::PauseOver { step, token }) => {
                        Task::PauseOver(step, token)
                    }
                    Event::Step(StepEvent::TimedOut { step }) => Task::TimedOut(step),
                    other => panic!("{other:?}"),
                }),
                Effect::Drop { .. } | Effect::Settle { .. } | Effect::Forget { .. } => {}
                Effect::Step(effect) => self.at_gates(effect),
            }
        }
        for (entity, gate) in &self.gates {
            assert_eq!(self.machine.phase(*entity), Some(gate.phase));
            for store in [Store::MySql, Store::DynamoDb] {
                assert_eq!(self.machine.why(*entity, store), None);
            }
        }
    }

    fn at_gates(&mut self, effect: StepEffect) {
        match effect {
            StepEffect::Close {
                step,
                token,
                entities,
            } => {
                for entity in entities {
                    self.gates.get_mut(&entity).unwrap().closed = true;
                }
                self.tasks.push(Task::FindEmpty(step, token));
            }
            StepEffect::Open { step, entities } => {
                for entity in entities {
                    self.gates.get_mut(&entity).unwrap().closed = false;
                }
                self.unwatch(step);
            }
            StepEffect::Change { step, entities, to } => {
                self.unwatch(step);
                self.may_change(to);
                for entity in entities {
                    let gate = self.gates.get_mut(&entity).unwrap();
                    (gate.phase, gate.closed) = (to, false);
                }
                self.tasks.push(Task::FindLeft(step));
            }
            StepEffect::Ended { step, end } => {
                self.unwatch(step);
                let is_new = self.phase() == self.steps[&step];
                match end {
                    StepEnd::Done => {
                        assert!(is_new);
                        assert!(!self.is_old_inside(), "a call of the old phase is inside");
                    }
                    StepEnd::CallsUnderWay => assert!(is_new),
                    StepEnd::UnderWay { .. } => assert!(!is_new),
                    StepEnd::Abandoned | StepEnd::NotAdjacent { .. } => {}
                    other => panic!("{other:?}"),
                }
                assert_eq!(self.ended.insert(step, end), None, "told twice");
                self.tasks.retain(|task| !task.is_of(step));
            }
            StepEffect::Begin { .. } | StepEffect::Stop { .. } => panic!("{effect:?}"),
        }
    }

    /// The store that gains a role has everything; no write of the old phase is under way.
    fn may_change(&self, to: Phase) {
        let from = self.phase();
        if from.hands_over_to(to) {
            assert!(self.gates.values().all(|gate| gate.closed));
            assert!(self.gates.values().all(|gate| gate.writes.is_empty()));
        }
        if from.gains(to).is_some() {
            let [mysql, dynamodb] = &self.stores;
            assert_eq!(mysql, dynamodb, "{from} to {to}");
        }
    }

    fn is_old_inside(&self) -> bool {
        let mut gates = self.gates.values();
        self.read.is_some_and(|phase| phase != self.phase())
            || gates.any(|gate| gate.writes.values().any(|phase| *phase != gate.phase))
    }

    fn unwatch(&mut self, step: StepId) {
        self.tasks.retain(|task| match task {
            Task::FindEmpty(other, _) | Task::FindLeft(other) => *other != step,
            _ => true,
        });
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

    fn run_step(&mut self, task: &Task) {
        let event = match *task {
            Task::Ask(step) => {
                self.tasks.push(Task::GiveUp(step));
                StepEvent::Asked {
                    step,
                    entity: *self.gates.keys().next().unwrap(),
                    to: self.steps[&step],
                    from: None,
                    settled: false,
                }
            }
            Task::GiveUp(step) => StepEvent::Abandoned { step },
            Task::FindEmpty(step, token) => {
                // Of messages that come too late one is as good as many.
                let stale = |task: &Task| matches!(task, Task::SayEmpty(..));
                self.tasks.retain(|task| !stale(task));
                self.tasks.push(Task::SayEmpty(step, token));
                return;
            }
            Task::SayEmpty(step, token) => StepEvent::GatesEmpty { step, token },
            Task::FindLeft(step) => {
                self.tasks.push(Task::SayLeft(step));
                return;
            }
            Task::SayLeft(step) => StepEvent::CallsLeft { step },
            Task::ClosedTooLong(step, token) => StepEvent::ClosedTooLong { step, token },
            Task::PauseOver(step, token) => StepEvent::PauseOver { step, token },
            Task::TimedOut(step) => StepEvent::TimedOut { step },
            ref other => panic!("{other:?}"),
        };
        self.event(Event::Step(event));
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

    /// What must hold at every moment.
    fn check(&self, done: &[Task]) {
        let phase = self.phase();
        for gate in self.gates.values() {
            assert_eq!(gate.phase, phase, "a group in two phases after {done:?}");
            let opens = self.tasks.iter().any(|task| match task {
                Task::ClosedTooLong(step, token) => self.machine.is_closed(*step, *token),
                _ => false,
            });
            assert!(!gate.closed || opens, "closed for ever after {done:?}");
        }
        for record in self.plans.iter().flat_map(|plan| &plan.records) {
            let under_way = self.tasks.iter().any(|task| match task {
                Task::Make(write) | Task::End(write) => self.records(*write).contains(record),
                _ => false,
            });
            if !under_way && self.machine.is_settled(*record) {
                let [mysql, dynamodb] = &self.stores;
                let (mysql, dynamodb) = (mysql.get(record), dynamodb.get(record));
                assert_eq!(mysql, dynamodb, "{record:?} after {done:?}");
            }
        }
    }

    /// What may happen next. A late effect lands before its time is over: that is the assumption.
    fn possible(&self) -> Vec<usize> {
        (0..self.tasks.len())
            .filter(|index| match &self.tasks[*index] {
                Task::LateDue(record, token) => !self.tasks.iter().any(|task| match task {
                    Task::Land(write, sent) => {
                        sent < token && self.records(*write).contains(record)
                    }
                    _ => false,
                }),
                Task::Enter(write) => !self.gates[&self.entity(*write)].closed,
                Task::FindEmpty(..) => self.gates.values().all(|gate| gate.writes.is_empty()),
                Task::FindLeft(_) => !self.is_old_inside(),
                _ => true,
            })
            .collect()
    }

    /// The same for states that differ only in how often something happened before.
    fn canonical(&self) -> String {
        let machine = &self.machine;
        let ranked = |mut times: Vec<u64>| {
            times.sort_unstable();
            times.dedup();
            move |time: u64| times.binary_search(&time).unwrap_or(usize::MAX)
        };
        let rank = ranked(
            machine
                .writes
                .values()
                .flat_map(|write| [write.began, write.ended])
                .chain(machine.records.values().map(|record| record.touched))
                .chain(machine.records.values().filter_map(|record| record.late))
                .chain(self.tasks.iter().filter_map(|task| match task {
                    Task::LateDue(_, time) | Task::Land(_, time) => Some(*time),
                    _ => None,
                }))
                .collect(),
        );
        let token = |task: &Task| match task {
            Task::FindEmpty(_, token)
            | Task::SayEmpty(_, token)
            | Task::ClosedTooLong(_, token)
            | Task::PauseOver(_, token) => Some(*token),
            _ => None,
        };
        let steps = machine.steps_now();
        let of_tasks = self.tasks.iter().filter_map(token);
        let of_steps = steps.iter().filter_map(|(_, _, token)| *token);
        let rank_token = ranked(of_tasks.chain(of_steps).collect());
        let steps: Vec<_> = steps
            .iter()
            .map(|(id, stage, token)| (id, stage, token.map(&rank_token)))
            .collect();
        let writes: BTreeMap<_, _> = machine
            .writes
            .iter()
            .map(|(call, write)| (call, (rank(write.began), rank(write.ended), &write.stage)))
            .collect();
        let records: BTreeMap<_, _> = machine
            .records
            .iter()
            .map(|(id, found)| {
                let late = found.late.map(&rank);
                let state = (&found.under_way, &found.queue, found.needs, &found.transfer);
                (id, (rank(found.touched), late, state, found.ends.min(2)))
            })
            .collect();
        let mut tasks: Vec<_> = self
            .tasks
            .iter()
            .map(|task| match task {
                Task::LateDue(record, token) => format!("late {record:?} {}", rank(*token)),
                Task::Land(write, sent) => format!("land {write} {}", rank(*sent)),
                Task::FindEmpty(_, token) => format!("find {}", rank_token(*token)),
                Task::SayEmpty(_, token) => format!("say {}", rank_token(*token)),
                Task::ClosedTooLong(_, token) => format!("closed {}", rank_token(*token)),
                Task::PauseOver(_, token) => format!("pause {}", rank_token(*token)),
                other => format!("{other:?}"),
            })
            .collect();
        tasks.sort();
        format!(
            "{writes:?} {records:?} {tasks:?} {:?} {:?} {:?} {steps:?} {:?} {:?}",
            self.stores, self.gates, self.read, self.ended, self.made_on
        )
    }
}

/// What a run of every interleaving has seen.
#[derive(Debug, Default)]
pub(super) struct Explored {
    pub(super) states: usize,
    /// The most transfers of one interleaving.
    pub(super) transfers: usize,
    /// How steps ended, by the phase that was asked for.
    pub(super) ends: BTreeSet<String>,
}

/// Runs every interleaving.
pub(super) fn explore(world: World) -> Explored {
    let mut seen = HashSet::new();
    let (mut explored, mut ends) = (Explored::default(), 0);
    let mut left = vec![(world, Vec::new())];
    while let Some((world, done)) = left.pop() {
        world.check(&done);
        if world.tasks.is_empty() {
            let [mysql, dynamodb] = &world.stores;
            assert_eq!(mysql, dynamodb, "after {done:?}");
            for entity in world.gates.keys() {
                let standing = world.machine.standing(*entity);
                assert_eq!(standing, Standing::default(), "after {done:?}");
            }
            assert!(world.machine.is_at_rest() && world.machine.steps.is_empty());
            assert_eq!(world.ended.len(), world.steps.len(), "after {done:?}");
            explored.transfers = explored.transfers.max(world.transfers);
            let ended = world.ended.iter();
            let ended = ended.map(|(step, end)| format!("{}: {end:?}", world.steps[step]));
            explored.ends.extend(ended);
            ends += 1;
            continue;
        }
        let possible = world.possible();
        assert!(!possible.is_empty(), "stuck after {done:?}");
        for index in possible {
            let mut next = world.clone();
            let mut path = done.clone();
            path.push(next.tasks[index].clone());
            next.run(index);
            if seen.insert(next.canonical()) {
                left.push((next, path));
            }
        }
    }
    assert!(ends > 0, "no interleaving ends");
    explored.states = seen.len();
    explored
}
