//! Every interleaving of a few writes, on a model of the two stores.

use std::collections::{BTreeMap, HashSet};

use super::*;

const ENTITY: EntityId = 0;

fn limits() -> Limits {
    Limits {
        queued: 64,
        dirty: 64,
        refused_wait: Duration::from_secs(1),
        late_effect: Duration::from_mins(1),
        pause: Duration::from_millis(100),
        longest_pause: Duration::from_secs(30),
        parked_after: 3,
    }
}

fn record(key: u128) -> RecordId {
    RecordId {
        entity: ENTITY,
        key,
    }
}

/// What a write does.
#[derive(Clone, Debug)]
struct Plan {
    records: Vec<u128>,
    /// Records that only the answer names.
    named: Vec<u128>,
    /// The primary store refuses the write.
    refused: bool,
    /// The primary store's answer is lost after the write was made.
    lost_primary: bool,
    /// How the secondary write ends: made; refused; or made, and the answer is lost.
    secondary: SecondaryEnd,
}

fn plan(records: &[u128]) -> Plan {
    Plan {
        records: records.to_vec(),
        named: Vec::new(),
        refused: false,
        lost_primary: false,
        secondary: SecondaryEnd::Made,
    }
}

/// A task of the driver, or of a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Task {
    Begin(u64),
    /// The primary store makes the write.
    Make(u64),
    End(u64),
    /// The secondary store makes the write, which then ends like this.
    MakeSecond(u64),
    EndSecond(u64),
    /// A secondary write whose answer was lost lands.
    Land(u64, u64),
    /// A transfer reads, puts what it read, and ends.
    Read(u128),
    Put(u128, Vec<u64>),
    EndTransfer(u128),
    Event(u128, u64),
    Retry(u128),
    Waited(u64),
}

/// The machine, the two stores (the writes that each record has seen, so that one that is made twice
/// shows), and what may happen next.
#[derive(Clone)]
struct World {
    machine: Converge,
    plans: Vec<Plan>,
    primary: BTreeMap<u128, Vec<u64>>,
    secondary: BTreeMap<u128, Vec<u64>>,
    tasks: Vec<Task>,
    transfers: usize,
}

impl World {
    fn new(plans: &[Plan]) -> Self {
        let mut machine = Converge::new(limits());
        machine.repairable(ENTITY, true);
        Self {
            machine,
            plans: plans.to_vec(),
            primary: BTreeMap::new(),
            secondary: BTreeMap::new(),
            tasks: (0..).take(plans.len()).map(Task::Begin).collect(),
            transfers: 0,
        }
    }

    fn plan(&self, write: u64) -> &Plan {
        &self.plans[usize::try_from(write).unwrap()]
    }

    fn records(&self, write: u64) -> Vec<u128> {
        let plan = self.plan(write);
        plan.records.iter().chain(&plan.named).copied().collect()
    }

    fn event(&mut self, event: Event) {
        for effect in self.machine.step(event) {
            match effect {
                Effect::Write { call } => self.tasks.push(Task::MakeSecond(call)),
                Effect::Transfer { record } => {
                    self.transfers += 1;
                    self.tasks.push(Task::Read(record.key));
                }
                Effect::Later { event, .. } => self.tasks.push(match event {
                    Event::LateDue { record, token } => Task::Event(record.key, token),
                    Event::RetryDue { record } => Task::Retry(record.key),
                    Event::Waited { call } => Task::Waited(call),
                    other => panic!("{other:?}"),
                }),
                Effect::Drop { .. } | Effect::Settle { .. } | Effect::Forget { .. } => {}
                Effect::Incomplete { entity, why } => panic!("{entity} {why}"),
            }
        }
    }

