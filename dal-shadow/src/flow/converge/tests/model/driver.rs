//! The driver: does what the machine says to the tasks and to the gates, and asserts what must hold
//! whenever a phase changes.

use super::*;

impl World {
    pub(super) fn event(&mut self, event: Event) {
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
            StepEffect::Begin { .. } | StepEffect::Hold { .. } => panic!("{effect:?}"),
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

    pub(super) fn is_old_inside(&self) -> bool {
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

    pub(super) fn run_step(&mut self, task: &Task) {
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
}
