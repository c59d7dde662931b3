//! The gates of the entities: does to them what the state machine says of steps.

use std::collections::HashMap;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use tokio::sync::oneshot;

use super::converge::{EntityId, StepEffect, StepEnd, StepEvent, StepId};
use super::gate::Gate;

/// Every gate, and the callers that wait for steps.
#[derive(Default)]
pub(super) struct Gates {
    by_entity: HashMap<EntityId, Arc<Gate>>,
    askers: HashMap<StepId, oneshot::Sender<StepEnd>>,
    /// Dropped when no step waits any more until calls have left.
    watched: HashMap<StepId, Watched>,
}

/// Gates at which a step waits until calls have left.
struct Watched {
    gates: Vec<Arc<Gate>>,
    _until: oneshot::Sender<()>,
}

/// What is done outside of the lock.
pub(super) enum GateAction {
    /// Wake the calls that wait at these gates.
    Wake(Vec<Arc<Gate>>),
    /// Wake the calls that wait at these gates; wait for `left`, then report the event, unless it is no
    /// longer of interest.
    Watch {
        wake: Vec<Arc<Gate>>,
        left: BoxFuture<'static, ()>,
        until: oneshot::Receiver<()>,
        event: StepEvent,
    },
    /// Tell the caller that asked for a step.
    Tell(oneshot::Sender<StepEnd>, StepEnd),
}

impl Gates {
    pub(super) fn register(&mut self, entity: EntityId, gate: Arc<Gate>) {
        self.by_entity.insert(entity, gate);
    }

    pub(super) fn asked(&mut self, step: StepId) -> oneshot::Receiver<StepEnd> {
        let (sender, ended) = oneshot::channel();
        self.askers.insert(step, sender);
        ended
    }

    pub(super) fn of_entity(&self, entity: EntityId) -> Option<Arc<Gate>> {
        self.by_entity.get(&entity).cloned()
    }

    /// Changes the words of the gates at once, so that a thread that holds the lock sees in them what the
    /// machine knows; what runs other code is left to the caller.
    pub(super) fn take(&mut self, effect: StepEffect) -> Option<GateAction> {
        match effect {
            StepEffect::Begin {
                entity,
                phase,
                open,
            } => {
                let gates = self.of(&[entity]);
                for gate in &gates {
                    gate.begin(phase, open);
                }
                Some(GateAction::Wake(gates))
            }
            StepEffect::Close {
                step,
                token,
                entities,
            } => {
                let gates = self.of(&entities);
                for gate in &gates {
                    gate.close();
                }
                let left = gates.clone().into_iter();
                let left = join_all(left.map(|gate| async move { gate.writes_left().await }));
                Some(GateAction::Watch {
                    wake: Vec::new(),
                    left: left.map(drop).boxed(),
                    until: self.watch(step, gates),
                    event: StepEvent::GatesEmpty { step, token },
                })
            }
            StepEffect::Open { step, entities } => {
                let gates = self.of(&entities);
                for gate in &gates {
                    gate.open();
                }
                self.unwatch(step);
                Some(GateAction::Wake(gates))
            }
            StepEffect::Change { step, entities, to } => {
                self.unwatch(step);
                let gates = self.of(&entities);
                // No write gets in while some of them are in the old phase.
                for gate in &gates {
                    gate.close();
                }
                let epochs: Vec<_> = gates.iter().map(|gate| gate.change(to)).collect();
                for gate in &gates {
                    gate.open();
                }
                let left = gates.clone().into_iter().zip(epochs);
                let left = left.map(|(gate, epoch)| async move { gate.calls_left(epoch).await });
                Some(GateAction::Watch {
                    wake: gates.clone(),
                    left: join_all(left).map(drop).boxed(),
                    until: self.watch(step, gates),
                    event: StepEvent::CallsLeft { step },
                })
            }
            StepEffect::Ended { step, end } => {
                self.unwatch(step);
                let asker = self.askers.remove(&step)?;
                Some(GateAction::Tell(asker, end))
            }
            StepEffect::Hold { entities } => {
                for gate in self.of(&entities) {
                    gate.close();
                }
                None
            }
        }
    }

    fn of(&self, entities: &[EntityId]) -> Vec<Arc<Gate>> {
        let gates = entities.iter();
        gates
            .filter_map(|it| self.by_entity.get(it).cloned())
            .collect()
    }

    fn watch(&mut self, step: StepId, gates: Vec<Arc<Gate>>) -> oneshot::Receiver<()> {
        let (sender, until) = oneshot::channel();
        let watched = Watched {
            gates,
            _until: sender,
        };
        self.watched.insert(step, watched);
        until
    }

    fn unwatch(&mut self, step: StepId) {
        if let Some(watched) = self.watched.remove(&step) {
            for gate in watched.gates {
                gate.stepped();
            }
        }
    }
}
