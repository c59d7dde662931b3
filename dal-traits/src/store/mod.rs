//! What applications use.
//!
//! A [`Store`] finishes every operation before any backend sees it, so that all backends receive the
//! same: values are fitted to their columns as a strict MySQL would, defaults and the time are
//! filled in, and what a store could not carry out is refused. A record that no item of DynamoDB
//! could hold is always refused, also where MySQL alone is written.
//!
//! # Structs
//!
//! An application derives what it reads, adds and finds records by. [`Store::verify`] compares all
//! of it with the model once, and reports every mistake at once. After that, no name is looked up.
//!
//! ```
//! use std::ops::RangeInclusive;
//!
//! use dal_traits::store::{Entity, Insert, Path, Store};
//! use dal_traits::{Result, Service};
//!
//! /// What is read. A struct with fewer fields than the entity has is a projection.
//! #[derive(Entity)]
//! #[dal("products")]
//! struct Product {
//!     id: u64,
//!     name: String,
//!     price: u64,
//!     stock: u32,
//! }
//!
//! /// What is added: the columns left out get their defaults, the id is given by the store.
//! #[derive(Insert)]
//! #[dal(Product)]
//! struct NewProduct<'a> {
//!     category: &'a str,
//!     name: &'a str,
//!     price: u64,
//!     stock: u32,
//! }
//!
//! /// What a path finds records by; the last field may be a range.
//! #[derive(Path)]
//! #[dal(Product, "by_category")]
//! struct InCategory<'a> {
//!     category: &'a str,
//!     price: RangeInclusive<u64>,
//! }
//!
//! async fn example(backend: impl Service) -> Result<()> {
//!     let store = Store::open(backend).verify::<(Product, NewProduct, InCategory)>()?;
//!     let new = NewProduct { category: "books", name: "SQL", price: 30, stock: 5 };
//!     let book = store.insert(new).await?;
//!     let cheap = InCategory { category: "books", price: 0..=500 };
//!     let page = store.query(cheap).limit(20).await?;
//!     assert!(page.records.iter().any(|found| found.id == book.id) || page.next.is_some());
//!     store
//!         .update::<Product>(book.id)
//!         .add(Product::STOCK, -2)
//!         .when(Product::STOCK.ge(2).and(Product::PRICE.eq(30)))
//!         .await?;
//!     store.delete::<Product>(book.id).await?;
//!     Ok(())
//! }
//! ```
//!
//! Tools that learn entities and fields when they run use [`Store::entity`].

mod allowed;
mod children;
mod dynamic;
mod insert;
mod layer;
mod plan;
mod prepare;
mod scope;
mod transact;
mod typed;

use std::sync::Arc;

use crate::op::{Op, Reply};
use crate::{Capability, Error, ErrorKind, OpCx, Result, Service};

pub use allowed::{Allowed, UnreadableCheck};
pub use dal_macros::{Child, Entity, Insert, Path};
pub use dynamic::{
    CheckStep, DeleteRequest, DeleteStep, EntityStore, GetRequest, Identity, InsertRequest,
    InsertStep, NamedField, Pages, PutRequest, QueryRequest, ScanRequest, Transacted, Transaction,
    UpdateRequest, UpdateStep,
};
pub use plan::{Needs, needs};
pub use scope::{undeletable, unsupported};
pub use typed::{
    EntityShape, FieldToken, FieldValues, Given, InsertShape, IntoIdentity, Operand, PathShape,
    ReadField, Shape, Summable, TypedCheckStep, TypedDelete, TypedDeleteStep, TypedGet,
    TypedInsertStep, TypedPage, TypedQuery, TypedStore, TypedTransacted, TypedTransaction,
    TypedUpdate, TypedUpdateStep, Verification, When, WriteField,
};

use layer::{CapabilityCheck, ErrorContext};
use plan::Plan;

/// A store of one model, on whatever backend. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    service: Arc<dyn Service>,
    plans: Arc<[Arc<Plan>]>,
    scans: bool,
}

impl Store {
    /// A store on `service`.
    pub fn open(service: impl Service) -> Self {
        let plans = plan::all(service.model());
        Self {
            service: Arc::new(ErrorContext(CapabilityCheck(service))),
            plans: plans.into(),
            scans: false,
        }
    }

    /// Allows reading every record of an entity: [`EntityStore::scan`].
    #[must_use]
    pub fn allow_scans(mut self) -> Self {
        self.scans = true;
        self
    }

    /// The backend, which names itself, the operation and the entity in each of its errors.
    pub fn service(&self) -> &Arc<dyn Service> {
        &self.service
    }

    /// What the backend can do.
    pub fn capability(&self) -> &Capability {
        self.service.capability()
    }

    /// The entity of this name: for tools. Code that knows its entities uses their types.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when there is no such entity;
    /// [`Unsupported`](ErrorKind::Unsupported) when [`unsupported`] says why.
    pub fn entity(&self, name: &str) -> Result<EntityStore> {
        let found = self.plans.iter().find(|plan| plan.entity.name == name);
        let Some(plan) = found else {
            let names: Vec<_> = self.plans.iter().map(|p| p.entity.name.as_str()).collect();
            let message = format!(
                "there is no entity `{name}`; there are: {}",
                names.join(", ")
            );
            return Err(Error::new(ErrorKind::Config, message));
        };
        if let Some(reason) = &plan.unsupported {
            let message = format!("the entity is not supported yet: {reason}");
            return Err(Error::new(ErrorKind::Unsupported, message).entity(name));
        }
        Ok(EntityStore::new(self.clone(), plan.clone()))
    }

    /// Finishes an operation, names it in what is refused, and has the backend carry it out.
    async fn carry_out(
        &self,
        plan: &Plan,
        operation: &'static str,
        prepare: impl FnOnce(&OpCx) -> Result<Op> + Send,
    ) -> Result<Reply> {
        let cx = OpCx::current();
        let op = prepare(&cx).map_err(|error| self.refused(plan, operation, error))?;
        self.service.call(&cx, op).await
    }

    /// An error that was found without the backend.
    fn refused(&self, plan: &Plan, operation: &'static str, error: Error) -> Error {
        let error = error.operation(operation).entity(plan.entity.name.as_str());
        error.backend(self.capability().backend)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("backend", &self.capability().backend)
            .finish_non_exhaustive()
    }
}

/// A reply that is not the one of its operation: a defect of the backend.
fn other_reply(capability: &Capability, operation: &'static str) -> Error {
    let message = format!("the backend gave a reply that is not one of `{operation}`");
    Error::new(ErrorKind::Unexpected, message)
        .operation(operation)
        .backend(capability.backend)
}
