//! Reads that return structs.

use std::marker::PhantomData;
use std::sync::Arc;

use super::TypedStore;
use super::shape::{self, EntityShape, Given, PathShape};
use super::token::When;
use super::verification::Resolved;
use crate::cursor::Cursor;
use crate::op::{Op, Reply};
use crate::store::other_reply;
use crate::store::prepare::{self, Asked, Consistency};
use crate::value::Value;
use crate::{Error, Result, Unfinished};

/// A read of one record as `E`.
#[derive(Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct TypedGet<E> {
    store: TypedStore,
    path: Result<Arc<Resolved>>,
    given: Vec<Given>,
    consistency: Consistency,
    of: PhantomData<fn() -> E>,
}

impl<E: EntityShape> TypedGet<E> {
    pub(super) fn new<P: PathShape<Entity = E>>(store: TypedStore, path: P) -> Self {
        Self {
            path: store.resolved::<P>(P::TYPE),
            store,
            given: path.given(),
            consistency: Consistency::Default,
            of: PhantomData,
        }
    }

    /// A reply that does not see the latest writes is enough.
    pub const fn eventual(mut self) -> Self {
        self.consistency = Consistency::Eventual;
        self
    }

    /// The reply sees the latest writes: [`Unsupported`](crate::ErrorKind::Unsupported) where it
    /// cannot.
    pub const fn strong(mut self) -> Self {
        self.consistency = Consistency::Strong;
        self
    }

    /// Reads the record.
    ///
    /// # Errors
    /// [`NoPath`](crate::ErrorKind::NoPath) when the path is not unique,
    /// [`InvalidValue`](crate::ErrorKind::InvalidValue) for a value of another type than its column, and
    /// those of the backend.
    pub async fn send(self) -> Result<Option<E>> {
        let Self {
            store,
            path,
            given,
            consistency,
            ..
        } = self;
        let path = path?;
        let prepared = || {
            let mut asked = Asked::new();
            put(&path, given, &mut asked);
            if !asked.ranges.is_empty() {
                let message = "a range finds several records: query it";
                return Err(prepare::no_path(&path.plan.entity, message));
            }
            prepare::get(&path.plan, path.path, asked.given, consistency)
        };
        let get = prepared().map_err(|error| store.store.refused(&path.plan, "get", error))?;
        let Some(get) = get else {
            return Ok(None);
        };
        let get = |_: &_| Ok(Op::Get(get));
        let reply = store.store.carry_out(&path.plan, "get", get).await?;
        let Reply::Record(record) = reply else {
            return Err(store.other_reply("get"));
        };
        let entity = store.resolved::<E>(E::TYPE)?;
        let read = |record| shape::read(record, &entity.places, &entity.members);
        record.map(read).transpose()
    }
}

/// What the fields of a path's key give, by the places of the entity.
fn put(path: &Resolved, given: Vec<Given>, asked: &mut Asked) {
    for (place, given) in path.places.iter().zip(given) {
        match given {
            Given::Equal(value) => asked.given.push((*place, value)),
            Given::Range(least, greatest) => asked.ranges.push((*place, (least, greatest))),
        }
    }
}

/// A read of the records of a path as `E`.
#[derive(Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct TypedQuery<E> {
    store: TypedStore,
    path: Result<Arc<Resolved>>,
    given: Vec<Given>,
    filter: Option<When<E>>,
    asked: Asked,
}

/// Some records, and where the next ones begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedPage<E> {
    /// The records.
    pub records: Vec<E>,
    /// Where the next page begins; none exactly when no further record matches.
    pub next: Option<Cursor>,
}

impl<E: EntityShape> TypedQuery<E> {
    pub(super) fn new<P: PathShape<Entity = E>>(store: TypedStore, path: P) -> Self {
        Self {
            path: store.resolved::<P>(P::TYPE),
            store,
            given: path.given(),
            filter: None,
            asked: Asked::new(),
        }
    }

    /// Only records that fulfil the condition, and those of earlier filters. Others are read, and
    /// not given out.
    pub fn filter(mut self, condition: When<E>) -> Self {
        self.filter = Some(match self.filter {
            Some(earlier) => earlier.and(condition),
            None => condition,
        });
        self
    }

    /// The greatest first.
    pub const fn backward(mut self) -> Self {
        self.asked.backward = true;
        self
    }

