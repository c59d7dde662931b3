//! What `repair(..)` of a trait says, for keys of whatever type: which methods a transfer calls.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::flow::converge::TransferEnd;
use crate::phases::Store;

type Run = Arc<dyn Fn(&AnyKey, Store) -> BoxFuture<'static, TransferEnd> + Send + Sync>;

/// A key of whatever type.
#[derive(Clone)]
pub(crate) struct AnyKey {
    value: Arc<dyn Any + Send + Sync>,
    type_name: &'static str,
}

impl AnyKey {
    pub(crate) fn new<K: Send + Sync + 'static>(key: K) -> Self {
        Self {
            value: Arc::new(key),
            type_name: std::any::type_name::<K>(),
        }
    }
}

/// Makes the record with a key equal. For generated code.
#[derive(Clone)]
pub struct Repairer {
    key: TypeId,
    key_name: &'static str,
    run: Run,
}

impl Repairer {
    /// Whether this is the type of its keys.
    pub(crate) fn takes<K: 'static>(&self) -> bool {
        self.key == TypeId::of::<K>()
    }

    /// The name of the type of its keys.
    pub(crate) const fn key_name(&self) -> &'static str {
        self.key_name
    }

    /// Makes the record with this key equal; the store is the one that it is read from.
    pub(crate) fn run(&self, key: &AnyKey, from: Store) -> BoxFuture<'static, TransferEnd> {
        (self.run)(key, from)
    }
}

impl fmt::Debug for Repairer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repairer")
            .field("key", &self.key_name)
            .finish_non_exhaustive()
    }
}

/// A repairer of records with keys of type `K`, made of the methods that `repair(..)` names. For
/// generated code.
pub fn repairer<K: Send + Sync + 'static>(
    entity: &'static str,
    repair: impl Fn(Arc<K>, Store) -> BoxFuture<'static, TransferEnd> + Send + Sync + 'static,
) -> Repairer {
    let run: Run = Arc::new(
        move |key, from| match Arc::clone(&key.value).downcast::<K>() {
            Ok(key) => repair(key, from),
            Err(_other) => {
                tracing::error!(
                    target: "dal_shadow",
                    entity,
                    given = key.type_name,
                    expected = std::any::type_name::<K>(),
                    "a key in `also` has another type (`given`) than the read that `repair` names on the \
                     trait of its entity (`expected`): name an argument or a field of that type; until \
                     then the record stays dirty"
                );
                Box::pin(std::future::ready(TransferEnd::Refused))
            }
        },
    );
    Repairer {
        key: TypeId::of::<K>(),
        key_name: std::any::type_name::<K>(),
        run,
    }
}

/// The same of a function of the application, which takes the key itself. For generated code.
pub fn repairer_with<K: Clone + Send + Sync + 'static>(
    entity: &'static str,
    repair: impl Fn(K, Store) -> BoxFuture<'static, TransferEnd> + Send + Sync + 'static,
) -> Repairer {
    repairer::<K>(entity, move |key, from| repair(K::clone(&key), from))
}
