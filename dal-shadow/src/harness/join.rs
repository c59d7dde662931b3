//! A wrapper is made: its entities join the harness, and one group.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::flow::converge::{EntityId, Incomplete};
use crate::harness::core::{Core, Known};
use crate::harness::entity::Entity;
use crate::harness::wish::{complain, each, writes_wait};
use crate::phases::{Phase, Store, Verb, plan};

impl Core {
    /// The entities of a wrapper, its own first: they are one group from now on. A new one begins in
    /// the phase that it had when the process ended the last time, or else in the one in force in
    /// its group, or else in the one that the source says.
    pub(crate) fn join(&self, names: &[&str]) -> Arc<Entity> {
        let mut known = self.known();
        let mut entities = Vec::new();
        let mut new = BTreeSet::new();
        for name in names {
            let entity = known.entities.get(*name).cloned();
            let entity = entity.unwrap_or_else(|| {
                let entity = self.registered(name);
                known
                    .entities
                    .insert((*name).to_owned(), Arc::clone(&entity));
                if let Some(setting) = known.remembered.phases.get(name) {
                    entity.set_sample(setting.sample);
                    self.go_on(&entity, setting.phase, known.remembered.complete.get(*name));
                }
                new.insert(entity.id);
                entity
            });
            entities.push(entity);
        }
        let before: Vec<_> = entities
            .iter()
            .map(|entity| self.writes.group(entity.id))
            .collect();
        let all: Vec<_> = known
            .entities
            .values()
            .filter(|it| before.iter().any(|group| group.contains(&it.id)))
            .cloned()
            .collect();
        let agreed = known.wishes(&all).is_some();
        let ids = entities.iter().map(|entity| entity.id).collect();
        self.writes.join(ids, agreed);
        let own = entities.into_iter().next();
        let own = own.unwrap_or_else(|| self.registered(""));
        let grown = before.first() != Some(&self.writes.group(own.id));
        let members = self.members_of(&known, own.id);
        if grown || !new.is_empty() {
            self.first_phase(&mut known, &members, &new);
        }
        drop(known);
        self.remember();
        self.grown.send_replace(());
        own
    }

    /// Gives the members of a group that has grown what the source wants, as far as it may.
    fn first_phase(&self, known: &mut Known, members: &[Arc<Entity>], new: &BTreeSet<EntityId>) {
        let phases: BTreeSet<_> = members.iter().filter_map(|it| it.phase()).collect();
        if phases.len() > 1 {
            let phases = members
                .iter()
                .filter_map(|it| Some((&it.name, it.phase()?)));
            let problem = apart(phases);
            if complain(members, &problem) {
                tracing::error!(target: "dal_shadow", problem, "the entities of a group are apart");
            }
            return;
        }
        let Some(wishes) = known.wishes(members) else {
            return;
        };
        let Some((_, setting)) = wishes.first() else {
            if phases.is_empty() {
                let named = known.named();
                let entity = names(members);
                tracing::error!(
                    target: "dal_shadow",
                    entity,
                    source = self.source,
                    named,
                    "the phase source does not name this entity: its calls wait until it does"
                );
            }
            return;
        };
        for member in members {
            self.begin(member, setting.phase);
        }
        let asked = wishes
            .iter()
            .filter_map(|(it, _)| known.taken.get(&it.name));
        let asked: BTreeSet<_> = asked.map(|setting| setting.phase).collect();
        for (entity, setting) in wishes.iter().filter(|(it, _)| new.contains(&it.id)) {
            // What its group was asked for is not asked again: a step by hand stays.
            let taken = entity.phase() == Some(setting.phase) || asked.contains(&setting.phase);
            if taken {
                entity.set_sample(setting.sample);
                known.taken.insert(entity.name.clone(), *setting);
            }
        }
    }

    /// The first phase of an entity; nothing when it has one. Nothing says that the store that is
    /// written second was ever filled, unless the application does.
    pub(crate) fn begin(&self, entity: &Entity, phase: Phase) {
        let behind = plan(phase, Verb::Write).primary.other();
        let lacks = phase.writes_both() && !self.policy.hold_the_same;
        let lacks = lacks.then_some((behind, Incomplete::NeverFilled));
        let lacks = lacks.into_iter().collect();
        self.writes.give_phase(entity.id, phase, lacks);
    }

    /// The phase that an entity had when the process ended the last time, and the stores that were
    /// complete then, after a clean stop.
    fn go_on(&self, entity: &Entity, phase: Phase, complete: Option<&Vec<String>>) {
        let lacks = match complete {
            _ if self.policy.hold_the_same => Vec::new(),
            Some(complete) => [Store::MySql, Store::DynamoDb]
                .into_iter()
                .filter(|store| complete.iter().all(|name| name != store.as_str()))
                .map(|store| (store, Incomplete::NeverFilled))
                .collect(),
            None if phase.writes_both() => {
                let behind = plan(phase, Verb::Write).primary.other();
                vec![(behind, Incomplete::UncleanStop)]
            }
            None => Vec::new(),
        };
        self.writes.give_phase(entity.id, phase, lacks);
    }
}

/// What is wrong with a group whose entities have these phases, and what to do.
fn apart<'a>(phases: impl Iterator<Item = (&'a String, Phase)> + Clone) -> String {
    let is_near = |to: &Phase| {
        let mut phases = phases.clone();
        phases.all(|(_, phase)| phase == *to || phase.is_adjacent(*to))
    };
    let what_to_do = if Phase::ALL.iter().any(is_near) {
        "step them to a phase that is next to each of these; no other step is taken until then"
    } else {
        "no phase is next to each of these: step them to one phase in a process without the wrapper that names them together"
    };
    let writes_wait = writes_wait(phases.clone().map(|(_, phase)| phase));
    format!(
        "{} are written together (`also`) and in different phases: {what_to_do}{writes_wait}",
        each(phases)
    )
}

fn names(members: &[Arc<Entity>]) -> String {
    let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
    names.join(", ")
}
