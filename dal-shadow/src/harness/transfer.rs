//! The transfer of one record: read from the primary store for writes, made equal on the other.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};

use dal_traits::OpCx;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, timeout};
use tracing::{Instrument, Span};

use crate::flow::converge::{EntityId, TransferEnd};
use crate::flow::writes::Transfer;
use crate::harness::carry::Carrier;
use crate::harness::core::Core;
use crate::harness::repairer::Repairer;
use crate::phases::{SecondaryRole, Verb, plan};

/// How the record with this key is transferred, as often as it takes: by `own`, or by the repairer
/// of its entity's wrapper. Each time has a span inside of `cause`.
pub(crate) fn transfer(
    core: &Arc<Core>,
    entity: EntityId,
    key: Arc<dyn Any + Send + Sync>,
    own: Option<Repairer>,
    carrier: Option<Carrier>,
    cause: Span,
) -> Transfer {
    let core = Arc::downgrade(core);
    Arc::new(move || {
        let once = once(Weak::clone(&core), entity, Arc::clone(&key), own.clone());
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
    key: Arc<dyn Any + Send + Sync>,
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
