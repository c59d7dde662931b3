//! Transactions by names.

use super::read::owned;
use super::{EntityStore, Identity, place};
use crate::condition::Condition;
use crate::op::{Change, Reply};
use crate::store::Store;
use crate::store::plan::Plan;
use crate::store::transact::{self, Drafts, Write};
use crate::value::Value;
use crate::{Record, Result};

impl Store {
    /// A transaction without steps yet.
    pub fn transact(&self) -> Transaction {
        Transaction(Drafts::new(self.clone()))
    }
}

/// Writes that happen together or not at all, as if they were carried out in the order in which they
/// are added. What is wrong with a step is said when the transaction is committed.
#[derive(Debug)]
#[must_use = "a transaction does nothing before it is committed"]
pub struct Transaction(Drafts);

/// The step of a [`Transaction`] that inserts a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsertStep(usize);

/// The step of a [`Transaction`] that changes a record.
#[derive(Debug)]
pub struct UpdateStep<'t> {
    drafts: &'t mut Drafts,
    number: usize,
}

/// The step of a [`Transaction`] that removes a record.
#[derive(Debug)]
pub struct DeleteStep<'t> {
    drafts: &'t mut Drafts,
    number: usize,
}

/// The step of a [`Transaction`] that only looks at a record.
#[derive(Debug)]
pub struct CheckStep<'t> {
    drafts: &'t mut Drafts,
    number: usize,
}

/// What a [`Transaction`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transacted(Vec<Reply>);

impl Transaction {
    /// A new record, as [`EntityStore::insert`] adds it.
    pub fn insert<'a>(
        &mut self,
        entity: &str,
        values: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> InsertStep {
        let values = owned(values);
        let write = |of: &EntityStore| of.places(values).map(Write::Insert);
        InsertStep(self.push("insert", entity, write))
    }

    /// A whole record in the place of another, as [`EntityStore::put`] puts it. Returns the number of
    /// the step.
    pub fn put<'a>(
        &mut self,
        entity: &str,
        values: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> usize {
        let values = owned(values);
        self.push("put", entity, |of| of.places(values).map(Write::Put))
    }

    /// A change of the record that has this identity, as [`EntityStore::update`] makes it.
    pub fn update(&mut self, entity: &str, identity: impl Into<Identity>) -> UpdateStep<'_> {
        let write = Write::Update {
            identity: identity.into().0,
            changes: Vec::new(),
            when: None,
        };
        let number = self.push("update", entity, |_| Ok(write));
        let drafts = &mut self.0;
        UpdateStep { drafts, number }
    }

    /// The removal of the record that has this identity, as [`EntityStore::delete`] does it.
    pub fn delete(&mut self, entity: &str, identity: impl Into<Identity>) -> DeleteStep<'_> {
        let identity = identity.into().0;
        let write = Write::Delete {
            identity,
            when: None,
        };
        let number = self.push("delete", entity, |_| Ok(write));
        let drafts = &mut self.0;
        DeleteStep { drafts, number }
    }

    /// The record that has this identity must be there, and fulfil the condition if one is given. It
    /// is not written.
    pub fn check(&mut self, entity: &str, identity: impl Into<Identity>) -> CheckStep<'_> {
        let identity = identity.into().0;
        let write = Write::Check {
            identity,
            when: None,
        };
        let number = self.push("check", entity, |_| Ok(write));
        let drafts = &mut self.0;
        CheckStep { drafts, number }
    }

    /// Carries all steps out, or none.
    ///
    /// # Errors
    /// Those of the single operations, of the first step that is refused: [`Error::step`] is its
    /// number. [`InvalidValue`](crate::ErrorKind::InvalidValue) without a step, and for a second step
    /// about a record; [`NotFound`](crate::ErrorKind::NotFound) and
    /// [`ConditionFailed`](crate::ErrorKind::ConditionFailed) of a check;
    /// [`TooLarge`](crate::ErrorKind::TooLarge) for more than DynamoDB takes at once;
    /// [`Conflict`](crate::ErrorKind::Conflict) when others changed the records each time.
    ///
    /// [`Error::step`]: crate::Error::step
    pub async fn commit(self) -> Result<Transacted> {
        self.0.commit().await.map(Transacted)
    }

    fn push(
        &mut self,
        name: &'static str,
        entity: &str,
        write: impl FnOnce(&EntityStore) -> Result<Write>,
    ) -> usize {
        let of = self.0.store().entity(entity);
        let write = of.and_then(|of| Ok((of.plan.clone(), write(&of)?)));
        self.0.push(name, entity, write)
    }
}

impl InsertStep {
    /// Its number in the transaction; the first step is 1.
    pub const fn number(self) -> usize {
        self.0
    }
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "the step is in its transaction already"
)]
impl UpdateStep<'_> {
    /// The field becomes the value.
    pub fn set(self, field: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let change = |plan: &Plan| Ok(Change::Set(place(plan, field)?, value));
        self.drafts.change(change);
        self
    }

    /// The value is added to the number; NULL stays NULL.
    pub fn add(self, field: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let change = |plan: &Plan| Ok(Change::Add(place(plan, field)?, value));
        self.drafts.change(change);
        self
    }
}

macro_rules! conditional {
    ($($step:ident),+) => { $(
#[expect(
    clippy::return_self_not_must_use,
    reason = "the step is in its transaction already"
)]
        impl $step<'_> {
            /// Only if the record fulfils the condition, and those given before. A missing record is
            /// [`NotFound`](crate::ErrorKind::NotFound) then.
            pub fn when(self, condition: Condition) -> Self {
                self.drafts.when(condition);
                self
            }

            /// Its number in the transaction; the first step is 1.
            pub const fn number(&self) -> usize {
                self.number
            }
        }
    )+ };
}

conditional!(UpdateStep, DeleteStep, CheckStep);

impl Transacted {
    /// The record that a step inserted, as it was stored.
    ///
    /// # Errors
    /// [`Unexpected`](crate::ErrorKind::Unexpected) for a step of another transaction.
    pub fn record(&self, step: InsertStep) -> Result<&Record> {
        transact::inserted(&self.0, step.0)
    }

    /// Whether the delete with this number found a record; none for another kind of step.
    pub fn existed(&self, number: usize) -> Option<bool> {
        transact::existed(&self.0, number)
    }
}
