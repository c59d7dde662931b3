//! What a backend can do.

/// What a backend can do. Every backend writes each member: a new one does not compile until it
/// does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability {
    /// The backend's name in errors and metrics: `memory`, `mysql`, `dynamodb`.
    pub backend: &'static str,
    /// Whether an insert without an id gives one. [`Store`](crate::store::Store) takes the next id
    /// first where it does not.
    pub generates_ids: bool,
    /// Whether reads of an index see the latest writes.
    pub strong_indexes: bool,
    /// The most bytes of a record; none without such a limit.
    pub max_record_bytes: Option<usize>,
}
