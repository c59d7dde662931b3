//! Transactions of structs.

use std::marker::PhantomData;
use std::sync::Arc;

use super::TypedStore;
use super::shape::{self, EntityShape, InsertShape};
use super::token::{FieldToken, Operand, Summable, When};
use super::verification::Resolved;
use super::write::{IntoIdentity, at, given};
use crate::op::{Change, Reply};
use crate::store::transact::{self, Drafts, Write};
use crate::value::{FromValue, Value};
use crate::{Error, ErrorKind, Result};

impl TypedStore {
    /// A transaction without steps yet.
    pub fn transact(&self) -> TypedTransaction {
        TypedTransaction {
            drafts: Drafts::new(self.store.clone()),
            store: self.clone(),
        }
    }
}

/// Writes that happen together or not at all, as if they were carried out in the order in which they
/// are added. What is wrong with a step is said when the transaction is committed.
///
/// ```
/// # use dal_traits::store::{Entity, Insert, TypedStore};
/// # #[derive(Entity)] #[dal("products")] struct Product { id: u64, price: u64, stock: u32 }
/// # #[derive(Entity)] #[dal("orders")] struct Order { id: u64, total: u64 }
/// # #[derive(Insert)] #[dal(Order)] struct NewOrder { user_id: u64, total: u64 }
/// # async fn example(store: TypedStore, user_id: u64, product: u64) -> dal_traits::Result<u64> {
/// let mut tx = store.transact();
/// let order = tx.insert(NewOrder { user_id, total: 60 });
/// tx.update::<Product>(product)
///     .add(Product::STOCK, -2)
///     .when(Product::STOCK.ge(2_u32).and(Product::PRICE.eq(30_u64)));
/// tx.commit().await?.id(order)
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a transaction does nothing before it is committed"]
pub struct TypedTransaction {
    store: TypedStore,
    drafts: Drafts,
}

/// The step of a [`TypedTransaction`] that inserts a record, which is read as `E`.
#[derive(Debug)]
pub struct TypedInsertStep<E> {
    number: usize,
    of: PhantomData<fn() -> E>,
}

impl<E> Clone for TypedInsertStep<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for TypedInsertStep<E> {}

/// The step of a [`TypedTransaction`] that changes a record.
#[derive(Debug)]
pub struct TypedUpdateStep<'t, E>(Conditional<'t, E>);

/// The step of a [`TypedTransaction`] that removes a record.
#[derive(Debug)]
pub struct TypedDeleteStep<'t, E>(Conditional<'t, E>);

/// The step of a [`TypedTransaction`] that only looks at a record.
#[derive(Debug)]
pub struct TypedCheckStep<'t, E>(Conditional<'t, E>);

/// The last step of a transaction, which can have a condition.
#[derive(Debug)]
struct Conditional<'t, E> {
    drafts: &'t mut Drafts,
    number: usize,
    /// None when the struct was not verified, which the transaction says when it is committed.
    entity: Option<Arc<Resolved>>,
    of: PhantomData<fn() -> E>,
}

/// What a [`TypedTransaction`] did.
#[derive(Clone, Debug)]
pub struct TypedTransacted {
    store: TypedStore,
    replies: Vec<Reply>,
}

impl TypedTransaction {
    /// A new record, as [`TypedStore::insert`] adds it.
    pub fn insert<I: InsertShape>(&mut self, record: I) -> TypedInsertStep<I::Entity> {
        let own = self.store.resolved::<I>(I::TYPE);
        let write = own.map(|own| {
            let given = given(&own, record);
            (own.plan.clone(), Write::Insert(given))
        });
        TypedInsertStep {
            number: self.drafts.push("insert", I::TYPE, write),
            of: PhantomData,
        }
    }

    /// A whole record in the place of another, as [`TypedStore::put`] puts it. Returns the number of
    /// the step.
    pub fn put<I: InsertShape>(&mut self, record: I) -> usize {
        let own = self.store.resolved::<I>(I::TYPE);
        let write = own.map(|own| {
            let given = given(&own, record);
            (own.plan.clone(), Write::Put(given))
        });
        self.drafts.push("put", I::TYPE, write)
    }

