//! The operations that a store carries out, finished: every field by its place, every value fitted
//! to its column.

mod transact;

use std::ops::Bound;
use std::sync::Arc;

pub use transact::{Check, Step, Transact};

use crate::condition::Condition;
use crate::cursor::Cursor;
use crate::model::Entity;
use crate::record::Record;
use crate::value::Value;

/// One operation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Op {
    /// Find one record. Replies [`Reply::Record`].
    Get(Get),
    /// Find several records by identity. Replies [`Reply::Records`].
    GetMany(GetMany),
    /// Find records in the order of a path. Replies [`Reply::Page`].
    Query(Query),
    /// Every record, in no order. Replies [`Reply::Page`].
    Scan(Scan),
    /// A new record. Replies [`Reply::Inserted`].
    Insert(Insert),
    /// A whole record in the place of what has its identity, if anything has. Replies
    /// [`Reply::Done`].
    Put(Put),
    /// A change of a record that exists. Replies [`Reply::Done`].
    Update(Update),
    /// The removal of a record. Replies [`Reply::Existed`].
    Delete(Delete),
    /// An id that no record had before. Replies [`Reply::Id`].
    NextId(NextId),
    /// Makes the store's next ids greater than one that was given elsewhere. Replies
    /// [`Reply::Done`].
    PassId(PassId),
    /// Several writes that happen together or not at all. Replies [`Reply::Transacted`].
    Transact(Transact),
}

/// Finds the one record that has these values.
#[derive(Clone, Debug)]
pub struct Get {
    /// The entity.
    pub entity: Arc<Entity>,
    /// The place of a path that is unique.
    pub path: usize,
    /// The values of its `equal` fields.
    pub key: Vec<Value>,
    /// Whether a reply that does not see the latest writes is enough.
    pub eventual: bool,
}

/// Finds records by identity: in the order of `keys`, none for a missing one.
#[derive(Clone, Debug)]
pub struct GetMany {
    /// The entity.
    pub entity: Arc<Entity>,
    /// The identities.
    pub keys: Vec<Vec<Value>>,
}

/// Finds the records of a path, in its order.
#[derive(Clone, Debug)]
pub struct Query {
    /// The entity.
    pub entity: Arc<Entity>,
    /// The place of the path.
    pub path: usize,
    /// The values of its `equal` fields, then those of a beginning of its `sort` fields.
    pub key: Vec<Value>,
    /// What the sort field behind those is between.
    pub range: (Bound<Value>, Bound<Value>),
    /// What records must fulfil; read, and not given out, when they do not.
    pub filter: Option<Condition>,
    /// Whether the greatest comes first.
    pub backward: bool,
    /// The most records of a page.
    pub limit: u32,
    /// Where the page begins.
    pub after: Option<Cursor>,
    /// Whether a reply that does not see the latest writes is enough.
    pub eventual: bool,
}

/// Reads every record.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The entity.
    pub entity: Arc<Entity>,
    /// What records must fulfil.
    pub filter: Option<Condition>,
    /// The most records of a page.
    pub limit: u32,
    /// Where the page begins.
    pub after: Option<Cursor>,
}

/// Adds a record.
#[derive(Clone, Debug)]
pub struct Insert {
    /// The record. Its identity has a NULL where the store gives the id.
    pub record: Record,
}

/// Puts a whole record: guards and children follow it, and the next ids are greater than its own.
#[derive(Clone, Debug)]
pub struct Put {
    /// The record.
    pub record: Record,
}

/// Changes fields of a record that exists.
#[derive(Clone, Debug)]
pub struct Update {
    /// The entity.
    pub entity: Arc<Entity>,
    /// The values of its identity.
    pub identity: Vec<Value>,
    /// What changes; each field once, none of the identity.
    pub changes: Vec<Change>,
    /// What the record must fulfil before.
    pub when: Option<Condition>,
}

/// The change of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The field at this place becomes the value.
    Set(usize, Value),
    /// The value is added to the number at this place; NULL stays NULL.
    Add(usize, Value),
}

impl Change {
    /// The place of the field.
    pub const fn field(&self) -> usize {
        match self {
            Self::Set(field, _) | Self::Add(field, _) => *field,
        }
    }
}

/// Removes a record.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The entity.
    pub entity: Arc<Entity>,
    /// The values of its identity.
    pub identity: Vec<Value>,
    /// What the record must fulfil; a missing one is [`NotFound`](crate::ErrorKind::NotFound) then.
    pub when: Option<Condition>,
}

/// Takes the next id of an entity.
#[derive(Clone, Debug)]
pub struct NextId {
    /// The entity.
    pub entity: Arc<Entity>,
}

/// Moves the next ids of an entity past `id`.
#[derive(Clone, Debug)]
pub struct PassId {
    /// The entity.
    pub entity: Arc<Entity>,
    /// The id.
    pub id: i128,
}

/// The reply to an [`Op`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// The record, if there is one.
    Record(Option<Record>),
    /// The records, in the order of the keys asked for.
    Records(Vec<Option<Record>>),
    /// A page of records.
    Page(Page),
    /// The record that was added, with its id.
    Inserted(Record),
    /// Whether there was a record to remove.
    Existed(bool),
    /// An id.
    Id(i128),
    /// The reply to each step of a transaction.
    Transacted(Vec<Reply>),
    /// Nothing to say but that it was done.
    Done,
}

/// Some records, and where the next ones begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// Where the next page begins; none exactly when no further record matches.
    pub next: Option<Cursor>,
}

impl Op {
    /// The entity that it is about; none for a transaction, each step of which has its own.
    pub fn entity(&self) -> Option<&Arc<Entity>> {
        match self {
            Self::Get(Get { entity, .. })
            | Self::GetMany(GetMany { entity, .. })
            | Self::Query(Query { entity, .. })
            | Self::Scan(Scan { entity, .. })
            | Self::Update(Update { entity, .. })
            | Self::Delete(Delete { entity, .. })
            | Self::NextId(NextId { entity })
            | Self::PassId(PassId { entity, .. }) => Some(entity),
            Self::Insert(Insert { record }) | Self::Put(Put { record }) => Some(record.entity()),
            Self::Transact(_) => None,
        }
    }

    /// Its name, for errors, spans and metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Get(_) => "get",
            Self::GetMany(_) => "get_many",
            Self::Query(_) => "query",
            Self::Scan(_) => "scan",
            Self::Insert(_) => "insert",
            Self::Put(_) => "put",
            Self::Update(_) => "update",
            Self::Delete(_) => "delete",
            Self::NextId(_) => "next_id",
            Self::PassId(_) => "pass_id",
            Self::Transact(_) => "transact",
        }
    }
}
