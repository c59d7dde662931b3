//! What the harness asks of groups and steps: see `converge/step.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::converge::{EntityId, Event, Incomplete, Standing, StepEnd, StepEvent, StepId};
use super::gate::Gate;
use super::writes::Writes;
use crate::phases::{Phase, Store};

/// A step that was asked for.
pub(crate) struct Asked {
    writes: Arc<Writes>,
    step: StepId,
    ended: oneshot::Receiver<StepEnd>,
}

impl Writes {
    /// The gate of an entity, which follows the state machine from now on.
    pub(crate) fn register(&self, entity: EntityId, gate: Arc<Gate>) {
        self.state().gates.register(entity, gate);
    }

    /// The records of these entities are written together: they are in one group.
    pub(crate) fn join(self: &Arc<Self>, entities: Vec<EntityId>, agreed: bool) {
        self.event(Event::Joined { entities, agreed });
    }

    /// The entities of a group.
    pub(crate) fn group(&self, entity: EntityId) -> BTreeSet<EntityId> {
        self.state().machine.group(entity)
    }

    /// The first phase of an entity; nothing when it has one.
    pub(crate) fn give_phase(
        self: &Arc<Self>,
        entity: EntityId,
        phase: Phase,
        lacks: Vec<(Store, Incomplete)>,
    ) {
        self.event(Event::PhaseGiven {
            entity,
            phase,
            lacks,
        });
    }

    /// Asks for a step of the entity's group. `from` is the phase for which the step was found to
    /// be right, if it matters; `settled`, whether nothing may be dirty or on its way.
    pub(crate) fn ask(
        self: &Arc<Self>,
        entity: EntityId,
        to: Phase,
        from: Option<Phase>,
        settled: bool,
    ) -> Asked {
        let mut state = self.state();
        state.next += 1;
        let step = state.next;
        let ended = state.gates.asked(step);
        let asked = StepEvent::Asked {
            step,
            entity,
            to,
            from,
            settled,
        };
        self.step(state, Event::Step(asked));
        Asked {
            writes: Arc::clone(self),
            step,
            ended,
        }
    }

    /// Why a store is incomplete, when it is.
    pub(crate) fn why(&self, entity: EntityId, store: Store) -> Option<Incomplete> {
        self.state().machine.why(entity, store)
    }

    /// How often the store was made incomplete so far.
    pub(crate) fn times_incomplete(&self, entity: EntityId, store: Store) -> u64 {
        self.state().machine.times_incomplete(entity, store)
    }

    /// The store was copied since it had been made incomplete for the `times`-th time; false when
    /// something made it incomplete after that.
    pub(crate) fn filled(&self, entity: EntityId, store: Store, times: u64) -> bool {
        let mut state = self.state();
        let filled = state.machine.filled(entity, store, times);
        self.show(&state.machine);
        filled
    }

    /// Lets no write in any more.
    pub(crate) fn stop(self: &Arc<Self>) {
        self.event(Event::Stopped);
    }

    /// Waits until no write of the entity's group is under way, any of which may change records of
    /// the entity, and nothing of the entity is dirty. The gates must be closed for good.
    pub(crate) async fn at_rest(&self, entity: EntityId) {
        for member in self.group(entity) {
            let gate = self.state().gates.of_entity(member);
            if let Some(gate) = gate {
                gate.writes_left().await;
            }
        }
        let none = |all: Standing| all.under_way == 0 && all.pending == 0 && all.dirty == 0;
        self.stands(entity, none).await;
    }
}

impl Asked {
    /// How it ended. It is given up when `unwanted` is ready before the phase has changed.
    pub(crate) async fn ended(mut self, unwanted: impl Future<Output = ()>) -> StepEnd {
        tokio::select! {
            biased;
            end = &mut self.ended => return end.unwrap_or(StepEnd::Stopped),
            () = unwanted => {}
        }
        let step = self.step;
        self.writes
            .event(Event::Step(StepEvent::Abandoned { step }));
        (&mut self.ended).await.unwrap_or(StepEnd::Stopped)
    }
}
