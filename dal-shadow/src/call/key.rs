//! Ordering keys, and the transfer of the record that one names.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};

use dal_traits::OpCx;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;

use crate::flow::converge::{EntityId, RecordId, TransferEnd};
use crate::flow::record_key::key_hash;
use crate::flow::writes::{Keyed, Transfer};
use crate::harness::carry::Carrier;
use crate::harness::core::Core;
use crate::harness::repairer::Repairer;
use crate::phases::{Second, Verb, plan};

/// The ordering key of a record that a write names. For generated code.
#[derive(Clone)]
pub struct Key {
    /// The entity's position in the list of its wrapper.
    entity: usize,
    hash: u128,
    value: Arc<dyn Any + Send + Sync>,
}

impl Key {
    /// A key of the `entity`-th entity of the wrapper.
    pub fn new<K: Serialize + Send + Sync + 'static>(entity: usize, key: K) -> Self {
        Self {
            entity,
            hash: key_hash(&key),
            value: Arc::new(key),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("entity", &self.entity)
            .field("hash", &format_args!("{:032x}", self.hash))
            .finish_non_exhaustive()
    }
}

/// What the keys of one call have in common.
pub(super) struct Keys<'a> {
    pub(super) core: &'a Arc<Core>,
    /// The wrapper's entities.
    pub(super) entities: &'a [EntityId],
    /// How the wrapper's own records are repaired.
    pub(super) repairer: Option<&'a Repairer>,
    pub(super) carrier: Option<&'a Carrier>,
}

impl Keys<'_> {
    /// The records that these keys name, each with its transfer.
    pub(super) fn records(&self, keys: Vec<Key>) -> Vec<Keyed> {
        keys.into_iter()
            .filter_map(|key| {
                let entity = *self.entities.get(key.entity)?;
                let record = RecordId {
                    entity,
                    key: key.hash,
                };
                let own = if key.entity == 0 { self.repairer } else { None };
                Some((record, self.transfer(entity, key.value, own.cloned())))
            })
            .collect()
    }

    fn transfer(
        &self,
        entity: EntityId,
        key: Arc<dyn Any + Send + Sync>,
        own: Option<Repairer>,
    ) -> Transfer {
        let core = Arc::downgrade(self.core);
        let carrier = self.carrier.cloned();
        Arc::new(move || {
            let (core, key, own) = (core.clone(), Arc::clone(&key), own.clone());
            let transfer = transfer(core, entity, key, own);
            match &carrier {
                None => transfer,
                Some(carrier) => carrier.carry_value(transfer, TransferEnd::Unknown),
            }
        })
    }
}

/// Reads a record from the primary store of writes and makes the secondary one equal.
fn transfer(
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
        if plan.second == Second::None {
            return TransferEnd::Failed;
        }
        // An error would mean that the semaphore is closed, which nothing does.
        let Ok(_slot) = entity.slots().acquire_owned().await else {
            return TransferEnd::Failed;
        };
        let limit = core.policy.second_write_attempt;
        let cx = OpCx::new().with_deadline(tokio::time::Instant::now() + limit);
        let repaired = AssertUnwindSafe(cx.scope(repairer(&key, plan.first))).catch_unwind();
        let end = match tokio::time::timeout(limit, repaired).await {
            Ok(Ok(end)) => end,
            Ok(Err(_panic)) => TransferEnd::Unknown,
            Err(_late) => TransferEnd::Unknown,
        };
        entity.transferred(end == TransferEnd::Done);
        end
    })
}
