//! Writes of structs.

use super::TypedStore;
use super::members::Members;
use super::shape::{self, EntityShape, InsertShape};
use super::token::{FieldToken, Operand, Summable, When};
use super::verification::Resolved;
use crate::op::{Change, Op, Reply};
use crate::store::prepare;
use crate::value::Value;
use crate::{OpCx, Result};

/// The values of an identity, in the order of the primary key: one value, or a tuple of them.
pub trait IntoIdentity {
    /// The values.
    fn into_identity(self) -> Vec<Value>;
}

macro_rules! identities {
    ($($type:ty),+) => {$(
        impl IntoIdentity for $type {
            fn into_identity(self) -> Vec<Value> {
                vec![self.into()]
            }
        }
    )+};
}

identities!(
    Value,
    i8,
    i16,
    i32,
    i64,
    i128,
    u8,
    u16,
    u32,
    u64,
    String,
    &str,
    Vec<u8>,
    &[u8],
    bool,
    bigdecimal::BigDecimal,
    time::Date,
    time::PrimitiveDateTime,
    time::OffsetDateTime
);

macro_rules! tuples {
    ($($($value:ident)+;)+) => {$(
        impl<$($value: Into<Value>),+> IntoIdentity for ($($value,)+) {
            #[expect(non_snake_case, reason = "each variable has the name of its type")]
            fn into_identity(self) -> Vec<Value> {
                let ($($value,)+) = self;
                vec![$($value.into()),+]
            }
        }
    )+};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
}

impl TypedStore {
    /// Adds a record, and returns it as it was stored. What the struct leaves out is filled in by
    /// the defaults of the columns; an `AUTO_INCREMENT` id is given by the store.
    ///
    /// # Errors
    /// [`InvalidValue`](crate::ErrorKind::InvalidValue) for a value that its column cannot hold,
    /// [`AlreadyExists`](crate::ErrorKind::AlreadyExists) when a record has its identity,
    /// [`UniqueViolation`](crate::ErrorKind::UniqueViolation) when one has its values in a unique
    /// key, and those of the backend.
    pub async fn insert<I: InsertShape>(&self, record: I) -> Result<I::Entity> {
        let own = self.resolved::<I>(I::TYPE)?;
        let entity = self.resolved::<I::Entity>(<I::Entity as EntityShape>::TYPE)?;
        let cx = OpCx::current();
        let given = given(&own, record);
        let insert = prepare::insert(&own.plan, cx.now(), given);
        let insert = insert.map_err(|error| self.store.refused(&own.plan, "insert", error))?;
        let record = self.store.insert(&cx, insert).await?;
        shape::read(record, &entity.places, &entity.members)
    }

    /// Puts a whole record in the place of what has its identity, if anything has. What the struct
    /// leaves out is filled in as in a new one.
    ///
    /// # Errors
    /// As [`insert`](Self::insert), except that a record with its identity is replaced.
    pub async fn put<I: InsertShape>(&self, record: I) -> Result<()> {
        let own = self.resolved::<I>(I::TYPE)?;
        let given = given(&own, record);
        let put = |cx: &OpCx| prepare::put(&own.plan, cx.now(), given).map(Op::Put);
        match self.store.carry_out(&own.plan, "put", put).await? {
            Reply::Done => Ok(()),
            _ => Err(self.other_reply("put")),
        }
    }
}

/// The values of a new record, by the places of the entity.
pub(super) fn given<I: InsertShape>(own: &Resolved, record: I) -> Vec<(usize, Value)> {
    let fields = own.places.iter().zip(&own.members);
    let values = fields.zip(record.into_values());
    values
        .map(|((place, members), value)| (*place, arranged(members.as_ref(), value)))
        .collect()
}

/// The value with the elements of an array as the entity has them.
fn arranged(members: Option<&Members>, value: Value) -> Value {
    match members {
        Some(members) => members.written(value),
        None => value,
    }
}