    fn run(&mut self, index: usize) {
        let task = self.tasks.remove(index);
        match task {
            Task::Begin(write) => {
                let plan = self.plan(write);
                let event = Event::Began {
                    call: write,
                    records: plan.records.iter().copied().map(record).collect(),
                    entity: ENTITY,
                    bulk: false,
                    names_more: !plan.named.is_empty(),
                };
                self.event(event);
                self.tasks.push(Task::Make(write));
            }
            Task::Make(write) => {
                let refused = self.plan(write).refused;
                let made = if refused {
                    Vec::new()
                } else {
                    self.records(write)
                };
                for key in made {
                    self.primary.entry(key).or_default().push(write);
                }
                self.tasks.push(Task::End(write));
            }
            Task::End(write) => {
                let end = if self.plan(write).lost_primary {
                    PrimaryEnd::Unknown
                } else if self.plan(write).refused {
                    PrimaryEnd::Nothing
                } else {
                    let named = self.plan(write).named.iter().copied().map(record);
                    PrimaryEnd::Made {
                        named: named.collect(),
                    }
                };
                let call = write;
                self.event(Event::PrimaryEnded { call, end });
            }
            Task::MakeSecond(write) => match self.plan(write).secondary {
                SecondaryEnd::Made => {
                    self.land(write);
                    self.tasks.push(Task::EndSecond(write));
                }
                SecondaryEnd::Unknown => {
                    self.tasks.push(Task::Land(write, self.machine.now));
                    self.tasks.push(Task::EndSecond(write));
                }
                _ => self.tasks.push(Task::EndSecond(write)),
            },
            Task::Land(write, _) => self.land(write),
            Task::EndSecond(write) => {
                let (call, end) = (write, self.plan(write).secondary);
                self.event(Event::SecondaryEnded { call, end });
            }
            Task::Read(key) => {
                let value = self.primary.get(&key).cloned().unwrap_or_default();
                self.tasks.push(Task::Put(key, value));
            }
            Task::Put(key, value) => {
                self.secondary.insert(key, value);
                self.tasks.push(Task::EndTransfer(key));
            }
            Task::EndTransfer(key) => {
                let (record, end) = (record(key), TransferEnd::Done);
                self.event(Event::TransferEnded { record, end });
            }
            Task::Event(key, token) => {
                let record = record(key);
                self.event(Event::LateDue { record, token });
            }
            Task::Retry(key) => self.event(Event::RetryDue {
                record: record(key),
            }),
            Task::Waited(write) => self.event(Event::Waited { call: write }),
        }
    }

    fn land(&mut self, write: u64) {
        for key in self.records(write) {
            self.secondary.entry(key).or_default().push(write);
        }
    }

    /// A record that is settled, and of which nothing is under way, is equal on both stores.
    fn check(&self, done: &[Task]) {
        for key in self.plans.iter().flat_map(|plan| &plan.records) {
            let under_way = self.tasks.iter().any(|task| match task {
                Task::Make(write) | Task::End(write) => self.records(*write).contains(key),
                _ => false,
            });
            if !under_way && self.machine.is_settled(record(*key)) {
                let primary = self.primary.get(key).cloned().unwrap_or_default();
                let secondary = self.secondary.get(key).cloned().unwrap_or_default();
                assert_eq!(primary, secondary, "record {key} after {done:?}");
            }
        }
    }

    /// What may happen next. A late effect lands before its time is over: that is the assumption.
    fn possible(&self) -> Vec<usize> {
        (0..self.tasks.len())
            .filter(|index| match &self.tasks[*index] {
                Task::Event(key, token) => !self.tasks.iter().any(|task| match task {
                    Task::Land(write, sent) => sent < token && self.records(*write).contains(key),
                    _ => false,
                }),
                _ => true,
            })
            .collect()
    }

