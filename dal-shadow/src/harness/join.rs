//! Groups: entities whose records are written together, and what the phase source wants of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::flow::converge::{EntityId, Incomplete};
use crate::harness::core::{Core, Known};
use crate::harness::entity::Entity;
use crate::phases::{Phase, Setting, Store, Verb, plan};

/// What is wanted of an entity.
pub(crate) type Wish = (Arc<Entity>, Setting);

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
            let problem = format!(
                "{} are written together (`also`) and in different phases: step them to a phase that is next to each of these; no other step is taken until then",
                each(phases)
            );
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

    /// What the source wants of each group, by its first entity. A group for which it names two
    /// phases is left out, and is asked again once it names one.
    pub(crate) fn wishes(&self) -> Vec<(EntityId, Vec<Wish>)> {
        let mut known = self.known();
        let mut wishes = Vec::new();
        for entity in known.entities.values().cloned().collect::<Vec<_>>() {
            let group = self.writes.group(entity.id);
            if group.first() != Some(&entity.id) {
                continue;
            }
            let members = self.members_of(&known, entity.id);
            match known.wishes(&members) {
                Some(of_group) => wishes.push((entity.id, of_group)),
                None => known
                    .taken
                    .retain(|name, _| members.iter().all(|it| it.name != *name)),
            }
        }
        wishes
    }

    /// Whether all of this was asked for already.
    pub(crate) fn is_taken(&self, wanted: &BTreeMap<String, Setting>) -> bool {
        let known = self.known();
        let mut wanted = wanted.iter();
        wanted.all(|(name, setting)| known.taken.get(name) == Some(setting))
    }

    /// The entities of the group of this one, by name.
    pub(crate) fn members(&self, entity: EntityId) -> Vec<Arc<Entity>> {
        self.members_of(&self.known(), entity)
    }

    fn members_of(&self, known: &Known, entity: EntityId) -> Vec<Arc<Entity>> {
        let group = self.writes.group(entity);
        let entities = known.entities.values();
        entities
            .filter(|it| group.contains(&it.id))
            .cloned()
            .collect()
    }
}

impl Known {
    /// What the source wants of the entities of one group; none when it names two phases for it,
    /// which each of them shows as its problem.
    pub(crate) fn wishes(&self, members: &[Arc<Entity>]) -> Option<Vec<Wish>> {
        let wishes: Vec<Wish> = members
            .iter()
            .filter_map(|member| Some((Arc::clone(member), self.wanted.get(&member.name)?)))
            .collect();
        let agree =
            |pair: &[Wish]| matches!(pair, [(_, one), (_, other)] if one.phase == other.phase);
        if wishes.windows(2).all(agree) {
            return Some(wishes);
        }
        let phases = wishes
            .iter()
            .map(|(entity, setting)| (&entity.name, setting.phase));
        let problem = format!(
            "the phase source names two phases for one group: {} are written together (`also`); name one phase for all of them. Until then a phase that is in force stays, and the calls of an entity that has none wait",
            each(phases)
        );
        if complain(members, &problem) {
            tracing::warn!(target: "dal_shadow", problem, "the phase source is not obeyed");
        }
        None
    }
}

/// Shows a problem in the status of these entities; whether one of them did not show it yet.
fn complain(members: &[Arc<Entity>], problem: &str) -> bool {
    let new = members.iter().filter(|it| it.complains(problem));
    new.count() > 0
}

fn each<'a>(phases: impl Iterator<Item = (&'a String, Phase)>) -> String {
    let each: Vec<_> = phases
        .map(|(name, phase)| format!("`{name}` ({phase})"))
        .collect();
    each.join(", ")
}

fn names(members: &[Arc<Entity>]) -> String {
    let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
    names.join(", ")
}
