//! The numbers of what the state machine knows.

/// An entity of a harness, by its number there.
pub(crate) type EntityId = u32;

/// A write of a harness, by its number there.
pub(crate) type CallId = u64;

/// A record: an entity and the hash of its ordering key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RecordId {
    pub(crate) entity: EntityId,
    pub(crate) key: u128,
}

/// A step of a harness, by its number there; later ones have greater numbers.
pub(crate) type StepId = u64;