    /// The same for states that differ only in how often something happened before.
    fn canonical(&self) -> String {
        let machine = &self.machine;
        let mut times: Vec<u64> = machine
            .writes
            .values()
            .flat_map(|write| [write.began, write.ended])
            .chain(machine.records.values().map(|record| record.touched))
            .chain(machine.records.values().filter_map(|record| record.late))
            .chain(self.tasks.iter().filter_map(|task| match task {
                Task::Event(_, time) | Task::Land(_, time) => Some(*time),
                _ => None,
            }))
            .collect();
        times.sort_unstable();
        times.dedup();
        let rank = |time: u64| times.binary_search(&time).unwrap_or(usize::MAX);
        let writes: BTreeMap<_, _> = machine
            .writes
            .iter()
            .map(|(call, write)| (call, (rank(write.began), rank(write.ended), &write.stage)))
            .collect();
        let records: BTreeMap<_, _> = machine
            .records
            .iter()
            .map(|(id, found)| {
                let late = found.late.map(rank);
                let state = (&found.under_way, &found.queue, found.needs, &found.transfer);
                (
                    id.key,
                    (rank(found.touched), late, state, found.ends.min(2)),
                )
            })
            .collect();
        let mut tasks: Vec<_> = self
            .tasks
            .iter()
            .map(|task| match task {
                Task::Event(key, token) => format!("late {key} {}", rank(*token)),
                Task::Land(write, sent) => format!("land {write} {}", rank(*sent)),
                other => format!("{other:?}"),
            })
            .collect();
        tasks.sort();
        format!(
            "{writes:?} {records:?} {tasks:?} {:?} {:?}",
            self.primary, self.secondary
        )
    }
}

