//! Which of the two stores hold every record of an entity, as far as that is known.

use super::{Converge, EntityId, Incomplete};
use crate::phases::{Phase, Store, Verb, plan};

/// What is known of an entity on one store.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Side {
    why: Option<Incomplete>,
    /// Counts what made the store incomplete, so that a copy that began before it completes nothing.
    times: u64,
}

/// The two stores, MySQL first.
pub(super) type Sides = [Side; 2];

const fn side(sides: &Sides, store: Store) -> &Side {
    let [mysql, dynamodb] = sides;
    match store {
        Store::MySql => mysql,
        Store::DynamoDb => dynamodb,
    }
}

const fn side_mut(sides: &mut Sides, store: Store) -> &mut Side {
    let [mysql, dynamodb] = sides;
    match store {
        Store::MySql => mysql,
        Store::DynamoDb => dynamodb,
    }
}

impl Converge {
    /// Why a store is incomplete, when it is.
    pub(crate) fn why(&self, entity: EntityId, store: Store) -> Option<Incomplete> {
        let found = self.entities.get(&entity)?;
        side(&found.sides, store).why
    }

    /// How often the store was made incomplete so far.
    pub(crate) fn times_incomplete(&self, entity: EntityId, store: Store) -> u64 {
        let found = self.entities.get(&entity);
        found.map_or(0, |found| side(&found.sides, store).times)
    }

    /// Everything was copied to the store since it had been made incomplete for the `times`-th time;
    /// false when something made it incomplete after that.
    pub(crate) fn filled(&mut self, entity: EntityId, store: Store, times: u64) -> bool {
        let found = self.entities.entry(entity).or_default();
        let side = side_mut(&mut found.sides, store);
        let filled = side.times == times;
        if filled && side.why.take().is_some() {
            self.incomplete_sides -= 1;
        }
        filled
    }

    /// The store may lack records, and it is not known which.
    pub(super) fn lacks(&mut self, entity: EntityId, store: Store, why: Incomplete) {
        let found = self.entities.entry(entity).or_default();
        let side = side_mut(&mut found.sides, store);
        side.times += 1;
        // The first reason is the one to look for.
        if side.why.is_none() {
            side.why = Some(why);
            self.incomplete_sides += 1;
        }
    }

    /// Whether any entity is incomplete on a store.
    pub(crate) const fn is_any_incomplete(&self) -> bool {
        self.incomplete_sides > 0
    }

    /// Whether the secondary store for writes may lack records that the primary one holds.
    pub(crate) fn is_behind(&self, entity: EntityId) -> bool {
        self.phase(entity).is_some_and(|phase| {
            let primary = plan(phase, Verb::Write).primary;
            self.why(entity, primary).is_none() && self.why(entity, primary.other()).is_some()
        })
    }

    /// The same for the secondary store for writes.
    pub(super) fn incomplete(&mut self, entity: EntityId, why: Incomplete) {
        if let Some(phase) = self.phase(entity) {
            let behind = plan(phase, Verb::Write).primary.other();
            self.lacks(entity, behind, why);
        }
    }

    /// A phase is in force: a store that it does not write lacks what is written from now on.
    pub(super) fn enters(&mut self, entity: EntityId, phase: Phase) {
        self.entities.entry(entity).or_default().phase = Some(phase);
        if phase.writes_both() {
            self.entities.entry(entity).or_default().given_up = false;
        } else {
            self.give_up(entity);
            self.incomplete(entity, Incomplete::NeverFilled);
        }
    }
}