    /// A change of the record that has this identity, as [`TypedStore::update`] makes it.
    pub fn update<E: EntityShape>(
        &mut self,
        identity: impl IntoIdentity,
    ) -> TypedUpdateStep<'_, E> {
        TypedUpdateStep(self.push(
            "update",
            Write::Update {
                identity: identity.into_identity(),
                changes: Vec::new(),
                when: None,
            },
        ))
    }

    /// The removal of the record that has this identity, as [`TypedStore::delete`] does it.
    pub fn delete<E: EntityShape>(
        &mut self,
        identity: impl IntoIdentity,
    ) -> TypedDeleteStep<'_, E> {
        let identity = identity.into_identity();
        let when = None;
        TypedDeleteStep(self.push("delete", Write::Delete { identity, when }))
    }

    /// The record that has this identity must be there, and fulfil the condition if one is given. It
    /// is not written.
    pub fn check<E: EntityShape>(&mut self, identity: impl IntoIdentity) -> TypedCheckStep<'_, E> {
        let identity = identity.into_identity();
        let when = None;
        TypedCheckStep(self.push("check", Write::Check { identity, when }))
    }

    /// Carries all steps out, or none.
    ///
    /// # Errors
    /// As [`Transaction::commit`](crate::store::Transaction::commit); and
    /// [`Config`](ErrorKind::Config) for a struct that was not verified.
    pub async fn commit(self) -> Result<TypedTransacted> {
        let Self { store, drafts } = self;
        let replies = drafts.commit().await?;
        Ok(TypedTransacted { store, replies })
    }

    fn push<E: EntityShape>(&mut self, name: &'static str, write: Write) -> Conditional<'_, E> {
        let resolved = self.store.resolved::<E>(E::TYPE);
        let entity = resolved.as_ref().ok().cloned();
        let write = resolved.map(|entity| (entity.plan.clone(), write));
        Conditional {
            number: self.drafts.push(name, E::TYPE, write),
            drafts: &mut self.drafts,
            entity,
            of: PhantomData,
        }
    }
}

impl<E> TypedInsertStep<E> {
    /// Its number in the transaction; the first step is 1.
    pub const fn number(self) -> usize {
        self.number
    }
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "the step is in its transaction already"
)]
impl<E: EntityShape> TypedUpdateStep<'_, E> {
    /// The field becomes the value.
    pub fn set<T>(self, field: FieldToken<E, T>, value: impl Operand<T>) -> Self {
        self.change(Change::Set(field.place(), value.into_operand()))
    }

    /// The value is added to the number; NULL stays NULL.
    pub fn add<T: Summable>(
        self,
        field: FieldToken<E, T>,
        value: impl Summable + Into<Value>,
    ) -> Self {
        self.change(Change::Add(field.place(), value.into()))
    }

    fn change(self, change: Change) -> Self {
        if let Some(entity) = &self.0.entity {
            self.0.drafts.change(|_| Ok(at(change, entity)));
        }
        self
    }
}

macro_rules! conditional {
    ($($step:ident),+) => { $(
#[expect(
    clippy::return_self_not_must_use,
    reason = "the step is in its transaction already"
)]
        impl<E: EntityShape> $step<'_, E> {
            /// Only if the record fulfils the condition, and those given before. A missing record is
            /// [`NotFound`](ErrorKind::NotFound) then.
            pub fn when(self, condition: When<E>) -> Self {
                if let Some(entity) = &self.0.entity {
                    self.0.drafts.when(condition.at(&entity.places));
                }
                self
            }

            /// Its number in the transaction; the first step is 1.
            pub const fn number(&self) -> usize {
                self.0.number
            }
        }
    )+ };
}

conditional!(TypedUpdateStep, TypedDeleteStep, TypedCheckStep);

impl TypedTransacted {
    /// The record that a step inserted, as it was stored.
    ///
    /// # Errors
    /// [`Decode`](ErrorKind::Decode) for a value that the struct cannot hold,
    /// [`Unexpected`](ErrorKind::Unexpected) for a step of another transaction.
    pub fn record<E: EntityShape>(&self, step: TypedInsertStep<E>) -> Result<E> {
        let record = transact::inserted(&self.replies, step.number)?;
        let entity = self.store.resolved::<E>(E::TYPE)?;
        shape::read(record.clone(), &entity.places, &entity.members)
    }

    /// The identity of the record that a step inserted, where that is one value: the id that the
    /// store gave.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) for an identity of several values; otherwise as
    /// [`record`](Self::record).
    pub fn id<T: FromValue, E: EntityShape>(&self, step: TypedInsertStep<E>) -> Result<T> {
        let record = transact::inserted(&self.replies, step.number)?;
        let refused = |kind, message| Err(Error::new(kind, message).entity(E::ENTITY));
        let [id] = record.entity().identity.as_slice() else {
            let message = "the identity has several values: read the record";
            return refused(ErrorKind::Config, message.to_owned());
        };
        let id = T::from_value(record.value(*id).clone());
        id.or_else(|mismatch| refused(ErrorKind::Decode, mismatch.to_string()))
    }

    /// Whether the delete with this number found a record; none for another kind of step.
    pub fn existed(&self, number: usize) -> Option<bool> {
        transact::existed(&self.replies, number)
    }
}