    /// The most records of a page; 100 otherwise.
    pub const fn limit(mut self, limit: u32) -> Self {
        self.asked.limit = limit;
        self
    }

    /// Begins behind the page that had this `next`; at the beginning without one.
    pub fn after(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.asked.after = cursor.into();
        self
    }

    /// A reply that does not see the latest writes is enough.
    pub const fn eventual(mut self) -> Self {
        self.asked.consistency = Consistency::Eventual;
        self
    }

    /// The reply sees the latest writes: [`Unsupported`](crate::ErrorKind::Unsupported) where it
    /// cannot.
    pub const fn strong(mut self) -> Self {
        self.asked.consistency = Consistency::Strong;
        self
    }

    /// Reads a page.
    ///
    /// # Errors
    /// [`InvalidValue`](crate::ErrorKind::InvalidValue) for a value that its column cannot hold,
    /// [`InvalidCursor`](crate::ErrorKind::InvalidCursor) for the cursor of another query, and those
    /// of the backend.
    pub async fn send(self) -> Result<TypedPage<E>> {
        let Self {
            store,
            path,
            given,
            filter,
            mut asked,
        } = self;
        let path = path?;
        let entity = store.resolved::<E>(E::TYPE)?;
        put(&path, given, &mut asked);
        asked.filter = filter.map(|filter| filter.at(&entity.places));
        let query = prepare::query(&path.plan, path.path, asked);
        let query = query.map_err(|error| store.store.refused(&path.plan, "query", error))?;
        let Some(query) = query else {
            let (records, next) = (Vec::new(), None);
            return Ok(TypedPage { records, next });
        };
        let query = |_: &_| Ok(Op::Query(query));
        let reply = store.store.carry_out(&path.plan, "query", query).await?;
        let Reply::Page(page) = reply else {
            return Err(store.other_reply("query"));
        };
        let records = page.records.into_iter();
        let records = records.map(|record| shape::read(record, &entity.places, &entity.members));
        Ok(TypedPage {
            records: records.collect::<Result<_>>()?,
            next: page.next,
        })
    }
}

impl TypedStore {
    /// The records that have these identities, in the order of the identities; none for a missing
    /// one.
    ///
    /// # Errors
    /// [`InvalidValue`](crate::ErrorKind::InvalidValue) for what is no identity, and those of the
    /// backend.
    pub async fn get_many<E: EntityShape>(
        &self,
        identities: impl IntoIterator<Item = impl super::IntoIdentity>,
    ) -> Result<Vec<Option<E>>> {
        let entity = self.resolved::<E>(E::TYPE)?;
        let identities = identities
            .into_iter()
            .map(super::IntoIdentity::into_identity);
        let identities: Vec<Vec<Value>> = identities.collect();
        let prepared = prepare::get_many(&entity.plan, identities);
        let (get_many, possible) =
            prepared.map_err(|error| self.store.refused(&entity.plan, "get_many", error))?;
        let get_many = |_: &_| Ok(Op::GetMany(get_many));
        let reply = self.store.carry_out(&entity.plan, "get_many", get_many);
        let Reply::Records(records) = reply.await? else {
            return Err(self.other_reply("get_many"));
        };
        let read = |record: Option<_>| {
            record
                .map(|record| shape::read(record, &entity.places, &entity.members))
                .transpose()
        };
        let records = prepare::in_order(records, &possible);
        records.into_iter().map(read).collect()
    }

    /// What a query that ended as [`BudgetExceeded`](crate::ErrorKind::BudgetExceeded) had found, and
    /// where it goes on; none for another error, as [`Unfinished::of`] says.
    ///
    /// # Errors
    /// [`Decode`](crate::ErrorKind::Decode) for a value of another type.
    pub fn unfinished<E: EntityShape>(&self, error: &Error) -> Result<Option<TypedPage<E>>> {
        let Some(unfinished) = Unfinished::of(error) else {
            return Ok(None);
        };
        let entity = self.resolved::<E>(E::TYPE)?;
        let records = unfinished.records.iter().cloned();
        let records = records.map(|record| shape::read(record, &entity.places, &entity.members));
        Ok(Some(TypedPage {
            records: records.collect::<Result<_>>()?,
            next: Some(unfinished.next.clone()),
        }))
    }

    pub(super) fn other_reply(&self, operation: &'static str) -> Error {
        other_reply(self.store.capability(), operation)
    }
}
