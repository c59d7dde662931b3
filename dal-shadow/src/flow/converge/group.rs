//! Groups: entities whose records are written together are in one phase, and a step takes all of
//! them.

use std::collections::BTreeSet;

use super::step::{Step, StepState};
use super::{Converge, EntityId, Incomplete, StepEffect, StepId};
use crate::phases::{Phase, Store, Verb, plan};

impl Converge {
    /// The phase of an entity, once it has one.
    pub(crate) fn phase(&self, entity: EntityId) -> Option<Phase> {
        self.entities.get(&entity)?.phase
    }

    /// The entities of its group, itself among them.
    pub(crate) fn group(&self, entity: EntityId) -> BTreeSet<EntityId> {
        let group = self.groups.get(&entity).cloned();
        group.unwrap_or_else(|| BTreeSet::from([entity]))
    }

    /// These entities, and those in their groups, are one group from now on. One that has no phase
    /// takes the one in force, unless the phase source names two.
    pub(super) fn joined(&mut self, entities: &[EntityId], agreed: bool) {
        let group: BTreeSet<EntityId> = entities
            .iter()
            .flat_map(|entity| self.group(*entity))
            .collect();
        if entities
            .first()
            .is_some_and(|first| self.group(*first) == group)
        {
            return;
        }
        // A step must not go on with a part of the group: it begins again.
        for step in self.steps_of(&group) {
            let reopened = self.reopen(step);
            if let (Some(step), true) = (self.steps.get_mut(&step), reopened) {
                step.state = StepState::Asked;
            }
        }
        for entity in &group {
            self.groups.insert(*entity, group.clone());
        }
        let in_force = group.iter().find_map(|entity| self.phase(*entity));
        if let (Some(phase), true) = (in_force, agreed) {
            let behind = plan(phase, Verb::Write).primary.other();
            for entity in &group {
                let lacks = (!self.limits.hold_the_same).then_some(behind);
                let lacks = lacks.map(|store| (store, Incomplete::NeverFilled));
                self.phase_given(*entity, phase, lacks.as_slice());
            }
        }
        self.hold_if_apart(&group);
    }

    /// Whether the members are not written first in the same store. A write of one of them that names
    /// a record of another one would be undone by a transfer from the other store.
    pub(super) fn is_apart(&self, group: &BTreeSet<EntityId>) -> bool {
        let phases = group.iter().filter_map(|entity| self.phase(*entity));
        let mut primaries = phases.map(|phase| plan(phase, Verb::Write).primary);
        let first = primaries.next();
        primaries.any(|primary| Some(primary) != first)
    }

    fn hold_if_apart(&mut self, group: &BTreeSet<EntityId>) {
        if self.is_apart(group) {
            let entities = group.iter().copied().collect();
            self.tell(StepEffect::Hold { entities });
        }
    }

    /// The first phase of an entity; nothing when it has one.
    pub(super) fn phase_given(
        &mut self,
        entity: EntityId,
        phase: Phase,
        lacks: &[(Store, Incomplete)],
    ) {
        if self.phase(entity).is_some() {
            return;
        }
        for (store, why) in lacks {
            self.lacks(entity, *store, *why);
        }
        self.enters(entity, phase);
        let group = self.group(entity);
        let open = !self.stopped && !self.is_apart(&group);
        self.tell(StepEffect::Begin {
            entity,
            phase,
            open,
        });
        self.hold_if_apart(&group);
    }

    /// All entities of the group enter the phase of the step at once.
    pub(super) fn change(&mut self, id: StepId, step: &Step, group: BTreeSet<EntityId>) {
        // Members that were apart: one of them may have written records of another one to one store.
        let alone = group.iter().filter_map(|entity| self.phase(*entity));
        let alone = alone.filter(|phase| !phase.writes_both());
        let alone: Vec<_> = alone
            .map(|phase| plan(phase, Verb::Write).primary.other())
            .collect();
        for entity in &group {
            for store in &alone {
                self.lacks(*entity, *store, Incomplete::NeverFilled);
            }
            self.enters(*entity, step.to);
        }
        if let Some(step) = self.steps.get_mut(&id) {
            step.state = StepState::Leaving;
        }
        self.tell(StepEffect::Change {
            step: id,
            entities: group.into_iter().collect(),
            to: step.to,
        });
    }

    /// The steps of a group that have not ended.
    pub(super) fn steps_of(&self, group: &BTreeSet<EntityId>) -> Vec<StepId> {
        self.steps
            .iter()
            .filter(|(_, step)| group.contains(&step.entity))
            .map(|(id, _)| *id)
            .collect()
    }
}
