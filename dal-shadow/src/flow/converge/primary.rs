//! Writes on the primary store: which of them overlap, and which have to be made on the secondary
//! one.

use std::collections::BTreeSet;

use super::{
    CallId, Converge, Effect, EntityId, Incomplete, PrimaryEnd, RecordId, Transfer, Write,
    WriteState,
};

/// With so many secondary writes of a record that wait, a transfer takes their place.
const WAITING: usize = 8;

impl Converge {
    pub(super) fn began(
        &mut self,
        call: CallId,
        entity: EntityId,
        mut records: Vec<RecordId>,
        bulk: bool,
        names_more: Vec<EntityId>,
    ) {
        records.sort_unstable();
        records.dedup();
        let mut overlapped = Vec::new();
        for record in &records {
            let found = self.records.entry(*record).or_default();
            if !found.under_way.is_empty() {
                overlapped.push(*record);
            }
            if let Transfer::Running { beside, .. } = &mut found.transfer {
                beside.insert(call);
            }
            found.under_way.insert(call);
        }
        if !names_more.is_empty() {
            self.naming.insert((self.now, call));
        }
        let write = Write {
            began: self.now,
            ended: 0,
            entity,
            records,
            bulk: bulk.then_some(entity),
            names_more,
            state: WriteState::Primary,
            repeated: false,
            acknowledged: false,
        };
        overlapped.extend(self.overlapped_with_bulks(&write));
        for entity in write.entities() {
            let found = self.entities.entry(entity).or_default();
            found.under_way.insert(call);
        }
        self.writes.insert(call, write);
        self.dirty(overlapped);
    }

    /// The records whose order with a write of the whole entity is unknown.
    fn overlapped_with_bulks(&self, write: &Write) -> Vec<RecordId> {
        let mut overlapped = Vec::new();
        for entity in write.entities() {
            let Some(found) = self.entities.get(&entity) else {
                continue;
            };
            for other in &found.under_way {
                let Some(other) = self.writes.get(other) else {
                    continue;
                };
                if other.bulk == Some(entity) {
                    overlapped.extend(write.records_of(entity));
                } else if write.bulk == Some(entity) {
                    overlapped.extend(other.records_of(entity));
                }
            }
        }
        overlapped
    }

    pub(super) fn primary_ended(&mut self, call: CallId, end: PrimaryEnd) {
        let Some(mut write) = self.writes.remove(&call) else {
            return;
        };
        self.naming.remove(&(write.began, call));
        for entity in write.entities() {
            if let Some(found) = self.entities.get_mut(&entity) {
                found.under_way.remove(&call);
            }
        }
        for record in &write.records {
            if let Some(found) = self.records.get_mut(record) {
                found.under_way.remove(&call);
            }
        }
        let names_more = std::mem::take(&mut write.names_more);
        match end {
            PrimaryEnd::Nothing => {
                self.effects.push(Effect::Settle { call });
                for record in &write.records {
                    self.was_nothing(*record, call);
                }
                self.go_on(&write.records);
            }
            PrimaryEnd::Unknown => self.unknown(call, &write, names_more),
            PrimaryEnd::Made { named } => {
                let overlapped = self.name(&mut write, named);
                self.made(call, write, overlapped);
            }
        }
    }

    /// A primary write of unknown effect: it may be made now, later, or never.
    fn unknown(&mut self, call: CallId, write: &Write, unnamed: Vec<EntityId>) {
        self.effects.push(Effect::Drop { call });
        self.effects.push(Effect::Settle { call });
        self.touch(&write.records);
        self.dirty_for_a_while(&write.records);
        let unnamed = unnamed.into_iter().chain(write.bulk);
        for entity in unnamed.collect::<BTreeSet<_>>() {
            self.incomplete(entity, Incomplete::UnknownCreate);
        }
    }

    /// Adds the records that only the answer names; returns those that something happened to since
    /// the write began.
    fn name(&mut self, write: &mut Write, named: Vec<RecordId>) -> Vec<RecordId> {
        let mut overlapped = Vec::new();
        for record in named {
            if write.records.contains(&record) {
                continue;
            }
            write.records.push(record);
            let bulk = self.entities.get(&record.entity).is_some_and(|entity| {
                entity.bulk_ended > write.began
                    || entity.under_way.iter().any(|other| {
                        self.writes
                            .get(other)
                            .is_some_and(|other| other.bulk == Some(record.entity))
                    })
            });
            let found = self.records.entry(record).or_default();
            if bulk || !found.under_way.is_empty() || found.touched > write.began {
                overlapped.push(record);
            }
        }
        overlapped
    }

    fn made(&mut self, call: CallId, mut write: Write, overlapped: Vec<RecordId>) {
        write.ended = self.now;
        self.touch(&write.records);
        if let Some(entity) = write.bulk {
            self.entities.entry(entity).or_default().bulk_ended = self.now;
        }
        self.dirty(overlapped);
        let is_dirty = write.records.iter().any(|record| {
            self.records
                .get(record)
                .is_some_and(super::Record::is_dirty)
        });
        if is_dirty || self.pending >= self.limits.queued || self.is_far_behind(&write) {
            let (records, bulk) = (write.records, write.bulk);
            self.effects.push(Effect::Drop { call });
            self.effects.push(Effect::Settle { call });
            if let Some(entity) = bulk {
                self.incomplete(entity, Incomplete::Bulk);
            }
            self.dirty(records);
            return;
        }
        write.state = WriteState::Queued;
        for record in &write.records {
            if let Some(found) = self.records.get_mut(record) {
                found.queue.push_back(call);
            }
        }
        for entity in write.entities() {
            let found = self.entities.entry(entity).or_default();
            found.pending.insert((write.ended, call));
            if write.bulk == Some(entity) {
                found.bulks.insert((write.ended, call));
            }
        }
        self.pending += 1;
        self.writes.insert(call, write);
        self.start(call);
    }

    /// Whether one transfer would cost less than the writes of a record that wait already.
    fn is_far_behind(&self, write: &Write) -> bool {
        let waiting = |record: &RecordId| {
            let found = self.records.get(record);
            found.is_some_and(|found| found.queue.len() >= WAITING)
        };
        write.bulk.is_none()
            && write.records.iter().any(waiting)
            && write
                .records
                .iter()
                .all(|record| self.is_repairable(record.entity))
    }

    fn touch(&mut self, records: &[RecordId]) {
        for record in records {
            let found = self.records.entry(*record).or_default();
            found.touched = self.now;
            found.ends += 1;
            found.spoil_transfer();
        }
    }
}