/// Runs every interleaving; returns how many states there are, and the most transfers.
fn explore(plans: &[Plan]) -> (usize, usize) {
    let mut seen = HashSet::new();
    let (mut most, mut ends) = (0, 0);
    let mut left = vec![(World::new(plans), Vec::new())];
    while let Some((world, done)) = left.pop() {
        world.check(&done);
        if world.tasks.is_empty() {
            assert_eq!(world.primary, world.secondary, "after {done:?}");
            let standing = world.machine.standing(ENTITY);
            assert_eq!(standing, Standing::default(), "after {done:?}");
            assert!(world.machine.records.is_empty() && world.machine.writes.is_empty());
            most = most.max(world.transfers);
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
    (seen.len(), most)
}

#[test]
fn two_writes_of_one_record_converge_in_every_interleaving() {
    let (states, transfers) = explore(&[plan(&[1]), plan(&[1])]);
    assert!(states > 50, "{states}");
    assert!(transfers <= 3, "{transfers}");
}

#[test]
fn three_writes_of_one_record_converge_in_every_interleaving() {
    let (states, transfers) = explore(&[plan(&[1]), plan(&[1]), plan(&[1])]);
    assert!(states > 500, "{states}");
    assert!(transfers <= 6, "{transfers}");
}

#[test]
fn a_write_of_two_records_that_overlaps_one_of_them_converges() {
    explore(&[plan(&[1]), plan(&[1, 2]), plan(&[2])]);
}

#[test]
fn a_write_that_names_a_record_in_its_answer_overlaps_from_its_beginning() {
    let late = Plan {
        named: vec![2],
        ..plan(&[1])
    };
    explore(&[late.clone(), plan(&[2])]);
    explore(&[late.clone(), plan(&[2]), plan(&[2])]);
    explore(&[late.clone(), late]);
}

#[test]
fn a_secondary_write_that_fails_or_lands_late_converges() {
    for end in [
        SecondaryEnd::Refused,
        SecondaryEnd::Failed,
        SecondaryEnd::Unknown,
    ] {
        let faulty = Plan {
            secondary: end,
            ..plan(&[1])
        };
        explore(&[faulty.clone(), plan(&[1])]);
        explore(&[plan(&[1, 2]), faulty.clone(), plan(&[2])]);
        explore(&[faulty.clone(), faulty]);
    }
}

#[test]
fn a_primary_write_of_unknown_effect_converges() {
    let lost = Plan {
        lost_primary: true,
        ..plan(&[1])
    };
    explore(&[lost.clone(), plan(&[1])]);
    explore(&[lost, plan(&[1, 2]), plan(&[2])]);
}

#[test]
fn writes_that_do_not_overlap_need_no_transfer() {
    let mut world = World::new(&[plan(&[1]), plan(&[1]), plan(&[2])]);
    for write in 0..3 {
        for task in [Task::Begin(write), Task::Make(write), Task::End(write)] {
            let index = world.tasks.iter().position(|other| *other == task).unwrap();
            world.run(index);
        }
    }
    while !world.tasks.is_empty() {
        world.run(0);
    }
    assert_eq!(world.transfers, 0);
    assert_eq!(world.primary, world.secondary);
}

#[test]
fn a_record_does_not_wait_for_another_one() {
    let mut machine = Converge::new(limits());
    machine.repairable(ENTITY, true);
    let mut write = |call: u64, key: u128| {
        machine.step(Event::Began {
            call,
            records: vec![record(key)],
            entity: ENTITY,
            bulk: false,
            names_more: false,
        });
        machine.step(Event::PrimaryEnded {
            call,
            end: PrimaryEnd::Made { named: Vec::new() },
        })
    };
    assert_eq!(write(1, 1), [Effect::Write { call: 1 }]);
    assert_eq!(write(2, 1), []); // behind the first one
    assert_eq!(write(3, 2), [Effect::Write { call: 3 }]);
}

/// A write of these records, made on the primary store.
fn made(machine: &mut Converge, call: u64, keys: &[u128]) -> Vec<Effect> {
    machine.step(Event::Began {
        call,
        records: keys.iter().copied().map(record).collect(),
        entity: ENTITY,
        bulk: false,
        names_more: false,
    });
    let end = PrimaryEnd::Made { named: Vec::new() };
    machine.step(Event::PrimaryEnded { call, end })
}

fn repairing() -> Converge {
    let mut machine = Converge::new(limits());
    machine.repairable(ENTITY, true);
    machine
}

#[test]
fn a_refused_write_waits_for_those_before_it_and_is_sent_once_more() {
    let mut machine = repairing();
    made(&mut machine, 1, &[1]);
    made(&mut machine, 2, &[2]);
    let refused = |call| Event::SecondaryEnded {
        call,
        end: SecondaryEnd::Refused,
    };
    let waits = machine.step(refused(2));
    assert!(matches!(waits[..], [Effect::Later { .. }]), "{waits:?}");
    let end = SecondaryEnd::Made;
    let effects = machine.step(Event::SecondaryEnded { call: 1, end });
    assert!(effects.contains(&Effect::Write { call: 2 }), "{effects:?}");
    let effects = machine.step(refused(2));
    let transfer = Effect::Transfer { record: record(2) };
    assert!(effects.contains(&transfer), "{effects:?}");
}

#[test]
fn writes_that_wait_behind_a_failed_one_are_dropped_for_one_transfer() {
    let mut machine = repairing();
    for call in 1..=5 {
        made(&mut machine, call, &[1]);
    }
    let end = SecondaryEnd::Failed;
    let effects = machine.step(Event::SecondaryEnded { call: 1, end });
    let dropped = effects.iter().filter(|e| matches!(e, Effect::Drop { .. }));
    assert_eq!(dropped.count(), 4);
    let transfers = effects
        .iter()
        .filter(|e| matches!(e, Effect::Transfer { .. }));
    assert_eq!(transfers.count(), 1);
}

#[test]
fn what_does_not_fit_into_the_queue_is_transferred() {
    let mut machine = Converge::new(Limits {
        queued: 2,
        ..limits()
    });
    machine.repairable(ENTITY, true);
    made(&mut machine, 1, &[1]);
    made(&mut machine, 2, &[2]);
    let effects = made(&mut machine, 3, &[3]);
    assert!(effects.contains(&Effect::Drop { call: 3 }));
    assert!(effects.contains(&Effect::Transfer { record: record(3) }));
}

#[test]
fn a_record_is_fenced_while_an_acknowledged_write_of_it_is_not_applied() {
    let mut machine = repairing();
    made(&mut machine, 1, &[1]);
    assert!(!machine.is_fenced(record(1)));
    machine.step(Event::Acknowledged { call: 1 });
    assert!(machine.is_fenced(record(1)) && machine.is_any_fenced(ENTITY));
    let end = SecondaryEnd::Failed;
    machine.step(Event::SecondaryEnded { call: 1, end });
    assert!(machine.is_fenced(record(1)) && machine.is_any_fenced(ENTITY));
    machine.step(Event::TransferEnded {
        record: record(1),
        end: TransferEnd::Done,
    });
    assert!(!machine.is_fenced(record(1)) && !machine.is_any_fenced(ENTITY));
}

#[test]
fn without_repair_the_entity_is_incomplete_and_writes_go_on() {
    let mut machine = Converge::new(limits());
    made(&mut machine, 1, &[1]);
    let end = SecondaryEnd::Failed;
    let effects = machine.step(Event::SecondaryEnded { call: 1, end });
    let (entity, why) = (ENTITY, Incomplete::NoRepair);
    assert!(effects.contains(&Effect::Incomplete { entity, why }));
    assert_eq!(made(&mut machine, 2, &[1]), [Effect::Write { call: 2 }]);
}

#[test]
fn a_write_of_the_whole_entity_is_a_barrier_for_secondary_writes() {
    let mut machine = repairing();
    made(&mut machine, 1, &[1]);
    machine.step(Event::Began {
        call: 2,
        records: Vec::new(),
        entity: ENTITY,
        bulk: true,
        names_more: false,
    });
    let end = PrimaryEnd::Made { named: Vec::new() };
    assert_eq!(machine.step(Event::PrimaryEnded { call: 2, end }), []);
    assert_eq!(made(&mut machine, 3, &[3]), []);
    let made = |call| Event::SecondaryEnded {
        call,
        end: SecondaryEnd::Made,
    };
    assert!(machine.step(made(1)).contains(&Effect::Write { call: 2 }));
    assert!(machine.step(made(2)).contains(&Effect::Write { call: 3 }));
}

#[test]
fn a_store_that_is_given_up_leaves_nothing_waiting() {
    let mut machine = repairing();
    made(&mut machine, 1, &[1]);
    made(&mut machine, 2, &[1]);
    let end = SecondaryEnd::Failed;
    machine.step(Event::SecondaryEnded { call: 1, end });
    made(&mut machine, 3, &[2]);
    made(&mut machine, 4, &[2]);
    let effects = machine.step(Event::GivenUp { entity: ENTITY });
    assert!(effects.contains(&Effect::Drop { call: 4 }));
    let standing = machine.standing(ENTITY);
    assert_eq!((standing.dirty, standing.pending), (0, 1));
    // What was still running there may end as it likes: nothing can be dirty on a store that is not
    // written, until it is written again.
    let refused = |call| Event::SecondaryEnded {
        call,
        end: SecondaryEnd::Failed,
    };
    machine.step(refused(3));
    let standing = machine.standing(ENTITY);
    assert_eq!((standing.dirty, standing.pending), (0, 0));
    machine.step(Event::Resumed { entity: ENTITY });
    made(&mut machine, 5, &[3]);
    machine.step(refused(5));
    assert_eq!(machine.standing(ENTITY).dirty, 1);
}

#[test]
fn writes_that_the_primary_refuses_converge_and_keep_no_record_dirty() {
    let refused = Plan {
        refused: true,
        ..plan(&[1])
    };
    let faulty = Plan {
        secondary: SecondaryEnd::Failed,
        ..plan(&[1])
    };
    explore(&[refused.clone(), plan(&[1])]);
    explore(&[refused.clone(), faulty.clone()]);
    explore(&[refused.clone(), plan(&[1, 2]), faulty]);
    // A stream of them, each overlapping the next one, does not hold a transfer up.
    let mut machine = repairing();
    let began = |call| Event::Began {
        call,
        entity: ENTITY,
        records: vec![record(1)],
        bulk: false,
        names_more: false,
    };
    let ended = |call| Event::PrimaryEnded {
        call,
        end: PrimaryEnd::Nothing,
    };
    machine.step(Event::Marked { record: record(1) });
    machine.step(began(1));
    let (record, end) = (record(1), TransferEnd::Done);
    machine.step(Event::TransferEnded { record, end });
    machine.step(ended(1));
    assert_eq!(machine.standing(ENTITY).dirty, 0);
    machine.step(began(2));
    machine.step(ended(2));
    assert!(machine.is_at_rest());
}
