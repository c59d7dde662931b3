//! Entities, paths and fields by their names.

mod field;
mod read;
mod transact;
mod write;

use std::sync::Arc;

use super::plan::Plan;
use super::prepare;
use super::{Store, other_reply};
use crate::model::Entity;
use crate::op::{Op, Reply};
use crate::value::Value;
use crate::{Error, ErrorKind, Record, Result};

pub use field::NamedField;
pub use read::{GetRequest, Pages, QueryRequest, ScanRequest};
pub use transact::{CheckStep, DeleteStep, InsertStep, Transacted, Transaction, UpdateStep};
pub use write::{DeleteRequest, InsertRequest, PutRequest, UpdateRequest};

/// The records of one entity, by names of paths and fields.
///
/// Requests are sent by `.await` or by their `send`.
#[derive(Clone, Debug)]
pub struct EntityStore {
    store: Store,
    plan: Arc<Plan>,
}

impl EntityStore {
    pub(super) const fn new(store: Store, plan: Arc<Plan>) -> Self {
        Self { store, plan }
    }

    /// The entity.
    pub fn entity(&self) -> &Arc<Entity> {
        &self.plan.entity
    }

    /// The field of this name, for conditions.
    ///
    /// # Errors
    /// [`InvalidValue`](ErrorKind::InvalidValue) when there is no such field.
    pub fn field(&self, name: &str) -> Result<NamedField> {
        self.place(name).map(NamedField::new)
    }

    /// The record that has these values in the `equal` fields of a path that is unique.
    pub fn get<'a>(
        &self,
        path: &str,
        key: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> GetRequest {
        GetRequest::new(self.clone(), path, key)
    }

    /// The records that have these identities, in the order of the identities; none for a missing
    /// one.
    ///
    /// # Errors
    /// [`InvalidValue`](ErrorKind::InvalidValue) for what is no identity, and those of the backend.
    pub async fn get_many<I: Into<Identity>>(
        &self,
        identities: impl IntoIterator<Item = I>,
    ) -> Result<Vec<Option<Record>>> {
        let identities = identities.into_iter().map(|identity| identity.into().0);
        let identities: Vec<_> = identities.collect();
        let prepared = prepare::get_many(&self.plan, identities);
        let (get_many, possible) =
            prepared.map_err(|error| self.store.refused(&self.plan, "get_many", error))?;
        match self
            .carry_out("get_many", |_| Ok(Op::GetMany(get_many)))
            .await?
        {
            Reply::Records(records) => Ok(prepare::in_order(records, &possible)),
            _ => Err(self.other_reply("get_many")),
        }
    }

    /// The records of a path, in its order.
    pub fn query(&self, path: &str) -> QueryRequest {
        QueryRequest::new(self.clone(), path)
    }

    /// Every record, in no order: for tools. See [`Store::allow_scans`].
    pub fn scan(&self) -> ScanRequest {
        ScanRequest::new(self.clone())
    }

    /// A new record. What is not given is filled in by the defaults of the columns; an
    /// `AUTO_INCREMENT` id that is absent or NULL is given by the store. Returns the whole record.
    pub fn insert<'a>(&self, values: impl IntoIterator<Item = (&'a str, Value)>) -> InsertRequest {
        InsertRequest::new(self.clone(), values)
    }

    /// A whole record, in the place of what has its identity, if anything has. What is not given is
    /// filled in as in a new one.
    pub fn put<'a>(&self, values: impl IntoIterator<Item = (&'a str, Value)>) -> PutRequest {
        PutRequest::new(self.clone(), values)
    }

    /// A change of a record that exists.
    pub fn update(&self, identity: impl Into<Identity>) -> UpdateRequest {
        UpdateRequest::new(self.clone(), identity.into())
    }

    /// The removal of a record.
    pub fn delete(&self, identity: impl Into<Identity>) -> DeleteRequest {
        DeleteRequest::new(self.clone(), identity.into())
    }

    /// An id that no record had before.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for ids that the caller gives, and those of the
    /// backend.
    pub async fn next_id(&self) -> Result<i128> {
        let next_id = |_: &_| prepare::next_id(&self.plan).map(Op::NextId);
        match self.carry_out("next_id", next_id).await? {
            Reply::Id(id) => Ok(id),
            _ => Err(self.other_reply("next_id")),
        }
    }

    /// Makes the next ids greater than `id`.
    ///
    /// # Errors
    /// As [`next_id`](Self::next_id), and [`InvalidValue`](ErrorKind::InvalidValue) for an id that
    /// the column cannot hold.
    pub async fn pass_id(&self, id: i128) -> Result<()> {
        let pass_id = |_: &_| prepare::pass_id(&self.plan, id).map(Op::PassId);
        match self.carry_out("pass_id", pass_id).await? {
            Reply::Done => Ok(()),
            _ => Err(self.other_reply("pass_id")),
        }
    }

    /// The place of a field.
    fn place(&self, name: &str) -> Result<usize> {
        place(&self.plan, name)
    }

    /// The place of a path.
    fn path(&self, name: &str) -> Result<usize> {
        self.plan.entity.path(name).ok_or_else(|| {
            prepare::no_path(&self.plan.entity, format!("there is no path `{name}`"))
        })
    }

    /// Names that were given, by their places.
    fn places<T>(&self, named: Vec<(String, T)>) -> Result<Vec<(usize, T)>> {
        let named = named.into_iter();
        named
            .map(|(name, value)| Ok((self.place(&name)?, value)))
            .collect()
    }

    async fn carry_out(
        &self,
        operation: &'static str,
        prepare: impl FnOnce(&crate::OpCx) -> Result<Op> + Send,
    ) -> Result<Reply> {
        self.store.carry_out(&self.plan, operation, prepare).await
    }

    fn other_reply(&self, operation: &'static str) -> Error {
        other_reply(self.store.capability(), operation).entity(self.plan.entity.name.as_str())
    }
}

/// The place of a field.
fn place(plan: &Plan, name: &str) -> Result<usize> {
    plan.entity.field(name).ok_or_else(|| {
        let fields = plan.entity.fields.iter();
        let names: Vec<_> = fields.map(|field| field.name.as_str()).collect();
        let message = format!(
            "there is no field `{name}`; there are: {}",
            names.join(", ")
        );
        Error::new(ErrorKind::InvalidValue, message).entity(plan.entity.name.as_str())
    })
}

/// The values of an identity, in the order of the primary key: one value, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity(pub Vec<Value>);

impl<V: Into<Value>> From<V> for Identity {
    fn from(value: V) -> Self {
        Self(vec![value.into()])
    }
}

impl From<Vec<Value>> for Identity {
    fn from(values: Vec<Value>) -> Self {
        Self(values)
    }
}

impl<const N: usize> From<[Value; N]> for Identity {
    fn from(values: [Value; N]) -> Self {
        Self(values.into())
    }
}

/// `request.await` is `request.send().await`.
macro_rules! sent_by_await {
    ($($request:ty => $reply:ty),+ $(,)?) => { $(
        impl IntoFuture for $request {
            type Output = Result<$reply>;
            type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    )+ };
}

sent_by_await!(
    GetRequest => Option<Record>,
    QueryRequest => crate::op::Page,
    ScanRequest => crate::op::Page,
    InsertRequest => Record,
    PutRequest => (),
    UpdateRequest => (),
    DeleteRequest => bool,
);
