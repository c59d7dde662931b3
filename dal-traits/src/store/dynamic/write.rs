//! Requests that write.

use super::read::owned;
use super::{EntityStore, Identity};
use crate::condition::Condition;
use crate::op::{Change, Op, Reply};
use crate::store::prepare;
use crate::value::Value;
use crate::{OpCx, Record, Result};

/// A new record.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct InsertRequest {
    of: EntityStore,
    values: Vec<(String, Value)>,
}

impl InsertRequest {
    pub(super) fn new<'a>(
        of: EntityStore,
        values: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Self {
        Self {
            of,
            values: owned(values),
        }
    }

    /// Adds the record, and returns it as it was stored.
    ///
    /// # Errors
    /// [`InvalidValue`](crate::ErrorKind::InvalidValue) for a value that its column cannot hold or
    /// that is missing, [`AlreadyExists`](crate::ErrorKind::AlreadyExists) when a record has its
    /// identity, [`UniqueViolation`](crate::ErrorKind::UniqueViolation) when one has its values in a
    /// unique key, and those of the backend.
    pub async fn send(self) -> Result<Record> {
        let Self { of, values } = self;
        let cx = OpCx::current();
        let insert = of.places(values);
        let insert = insert.and_then(|values| prepare::insert(&of.plan, cx.now(), values));
        let insert = insert.map_err(|error| of.store.refused(&of.plan, "insert", error))?;
        of.store.insert(&cx, insert).await
    }
}

/// A whole record in the place of another.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct PutRequest {
    of: EntityStore,
    values: Vec<(String, Value)>,
}

impl PutRequest {
    pub(super) fn new<'a>(
        of: EntityStore,
        values: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Self {
        Self {
            of,
            values: owned(values),
        }
    }

    /// Puts the record.
    ///
    /// # Errors
    /// As [`InsertRequest::send`], except that a record with its identity is replaced.
    pub async fn send(self) -> Result<()> {
        let Self { of, values } = self;
        let put = |cx: &OpCx| {
            let values = of.places(values)?;
            prepare::put(&of.plan, cx.now(), values).map(Op::Put)
        };
        match of.carry_out("put", put).await? {
            Reply::Done => Ok(()),
            _ => Err(of.other_reply("put")),
        }
    }
}

/// A change of some fields of a record that exists.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct UpdateRequest {
    of: EntityStore,
    identity: Identity,
    changes: Vec<(String, Changed)>,
    when: Option<Condition>,
}

#[derive(Clone, Debug)]
enum Changed {
    Set(Value),
    Add(Value),
}

impl UpdateRequest {
    pub(super) const fn new(of: EntityStore, identity: Identity) -> Self {
        Self {
            of,
            identity,
            changes: Vec::new(),
            when: None,
        }
    }

    /// The field becomes the value.
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        let change = Changed::Set(value.into());
        self.changes.push((field.to_owned(), change));
        self
    }

    /// The value is added to the number; NULL stays NULL. Only whole numbers and DECIMAL can be
    /// added to, and a sum that the column cannot hold is
    /// [`InvalidValue`](crate::ErrorKind::InvalidValue).
    pub fn add(mut self, field: &str, value: impl Into<Value>) -> Self {
        let change = Changed::Add(value.into());
        self.changes.push((field.to_owned(), change));
        self
    }

    /// Only if the record fulfils the condition, and those given before.
    pub fn when(mut self, condition: Condition) -> Self {
        self.when = Some(prepare::both(self.when, condition));
        self
    }

    /// Changes the record.
    ///
    /// # Errors
    /// [`InvalidValue`](crate::ErrorKind::InvalidValue) for a value that its column cannot hold and
    /// for a field of the identity, [`NotFound`](crate::ErrorKind::NotFound) without such a record,
    /// [`ConditionFailed`](crate::ErrorKind::ConditionFailed) when it does not fulfil the condition,
    /// [`UniqueViolation`](crate::ErrorKind::UniqueViolation) when another record has its values in
    /// a unique key, and those of the backend.
    pub async fn send(self) -> Result<()> {
        let Self {
            of,
            identity,
            changes,
            when,
        } = self;
        let update = |cx: &OpCx| {
            let changes = of.places(changes)?.into_iter();
            let changes = changes.map(|(place, change)| match change {
                Changed::Set(value) => Change::Set(place, value),
                Changed::Add(value) => Change::Add(place, value),
            });
            let changes = changes.collect();
            prepare::update(&of.plan, cx.now(), identity.0, changes, when).map(Op::Update)
        };
        match of.carry_out("update", update).await? {
            Reply::Done => Ok(()),
            _ => Err(of.other_reply("update")),
        }
    }
}

/// The removal of a record.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct DeleteRequest {
    of: EntityStore,
    identity: Identity,
    when: Option<Condition>,
}

impl DeleteRequest {
    pub(super) const fn new(of: EntityStore, identity: Identity) -> Self {
        Self {
            of,
            identity,
            when: None,
        }
    }

    /// Only if the record fulfils the condition, and those given before. A missing record is
    /// [`NotFound`](crate::ErrorKind::NotFound) then.
    pub fn when(mut self, condition: Condition) -> Self {
        self.when = Some(prepare::both(self.when, condition));
        self
    }

    /// Removes the record, and returns whether it existed.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) and
    /// [`ConditionFailed`](crate::ErrorKind::ConditionFailed) with a condition, and those of the
    /// backend.
    pub async fn send(self) -> Result<bool> {
        let Self { of, identity, when } = self;
        let delete = |_: &OpCx| prepare::delete(&of.plan, identity.0, when).map(Op::Delete);
        match of.carry_out("delete", delete).await? {
            Reply::Existed(existed) => Ok(existed),
            _ => Err(of.other_reply("delete")),
        }
    }
}
