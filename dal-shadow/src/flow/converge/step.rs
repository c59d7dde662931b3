//! When the phase of a group changes.
//!
//! A hand-over waits with the gates open until the store that gains a role has everything
//! (`Draining`), then closes all gates of the group to writes (`Closed`) while the last ones end, and
//! changes the phase. When they do not end in time, it opens the gates and tries again after a
//! pause. The step has ended when the last call of the old phase has left (`Leaving`).

use std::collections::BTreeSet;

use super::step_event::{StepEffect, StepEnd, StepEvent};
use super::{Converge, Effect, EntityId, Event, StepId};
use crate::phases::{Phase, Store};

/// A step that was asked for and has not ended.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) entity: EntityId,
    pub(super) to: Phase,
    from: Option<Phase>,
    settled: bool,
    pub(super) state: StepState,
    /// How often the gates were opened again.
    pub(super) pauses: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StepState {
    /// Waits for another step of the group.
    Asked,
    /// Waits, with the gates open, until the store that gains a role has everything.
    Draining,
    /// The gates are closed to writes.
    Closed { token: u64, empty: bool },
    /// They were closed as long as they may be; the next attempt begins after a pause.
    Pausing { token: u64 },
    /// The new phase is in force.
    Leaving,
}

impl Converge {
    /// Nothing is written any more.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
        for step in self.steps.keys().copied().collect::<Vec<_>>() {
            if self.reopen(step) {
                self.end(step, StepEnd::Stopped);
            }
        }
        let entities = self.entities.keys().copied().collect();
        self.tell(StepEffect::Hold { entities });
    }

    pub(super) fn of_step(&mut self, event: StepEvent) {
        match event {
            StepEvent::Asked {
                step,
                entity,
                to,
                from,
                settled,
            } => {
                let asked = Step {
                    entity,
                    to,
                    from,
                    settled,
                    state: StepState::Asked,
                    pauses: 0,
                };
                self.steps.insert(step, asked);
                if self.stopped {
                    self.end(step, StepEnd::Stopped);
                }
            }
            StepEvent::GatesEmpty { step, token } => {
                if let Some(StepState::Closed { token: now, empty }) = self.state_mut(step)
                    && *now == token
                {
                    *empty = true;
                }
            }
            StepEvent::ClosedTooLong { step, token } => {
                if let Some(StepState::Closed { token: now, .. }) = self.state_mut(step)
                    && *now == token
                {
                    self.pause(step);
                }
            }
            StepEvent::PauseOver { step, token } => {
                if let Some(state @ StepState::Pausing { .. }) = self.state_mut(step)
                    && *state == (StepState::Pausing { token })
                {
                    *state = StepState::Draining;
                }
            }
            StepEvent::TimedOut { step } => {
                if self.reopen(step) {
                    let end = self.under_way(step);
                    self.end(step, end);
                } else if self.steps.contains_key(&step) {
                    self.end(step, StepEnd::CallsUnderWay);
                }
            }
            StepEvent::CallsLeft { step } => {
                if self.state_mut(step) == Some(&mut StepState::Leaving) {
                    self.end(step, StepEnd::Done);
                }
            }
            StepEvent::Abandoned { step } => {
                if self.reopen(step) {
                    self.end(step, StepEnd::Abandoned);
                }
            }
        }
    }

    /// Takes every step as far as it goes.
    pub(super) fn advance(&mut self) {
        let mut went_on = !self.steps.is_empty();
        while went_on {
            went_on = false;
            for step in self.steps.keys().copied().collect::<Vec<_>>() {
                went_on |= self.goes_on(step);
            }
        }
    }

    fn goes_on(&mut self, id: StepId) -> bool {
        let Some(step) = self.steps.get(&id).cloned() else {
            return false;
        };
        let group = self.group(step.entity);
        match step.state {
            StepState::Asked => {
                let busy = |other: &StepId| {
                    let other = self.steps.get(other);
                    other.is_some_and(|other| other.state != StepState::Asked)
                };
                if self.steps_of(&group).iter().any(busy) {
                    return false;
                }
                match self.refused(&step, &group) {
                    Some(end) => self.end(id, end),
                    None => self.drain(id),
                }
                true
            }
            StepState::Draining => {
                if let Some(end) = self.lacking(&step, &group) {
                    self.end(id, end);
                } else if self.waits(&step, &group) {
                    return false;
                } else if self.hands_over(&step, &group) {
                    self.close(id, group);
                } else {
                    self.change(id, &step, group);
                }
                true
            }
            StepState::Closed { empty, .. } => {
                let lacking = self.lacking(&step, &group);
                let calls = |entity: &EntityId| self.is_written(*entity);
                if let Some(end) = lacking {
                    self.reopen(id);
                    self.end(id, end);
                } else if !empty || self.waits(&step, &group) || group.iter().any(calls) {
                    return false;
                } else {
                    self.change(id, &step, group);
                }
                true
            }
            StepState::Pausing { .. } | StepState::Leaving => false,
        }
    }

    /// Why the step is not taken, whatever is under way; or that it is nothing to do.
    fn refused(&self, step: &Step, group: &BTreeSet<EntityId>) -> Option<StepEnd> {
        let mut phases = Vec::new();
        for entity in group {
            match self.phase(*entity) {
                Some(phase) => phases.push((*entity, phase)),
                None => return Some(StepEnd::NoPhase),
            }
        }
        let (_, from) = *phases.first()?;
        let apart = phases.iter().any(|(_, phase)| *phase != from);
        if step.from.is_some_and(|expected| apart || expected != from) {
            return Some(StepEnd::Abandoned);
        }
        let near = |phase: Phase| phase == step.to || phase.is_adjacent(step.to);
        if !phases.iter().all(|(_, phase)| near(*phase)) {
            return Some(if apart {
                StepEnd::Apart { phases }
            } else {
                StepEnd::NotAdjacent { from }
            });
        }
        (!apart && from == step.to).then_some(StepEnd::Done)
    }

    fn drain(&mut self, id: StepId) {
        if let Some(step) = self.steps.get_mut(&id) {
            step.state = StepState::Draining;
            self.effects.push(Effect::Later {
                after: self.limits.step_deadline,
                event: Event::Step(StepEvent::TimedOut { step: id }),
            });
        }
    }

    /// The stores that gain a role, with the entities whose records they must have.
    fn gains(
        &self,
        step: &Step,
        group: &BTreeSet<EntityId>,
    ) -> impl Iterator<Item = (EntityId, Phase, Store)> {
        group.iter().filter_map(|entity| {
            let phase = self.phase(*entity)?;
            Some((*entity, phase, phase.gains(step.to)?))
        })
    }

    /// The first store that gains a role and may lack records.
    fn lacking(&self, step: &Step, group: &BTreeSet<EntityId>) -> Option<StepEnd> {
        self.gains(step, group).find_map(|(entity, phase, store)| {
            let why = self.why(entity, store)?;
            Some(StepEnd::Incomplete {
                entity,
                phase,
                store,
                why,
            })
        })
    }

    /// Whether something must end first that is dirty or on its way to a store.
    fn waits(&self, step: &Step, group: &BTreeSet<EntityId>) -> bool {
        let needs = step.settled || self.gains(step, group).next().is_some();
        needs
            && group.iter().any(|entity| {
                let found = self.entities.get(entity);
                found.is_some_and(|found| !found.pending.is_empty() || found.dirty > 0)
            })
    }

    /// Whether a write of the entity is under way on the primary store.
    fn is_written(&self, entity: EntityId) -> bool {
        let found = self.entities.get(&entity);
        found.is_some_and(|found| !found.under_way.is_empty())
    }

    fn hands_over(&self, step: &Step, group: &BTreeSet<EntityId>) -> bool {
        let mut phases = group.iter().filter_map(|entity| self.phase(*entity));
        phases.any(|phase| phase.hands_over_to(step.to))
    }

    fn close(&mut self, id: StepId, group: BTreeSet<EntityId>) {
        let token = self.token();
        if let Some(step) = self.steps.get_mut(&id) {
            step.state = StepState::Closed {
                token,
                empty: false,
            };
        }
        self.tell(StepEffect::Close {
            step: id,
            token,
            entities: group.into_iter().collect(),
        });
        self.effects.push(Effect::Later {
            after: self.limits.closed_at_most,
            event: Event::Step(StepEvent::ClosedTooLong { step: id, token }),
        });
    }

    fn pause(&mut self, id: StepId) {
        self.reopen(id);
        let token = self.token();
        if let Some(step) = self.steps.get_mut(&id) {
            let doublings = step.pauses.min(16);
            step.pauses += 1;
            step.state = StepState::Pausing { token };
            self.effects.push(Effect::Later {
                after: self.limits.step_pause.saturating_mul(1 << doublings),
                event: Event::Step(StepEvent::PauseOver { step: id, token }),
            });
        }
    }

    /// Opens the gates of a step that has not changed the phase; false when it has, or has ended.
    pub(super) fn reopen(&mut self, id: StepId) -> bool {
        let Some(step) = self.steps.get(&id) else {
            return false;
        };
        if let StepState::Closed { .. } = step.state {
            let mut group = self.group(step.entity);
            if self.is_apart(&group) {
                group.clear();
            }
            let entities = group.into_iter().collect();
            self.tell(StepEffect::Open { step: id, entities });
        }
        self.steps
            .get(&id)
            .is_some_and(|step| step.state != StepState::Leaving)
    }

    fn end(&mut self, step: StepId, end: StepEnd) {
        self.steps.remove(&step);
        self.tell(StepEffect::Ended { step, end });
    }

    fn under_way(&self, id: StepId) -> StepEnd {
        let Some(step) = self.steps.get(&id) else {
            return StepEnd::Abandoned;
        };
        let group = self.group(step.entity);
        let standings = || group.iter().map(|entity| self.standing(*entity));
        match self.phase(step.entity) {
            None => StepEnd::NoPhase,
            Some(phase) => StepEnd::UnderWay {
                phase,
                pending: standings().map(|all| all.pending).sum(),
                dirty: standings().map(|all| all.dirty).sum(),
            },
        }
    }

    fn state_mut(&mut self, step: StepId) -> Option<&mut StepState> {
        self.steps.get_mut(&step).map(|step| &mut step.state)
    }

    /// The steps, and the token that each of them waits for.
    #[cfg(test)]
    pub(super) fn steps_now(&self) -> Vec<(StepId, String, Option<u64>)> {
        let steps = self.steps.iter();
        let now = |(id, step): (&StepId, &Step)| match step.state {
            StepState::Closed { token, empty } => (*id, format!("closed {empty}"), Some(token)),
            StepState::Pausing { token } => (*id, "pausing".to_owned(), Some(token)),
            state => (*id, format!("{state:?}"), None),
        };
        steps.map(now).collect()
    }

    /// Whether the gates of a step are closed with this token.
    #[cfg(test)]
    pub(super) fn is_closed(&self, step: StepId, token: u64) -> bool {
        let step = self.steps.get(&step);
        step.is_some_and(
            |step| matches!(step.state, StepState::Closed { token: now, .. } if now == token),
        )
    }

    /// A number that no other closing or pause has.
    const fn token(&mut self) -> u64 {
        self.tokens += 1;
        self.tokens
    }

    pub(super) fn tell(&mut self, effect: StepEffect) {
        self.effects.push(Effect::Step(effect));
    }
}
