//! Which of the two stores hold every record of an entity, as far as that is known.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::flow::converge::Incomplete;
use crate::phases::{Phase, SecondaryRole, Store, Verb, plan};

/// The completeness of both stores, for one entity.
#[derive(Debug, Default)]
pub(crate) struct Completeness(Mutex<Sides>);

#[derive(Debug, Default)]
struct Sides {
    mysql: Side,
    dynamodb: Side,
}

#[derive(Clone, Copy, Debug, Default)]
struct Side {
    why: Option<Incomplete>,
    /// Counts what made the store incomplete, so that a copy that began before it completes
    /// nothing.
    times: u64,
}

impl Completeness {
    /// A phase is in force: a store that it does not write lacks what is written from now on.
    pub(crate) fn enters(&self, phase: Phase) {
        let writes = plan(phase, Verb::Write);
        if writes.secondary == SecondaryRole::None {
            self.lacks(writes.primary.other(), Incomplete::NeverFilled);
        }
    }

    /// The store may lack records, and nobody knows which.
    pub(crate) fn lacks(&self, store: Store, why: Incomplete) {
        let mut sides = self.sides();
        let side = sides.of(store);
        side.times += 1;
        // The first reason is the one to look for.
        side.why.get_or_insert(why);
    }

    /// Why the store is incomplete, when it is.
    pub(crate) fn why(&self, store: Store) -> Option<Incomplete> {
        self.sides().of(store).why
    }

    /// How often the store was made incomplete so far.
    pub(crate) fn times(&self, store: Store) -> u64 {
        self.sides().of(store).times
    }

    /// Everything was copied to the store since it had been made incomplete for the `times`-th
    /// time; false when something made it incomplete after that.
    pub(crate) fn filled(&self, store: Store, times: u64) -> bool {
        let mut sides = self.sides();
        let side = sides.of(store);
        let filled = side.times == times;
        if filled {
            side.why = None;
        }
        filled
    }

    fn sides(&self) -> MutexGuard<'_, Sides> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sides {
    const fn of(&mut self, store: Store) -> &mut Side {
        match store {
            Store::MySql => &mut self.mysql,
            Store::DynamoDb => &mut self.dynamodb,
        }
    }
}
