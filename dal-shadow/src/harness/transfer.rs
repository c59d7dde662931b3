//! The transfer of one record: it is read from the primary store for writes, and put or deleted on
//! the other one.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};

use dal_traits::{Class, Effect, ErrorKind, OpCx};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, timeout};
use tracing::{Instrument, Span};

use crate::flow::converge::{EntityId, TransferEnd};
use crate::flow::writes::Transfer;
use crate::harness::carry::Carrier;
use crate::harness::core::Core;
use crate::harness::repairer::{AnyKey, Repairer};
use crate::phases::{SecondaryRole, Verb, plan};
use crate::tree::answer::Answer;

/// How the record with this key is transferred, as often as it takes: by `own`, or by the repairer
/// of its entity's wrapper. Each time has a span inside of `cause`.
pub(crate) fn transfer(
    core: &Arc<Core>,
    entity: EntityId,
    key: AnyKey,
    own: Option<Repairer>,
    carrier: Option<Carrier>,
    cause: Span,
) -> Transfer {
    let core = Arc::downgrade(core);
    Arc::new(move || {
        let once = once(Weak::clone(&core), entity, key.clone(), own.clone());
        let span =
            tracing::debug_span!(target: "dal_shadow", parent: &cause, "dal.shadow.transfer");
        let once: BoxFuture<'static, TransferEnd> = Box::pin(once.instrument(span));
        match &carrier {
            None => once,
            Some(carrier) => carrier.carry_value(once, TransferEnd::Unknown),
        }
    })
}

fn once(
    core: Weak<Core>,
    entity: EntityId,
    key: AnyKey,
    own: Option<Repairer>,
) -> BoxFuture<'static, TransferEnd> {
    Box::pin(async move {
        let Some(core) = core.upgrade() else {
            return TransferEnd::Failed;
        };
        let Some(entity) = core.entity_numbered(entity) else {
            return TransferEnd::Failed;
        };
        let Some(repairer) = own.or_else(|| entity.repairer()) else {
            return TransferEnd::Failed;
        };
        let Some((phase, _)) = entity.gate.now() else {
            return TransferEnd::Failed;
        };
        let plan = plan(phase, Verb::Write);
        if plan.secondary == SecondaryRole::None {
            return TransferEnd::Failed;
        }
        // An error would mean that the semaphore is closed, which nothing does.
        let Ok(_slot) = entity.slots().acquire_owned().await else {
            return TransferEnd::Failed;
        };
        let limit = core.policy.writes.attempt_timeout;
        let cx = OpCx::new().with_deadline(Instant::now() + limit);
        let work = AssertUnwindSafe(cx.scope(repairer.run(&key, plan.primary))).catch_unwind();
        let end = match timeout(limit, work).await {
            Ok(Ok(end)) => end,
            // It panicked, or was late.
            Ok(Err(_)) | Err(_) => TransferEnd::Unknown,
        };
        entity.transferred(end == TransferEnd::Done);
        end
    })
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
