//! Handles are slots, so that a sequence stays legal whatever is cut out of it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many slots a class of handles has.
pub const SLOTS: u8 = 4;

/// A place for an id that a sequence made. `h(0)` to `h(3)` can be bound; `h(4)` never existed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u8);

/// The slot `number`; every number from 4 on is the id that never existed.
pub const fn h(number: u8) -> Slot {
    Slot(if number < SLOTS { number } else { SLOTS })
}

impl Slot {
    /// Whether this is the id that never existed.
    pub const fn never_existed(self) -> bool {
        self.0 >= SLOTS
    }

    /// How far back a kept answer is: 0 is the newest.
    pub(super) fn back(self) -> usize {
        usize::from(self.0)
    }

    /// The slots that can be bound, the nearest one to this first.
    pub fn nearest(self) -> impl Iterator<Item = Slot> {
        let mut slots = (0..SLOTS).map(Slot).collect::<Vec<_>>();
        slots.sort_by_key(|slot| slot.0.abs_diff(self.0));
        slots.into_iter()
    }

    /// The four slots that can be bound.
    pub fn all() -> impl Iterator<Item = Slot> + Clone {
        (0..SLOTS).map(Slot)
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h({})", self.0)
    }
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u8::deserialize(deserializer).map(h)
    }
}

/// The strategies of slots, for generated code.
pub mod strategy {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{SLOTS, Slot, h};

    /// A slot to bind.
    pub fn bind() -> BoxedStrategy<Slot> {
        (0..SLOTS).prop_map(h).boxed()
    }

    /// A slot to use: now and then the id that never existed.
    pub fn one() -> BoxedStrategy<Slot> {
        prop_oneof![12 => bind(), 1 => Just(h(SLOTS))].boxed()
    }

    /// No handle, or one.
    pub fn optional() -> BoxedStrategy<Option<Slot>> {
        prop_oneof![Just(None), one().prop_map(Some)].boxed()
    }

    /// Up to five handles, now and then the same one twice.
    pub fn many() -> BoxedStrategy<Vec<Slot>> {
        vec(one(), 0..=5).boxed()
    }

    /// One handle for each element of a list inside an argument, used in turn.
    pub fn inside_list() -> BoxedStrategy<Vec<Slot>> {
        vec(one(), 1..=4).boxed()
    }
}
