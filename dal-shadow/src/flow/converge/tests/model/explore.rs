//! Every interleaving of the tasks of a world, and what must hold in each of its states.

use std::collections::HashSet;

use super::*;

impl World {
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
            .map(|(id, state, token)| (id, state, token.map(&rank_token)))
            .collect();
        let writes: BTreeMap<_, _> = machine
            .writes
            .iter()
            .map(|(call, write)| (call, (rank(write.began), rank(write.ended), &write.state)))
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
pub(crate) struct Explored {
    pub(crate) states: usize,
    /// The most transfers of one interleaving.
    pub(crate) transfers: usize,
    /// How steps ended, by the phase that was asked for.
    pub(crate) ends: BTreeSet<String>,
}

/// Runs every interleaving.
pub(crate) fn explore(world: World) -> Explored {
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
