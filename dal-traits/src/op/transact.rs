//! Several writes that happen together or not at all.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Delete, Insert, Put, Reply, Update};
use crate::condition::Condition;
use crate::model::Entity;
use crate::value::{Value, canonical};
use crate::{Error, ErrorKind, Result};

/// Writes that happen together or not at all, as if they were carried out in the order of the list.
///
/// No two steps are about one record: [`check_records`](Self::check_records). A backend says by
/// [`Error::in_step`] which step was refused.
#[derive(Clone, Debug)]
pub struct Transact {
    /// The steps; at least one.
    pub steps: Vec<Step>,
}

/// One step of a transaction.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step {
    /// A new record. Replies [`Reply::Inserted`](super::Reply::Inserted).
    Insert(Insert),
    /// A whole record in the place of what has its identity. Replies
    /// [`Reply::Done`](super::Reply::Done).
    Put(Put),
    /// A change of a record that exists. Replies [`Reply::Done`](super::Reply::Done).
    Update(Update),
    /// The removal of a record. Replies [`Reply::Existed`](super::Reply::Existed).
    Delete(Delete),
    /// A condition on a record that is not written. Replies [`Reply::Done`](super::Reply::Done).
    Check(Check),
}

/// A condition on a record that is not written.
#[derive(Clone, Debug)]
pub struct Check {
    /// The entity.
    pub entity: Arc<Entity>,
    /// The values of its identity. A missing record is [`NotFound`](ErrorKind::NotFound).
    pub identity: Vec<Value>,
    /// What the record must fulfil beside being there.
    pub when: Option<Condition>,
}

impl Step {
    /// The entity that it is about.
    pub fn entity(&self) -> &Arc<Entity> {
        match self {
            Self::Insert(Insert { record }) | Self::Put(Put { record }) => record.entity(),
            Self::Update(Update { entity, .. })
            | Self::Delete(Delete { entity, .. })
            | Self::Check(Check { entity, .. }) => entity,
        }
    }

    /// Its name, for errors.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Insert(_) => "insert",
            Self::Put(_) => "put",
            Self::Update(_) => "update",
            Self::Delete(_) => "delete",
            Self::Check(_) => "check",
        }
    }

    /// The values of the identity of its record; none before the store has given the id.
    pub fn identity(&self) -> Option<Vec<Value>> {
        let identity = match self {
            Self::Insert(Insert { record }) | Self::Put(Put { record }) => record.identity(),
            Self::Update(Update { identity, .. })
            | Self::Delete(Delete { identity, .. })
            | Self::Check(Check { identity, .. }) => identity.clone(),
        };
        (!identity.iter().any(Value::is_null)).then_some(identity)
    }

    /// Bytes that two steps share exactly when they are about one record; none before the store has
    /// given its id.
    pub fn record_key(&self) -> Option<Vec<u8>> {
        let identity = self.identity()?;
        let mut key = self.entity().source.to_be_bytes().to_vec();
        for value in &identity {
            canonical(value, &mut key);
        }
        Some(key)
    }

    /// The error, as one of this step, which is the `number`th: see [`Error::in_step`].
    #[must_use]
    pub fn refused(&self, number: usize, error: Error) -> Error {
        error.in_step(number, self.name(), &self.entity().name)
    }
}

impl Transact {
    /// As [`check_records`](Self::check_records), with the ids of the records that were inserted: for
    /// a backend that gives ids, before it commits.
    ///
    /// # Errors
    /// As [`check_records`](Self::check_records).
    pub fn check_inserted(&mut self, replies: &[Reply]) -> Result<()> {
        for (step, reply) in self.steps.iter_mut().zip(replies) {
            if let (Step::Insert(insert), Reply::Inserted(record)) = (step, reply) {
                insert.record = record.clone();
            }
        }
        self.check_records()
    }

    /// Refuses a step about a record that an earlier step is about: DynamoDB carries out at most one
    /// action on an item.
    ///
    /// # Errors
    /// [`InvalidValue`](ErrorKind::InvalidValue) of that step.
    pub fn check_records(&self) -> Result<()> {
        let mut known = HashSet::new();
        for (place, step) in self.steps.iter().enumerate() {
            let Some(key) = step.record_key() else {
                continue;
            };
            if !known.insert(key) {
                let message = "an earlier step is about the same record: make one step of both";
                let error = Error::new(ErrorKind::InvalidValue, message);
                return Err(step.refused(place + 1, error));
            }
        }
        Ok(())
    }
}
