//! What the phase source wants of each group.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::flow::converge::EntityId;
use crate::harness::core::{Core, Known};
use crate::harness::entity::Entity;
use crate::phases::{Phase, Setting, Verb, plan};

/// What is wanted of an entity.
pub(crate) type Wish = (Arc<Entity>, Setting);

impl Core {
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
        let writes_wait = writes_wait(members.iter().filter_map(|it| it.phase()));
        let problem = format!(
            "the phase source names two phases for one group: {} are written together (`also`); name one phase for all of them. Until then a phase that is in force stays, and the calls of an entity that has none wait{writes_wait}",
            each(phases)
        );
        if complain(members, &problem) {
            tracing::warn!(target: "dal_shadow", problem, "the phase source is not obeyed");
        }
        None
    }
}

/// Shows a problem in the status of these entities; whether one of them did not show it yet.
pub(super) fn complain(members: &[Arc<Entity>], problem: &str) -> bool {
    let new = members.iter().filter(|it| it.complains(problem));
    new.count() > 0
}

/// What is to be said of the writes of a group in these phases: see `flow/converge/group.rs`.
pub(super) fn writes_wait(phases: impl Iterator<Item = Phase>) -> &'static str {
    let mut primaries = phases.map(|phase| plan(phase, Verb::Write).primary);
    let first = primaries.next();
    if primaries.any(|primary| Some(primary) != first) {
        "; their writes wait, because not all of them are written first in the same store"
    } else {
        ""
    }
}

/// The phase of each of these entities, for a message.
pub(super) fn each<'a>(phases: impl Iterator<Item = (&'a String, Phase)>) -> String {
    let each: Vec<_> = phases
        .map(|(name, phase)| format!("`{name}` ({phase})"))
        .collect();
    each.join(", ")
}
