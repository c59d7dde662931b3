//! How a record of the secondary store is made equal to the primary one.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use dal_traits::{Class, Effect, ErrorKind};
use futures::future::BoxFuture;

use crate::flow::converge::TransferEnd;
use crate::phases::Store;
use crate::tree::answer::Answer;

type Run = Arc<
    dyn Fn(&Arc<dyn Any + Send + Sync>, Store) -> BoxFuture<'static, TransferEnd> + Send + Sync,
>;

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
    pub(crate) fn run(
        &self,
        key: &Arc<dyn Any + Send + Sync>,
        from: Store,
    ) -> BoxFuture<'static, TransferEnd> {
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
    let run: Run = Arc::new(move |key, from| match Arc::clone(key).downcast::<K>() {
        Ok(key) => repair(key, from),
        Err(_other) => {
            tracing::error!(
                target: "dal_shadow",
                entity,
                expected = std::any::type_name::<K>(),
                "a key in `also` has another type than the argument of the read that `repair` \
                 names: the record stays dirty until both are the same type"
            );
            Box::pin(std::future::ready(TransferEnd::Refused))
        }
    });
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

/// The methods of one repair. For generated code.
pub struct Repair<'a, T> {
    /// Reads the record from the primary store.
    pub read: &'a (dyn Fn() -> BoxFuture<'static, Result<Option<T>, Class>> + Send + Sync),
    /// Puts it on the secondary store.
    pub put: &'a (dyn Fn(T) -> BoxFuture<'static, Answer> + Send + Sync),
    /// Deletes it there.
    pub delete: &'a (dyn Fn() -> BoxFuture<'static, Answer> + Send + Sync),
    /// Moves that store's ids past the key.
    pub ids: Option<&'a (dyn Fn() -> BoxFuture<'static, Answer> + Send + Sync)>,
}

/// Reads a record and puts or deletes it. For generated code.
pub async fn repair<T>(methods: Repair<'_, T>) -> TransferEnd {
    // What is missing must be missing twice: a read that lags must delete nothing.
    for attempt in 0..2 {
        let value = match (methods.read)().await {
            Ok(Some(value)) => value,
            Ok(None) if attempt == 0 => continue,
            Ok(None) => break,
            Err(class) if class.kind == ErrorKind::NotFound => {
                if attempt == 0 {
                    continue;
                }
                break;
            }
            Err(_unread) => return TransferEnd::Failed,
        };
        let (put, class) = ended(&(methods.put)(value).await);
        if put == TransferEnd::Refused && class == Some(ErrorKind::UniqueViolation) {
            // Another record has its unique value and waits for this one's: it lets go first.
            let (deleted, _) = ended(&(methods.delete)().await);
            return match deleted {
                TransferEnd::Unknown => TransferEnd::Unknown,
                _ => TransferEnd::Refused,
            };
        }
        return with_ids(methods.ids, put).await;
    }
    let (deleted, _) = ended(&(methods.delete)().await);
    with_ids(methods.ids, deleted).await
}

async fn with_ids(
    ids: Option<&(dyn Fn() -> BoxFuture<'static, Answer> + Send + Sync)>,
    end: TransferEnd,
) -> TransferEnd {
    match ids {
        Some(ids) if end == TransferEnd::Done => ended(&ids().await).0,
        _ => end,
    }
}

/// How a repair ended that is a function of the application. For generated code.
pub fn ended_with(answer: &Answer) -> TransferEnd {
    ended(answer).0
}

fn ended(answer: &Answer) -> (TransferEnd, Option<ErrorKind>) {
    let Answer::Error(error) = answer else {
        return (TransferEnd::Done, None);
    };
    let class = &error.class;
    let end = if class.kind == ErrorKind::NotFound {
        TransferEnd::Done
    } else if class.effect == Effect::Unknown {
        TransferEnd::Unknown
    } else if class.is_transient() {
        TransferEnd::Failed
    } else {
        TransferEnd::Refused
    };
    (end, Some(class.kind))
}
