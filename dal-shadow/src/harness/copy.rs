//! Copies of an entity's records to the secondary store, beside traffic.

use std::sync::Arc;

use serde::Serialize;

use crate::flow::converge::{Incomplete, RecordId};
use crate::flow::record_key::key_hash;
use crate::harness::entity::Entity;
use crate::harness::public::Harness;
use crate::harness::repairer::AnyKey;
use crate::harness::step_error::StepError;
use crate::harness::transfer::transfer;
use crate::phases::{Phase, Store, Verb, plan};

/// The moment at which a copy began: see [`Harness::repairing`].
#[derive(Clone, Debug)]
pub struct RepairMark {
    entity: String,
    store: Store,
    times: u64,
}

impl Harness {
    /// A copy of an entity's records to the secondary store for writes begins. Take the mark before
    /// the first record is read, and give it to [`repaired`](Self::repaired) when the copy has
    /// ended.
    ///
    /// # Errors
    /// [`StepError::Unknown`], [`StepError::NoPhase`] when the entity has no phase yet,
    /// [`StepError::WritesOneStore`] when its phase does not write the store,
    /// [`StepError::CallsUnderWay`] while a write of an earlier phase is under way that will not
    /// reach it.
    pub fn repairing(&self, entity: &str) -> Result<RepairMark, StepError> {
        let (entity, store) = self.copied_to(entity)?;
        let times = self.core().writes.times_incomplete(entity.id, store);
        let members = self.core().members(entity.id);
        let mut alone = members.iter().filter(|it| it.gate.is_written_alone());
        if let (Some(_), Some(phase)) = (alone.next(), entity.phase()) {
            return Err(StepError::CallsUnderWay(phase));
        }
        Ok(RepairMark {
            entity: entity.name.clone(),
            store,
            times,
        })
    }

    /// The copy that began with this mark has ended: the store holds every record, or knows it to
    /// be dirty. False when something made the store incomplete after the mark, so that the copy
    /// must be made again, or when the phase no longer writes both stores.
    ///
    /// # Errors
    /// [`StepError::Unknown`], [`StepError::NoPhase`] when the entity has no phase.
    pub fn repaired(&self, mark: &RepairMark) -> Result<bool, StepError> {
        let (entity, store) = self.behind(&mark.entity)?;
        let both = entity
            .gate
            .now()
            .is_some_and(|(phase, _)| phase.writes_both());
        if !both || store != mark.store {
            return Ok(false);
        }
        // First, so that nothing counts that was compared while the store was incomplete.
        entity.copied();
        Ok(self.core().writes.filled(entity.id, store, mark.times))
    }

    /// Makes the record with this key equal on the secondary store for writes, beside traffic;
    /// returns when it is. Where an effect may yet land late, it is dirty for
    /// [`Repairs::late_effect`](crate::Repairs::late_effect) all the same, and transferred again then.
    /// A copy is this call for every key of either store, between
    /// [`repairing`](Self::repairing) and [`repaired`](Self::repaired).
    ///
    /// `K` is the type of the argument of the read that `repair` names on the trait.
    ///
    /// # Errors
    /// [`StepError::NoPhase`] and [`StepError::WritesOneStore`] as [`repairing`](Self::repairing),
    /// [`StepError::Incomplete`] when its trait has no `repair`, and [`StepError::OtherKey`] when its
    /// keys are of another type.
    pub async fn repair_record<K: Serialize + Send + Sync + 'static>(
        &self,
        entity: &str,
        key: K,
    ) -> Result<(), StepError> {
        let (entity, store) = self.copied_to(entity)?;
        let Some(repairer) = entity.repairer() else {
            return Err(StepError::Incomplete {
                entity: entity.name.clone(),
                phase: entity.phase().unwrap_or(Phase::MySqlOnly),
                store,
                why: Incomplete::NoRepair,
            });
        };
        if !repairer.takes::<K>() {
            return Err(StepError::OtherKey {
                entity: entity.name.clone(),
                expected: repairer.key_name(),
                given: std::any::type_name::<K>(),
            });
        }
        let record = RecordId {
            entity: entity.id,
            key: key_hash(&key),
        };
        let carrier = self.core().capture();
        let span = tracing::Span::current();
        let transfer = transfer(
            self.core(),
            entity.id,
            AnyKey::new(key),
            None,
            carrier,
            span,
        );
        self.core().writes.mark(record, transfer);
        self.core().writes.transferred(record).await;
        Ok(())
    }

    /// The entity, and the store that a copy fills: it must be written as well, or what is written
    /// beside the copy would be missing in it.
    fn copied_to(&self, entity: &str) -> Result<(Arc<Entity>, Store), StepError> {
        let (entity, store) = self.behind(entity)?;
        match entity.gate.now() {
            Some((phase, _)) if !phase.writes_both() => Err(StepError::WritesOneStore(phase)),
            _ => Ok((entity, store)),
        }
    }

    /// The entity, and the secondary store for its writes.
    fn behind(&self, entity: &str) -> Result<(Arc<Entity>, Store), StepError> {
        let known = self.core().known().named_entity(entity)?;
        let phase = known.gate.now();
        let (phase, _) = phase.ok_or_else(|| StepError::NoPhase(entity.to_owned()))?;
        Ok((known, plan(phase, Verb::Write).primary.other()))
    }
}