/// A change of some fields of a record that exists.
#[derive(Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct TypedUpdate<E> {
    store: TypedStore,
    identity: Vec<Value>,
    /// By the places of the struct.
    changes: Vec<Change>,
    when: Option<When<E>>,
}

impl<E: EntityShape> TypedUpdate<E> {
    pub(super) fn new(store: TypedStore, identity: impl IntoIdentity) -> Self {
        Self {
            store,
            identity: identity.into_identity(),
            changes: Vec::new(),
            when: None,
        }
    }

    /// The field becomes the value.
    pub fn set<T>(mut self, field: FieldToken<E, T>, value: impl Operand<T>) -> Self {
        let change = Change::Set(field.place(), value.into_operand());
        self.changes.push(change);
        self
    }

    /// The value is added to the number; NULL stays NULL. A sum that the column cannot hold is
    /// [`InvalidValue`](crate::ErrorKind::InvalidValue).
    pub fn add<T: Summable>(
        mut self,
        field: FieldToken<E, T>,
        value: impl Summable + Into<Value>,
    ) -> Self {
        self.changes.push(Change::Add(field.place(), value.into()));
        self
    }

    /// Only if the record fulfils the condition, and those given before.
    pub fn when(mut self, condition: When<E>) -> Self {
        self.when = Some(both(self.when, condition));
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
            store,
            identity,
            changes,
            when,
        } = self;
        let entity = store.resolved::<E>(E::TYPE)?;
        let update = |cx: &OpCx| {
            let changes = changes
                .into_iter()
                .map(|change| at(change, &entity))
                .collect();
            let when = when.map(|when| when.at(&entity.places));
            prepare::update(&entity.plan, cx.now(), identity, changes, when).map(Op::Update)
        };
        match store
            .store
            .carry_out(&entity.plan, "update", update)
            .await?
        {
            Reply::Done => Ok(()),
            _ => Err(store.other_reply("update")),
        }
    }
}

/// The change of the field at this place of the entity.
pub(super) fn at(change: Change, entity: &Resolved) -> Change {
    let of = |place: usize| entity.places.get(place).copied().unwrap_or(usize::MAX);
    match change {
        Change::Set(place, value) => {
            let members = entity.members.get(place).and_then(Option::as_ref);
            Change::Set(of(place), arranged(members, value))
        }
        Change::Add(place, value) => Change::Add(of(place), value),
    }
}

fn both<E>(earlier: Option<When<E>>, condition: When<E>) -> When<E> {
    match earlier {
        Some(earlier) => earlier.and(condition),
        None => condition,
    }
}

/// The removal of a record.
#[derive(Debug)]
#[must_use = "a request does nothing before it is awaited"]
pub struct TypedDelete<E> {
    store: TypedStore,
    identity: Vec<Value>,
    when: Option<When<E>>,
}

impl<E: EntityShape> TypedDelete<E> {
    pub(super) fn new(store: TypedStore, identity: impl IntoIdentity) -> Self {
        Self {
            store,
            identity: identity.into_identity(),
            when: None,
        }
    }

    /// Only if the record fulfils the condition, and those given before. A missing record is
    /// [`NotFound`](crate::ErrorKind::NotFound) then.
    pub fn when(mut self, condition: When<E>) -> Self {
        self.when = Some(both(self.when, condition));
        self
    }

    /// Removes the record, and returns whether it existed.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) and
    /// [`ConditionFailed`](crate::ErrorKind::ConditionFailed) with a condition, and those of the
    /// backend.
    pub async fn send(self) -> Result<bool> {
        let Self {
            store,
            identity,
            when,
        } = self;
        let entity = store.resolved::<E>(E::TYPE)?;
        let delete = |_: &OpCx| {
            let when = when.map(|when| when.at(&entity.places));
            prepare::delete(&entity.plan, identity, when).map(Op::Delete)
        };
        match store
            .store
            .carry_out(&entity.plan, "delete", delete)
            .await?
        {
            Reply::Existed(existed) => Ok(existed),
            _ => Err(store.other_reply("delete")),
        }
    }
}
