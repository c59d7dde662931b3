//! Ordering keys, and the records that they name.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use tracing::Span;

use crate::flow::converge::{EntityId, RecordId};
use crate::flow::record_key::key_hash;
use crate::flow::writes::Keyed;
use crate::harness::carry::Carrier;
use crate::harness::core::Core;
use crate::harness::repairer::{AnyKey, Repairer};
use crate::harness::transfer::transfer;

/// The ordering key of a record that a write names. For generated code.
#[derive(Clone)]
pub struct Key {
    /// The entity's position in the list of its wrapper.
    entity: usize,
    hash: u128,
    value: AnyKey,
}

/// A value that is a key of type `K`, which `repair` reads a record by: `K` itself. For generated
/// code.
#[diagnostic::on_unimplemented(
    message = "a key of type `{Self}` names no record of this trait: `repair` reads one by `{K}`",
    label = "this key is a `{Self}`, and must be a `{K}`",
    note = "name the argument or field that holds the `{K}` (`key = id`, `key = user.id`, `key = result.id`), or mark the argument with the `#[handle(..)]` of the read that `repair` names"
)]
pub trait KeyOf<K> {
    /// The key.
    fn key(self) -> K;
}

impl<K> KeyOf<K> for K {
    fn key(self) -> K {
        self
    }
}

impl Key {
    /// A key of the `entity`-th entity of the wrapper.
    pub fn new<K: Serialize + Send + Sync + 'static>(entity: usize, key: K) -> Self {
        Self {
            entity,
            hash: key_hash(&key),
            value: AnyKey::new(key),
        }
    }

    /// The same of the wrapper's own entity, whose keys are of type `K`.
    pub fn own<K: Serialize + Send + Sync + 'static>(entity: usize, key: impl KeyOf<K>) -> Self {
        Self::new(entity, key.key())
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
    /// Of what the call makes the secondary store do.
    pub(super) span: &'a Span,
}

impl Keys<'_> {
    /// The entities at these positions.
    pub(super) fn entities(&self, positions: &[usize]) -> Vec<EntityId> {
        let positions = positions.iter();
        positions
            .filter_map(|at| self.entities.get(*at).copied())
            .collect()
    }

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
                let carrier = self.carrier.cloned();
                let (own, span) = (own.cloned(), self.span.clone());
                let transfer = transfer(self.core, entity, key.value, own, carrier, span);
                Some((record, transfer))
            })
            .collect()
    }
}
