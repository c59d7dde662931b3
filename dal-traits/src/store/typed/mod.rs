//! Structs in the place of names: entities, new records, keys of paths, fields.

mod members;
mod names;
mod read;
mod shape;
mod token;
mod transact;
mod verification;
mod verify;
mod write;

use std::sync::Arc;

use super::Store;
use crate::{Error, ErrorKind, Result};

pub use read::{TypedGet, TypedPage, TypedQuery};
pub use shape::{
    EntityShape, FieldValues, Given, InsertShape, PathShape, ReadField, Shape, WriteField,
};
pub use token::{FieldToken, Operand, Summable, When};
pub use transact::{
    TypedCheckStep, TypedDeleteStep, TypedInsertStep, TypedTransacted, TypedTransaction,
    TypedUpdateStep,
};
pub use verification::Verification;
pub use write::{IntoIdentity, TypedDelete, TypedUpdate};

use verification::{Resolved, Table};

/// A store of structs that were verified: see [`Store::verify`]. Cheap to clone.
///
/// Requests are sent by `.await` or by their `send`.
#[derive(Clone, Debug)]
pub struct TypedStore {
    store: Store,
    table: Arc<Table>,
}

impl TypedStore {
    fn new(store: Store, table: Table) -> Self {
        Self {
            store,
            table: Arc::new(table),
        }
    }

    /// The store by names: for tools.
    pub const fn dynamic(&self) -> &Store {
        &self.store
    }

    /// The record that a unique path finds, if there is one.
    pub fn get<P: PathShape>(&self, path: P) -> TypedGet<P::Entity> {
        TypedGet::new(self.clone(), path)
    }

    /// The records that a path finds, in its order.
    pub fn query<P: PathShape>(&self, path: P) -> TypedQuery<P::Entity> {
        TypedQuery::new(self.clone(), path)
    }

    /// A change of the record that has this identity.
    pub fn update<E: EntityShape>(&self, identity: impl IntoIdentity) -> TypedUpdate<E> {
        TypedUpdate::new(self.clone(), identity)
    }

    /// The removal of the record that has this identity.
    pub fn delete<E: EntityShape>(&self, identity: impl IntoIdentity) -> TypedDelete<E> {
        TypedDelete::new(self.clone(), identity)
    }

    /// What was found out of a struct.
    fn resolved<S: Shape>(&self, name: &str) -> Result<Arc<Resolved>> {
        self.table.get(&S::key()).cloned().ok_or_else(|| {
            let message = format!("`{name}` was not verified: add it to `Store::verify::<(..)>`");
            Error::new(ErrorKind::Config, message)
        })
    }
}

/// `request.await` is `request.send().await`.
macro_rules! sent_by_await {
    ($($request:ident => $reply:ty),+ $(,)?) => { $(
        impl<E: EntityShape> IntoFuture for $request<E> {
            type Output = Result<$reply>;
            type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    )+ };
}

sent_by_await!(
    TypedGet => Option<E>,
    TypedQuery => TypedPage<E>,
    TypedUpdate => (),
    TypedDelete => bool,
);
