//! Write queues: which secondary write runs when.

use std::collections::BTreeSet;

use super::{
    CallId, Converge, Effect, EntityId, Event, Incomplete, PrimaryEnd, RecordId, SecondaryEnd,
    Stage, Transfer, Write,
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
            stage: Stage::Primary,
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

    /// The records whose order with a write of the whole entity nobody knows.
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
        write.stage = Stage::Queued;
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

    pub(super) fn acknowledged(&mut self, call: CallId) {
        let Some(write) = self.writes.get_mut(&call) else {
            return;
        };
        if write.stage == Stage::Primary || write.acknowledged {
            return;
        }
        write.acknowledged = true;
        for entity in write.entities() {
            if let Some(found) = self.entities.get_mut(&entity) {
                found.acknowledged += 1;
            }
        }
    }

    /// Starts a secondary write when it is its turn everywhere.
    fn start(&mut self, call: CallId) {
        let Some(write) = self.writes.get(&call) else {
            return;
        };
        let is_first = |record: &RecordId| {
            let found = self.records.get(record);
            // While a transfer runs, the record is dirty, and no write gets into its queue.
            found.is_some_and(|found| found.queue.front() == Some(&call))
        };
        let may = |entity: EntityId| {
            self.entities.get(&entity).is_none_or(|found| {
                if write.bulk == Some(entity) {
                    found.transfers == 0 && found.pending.first() == Some(&(write.ended, call))
                } else {
                    found
                        .bulks
                        .first()
                        .is_none_or(|(ended, _)| *ended > write.ended)
                }
            })
        };
        if write.stage == Stage::Queued
            && write.records.iter().all(is_first)
            && write.entities().into_iter().all(may)
            && let Some(write) = self.writes.get_mut(&call)
        {
            write.stage = Stage::Running;
            self.effects.push(Effect::Write { call });
        }
    }

    pub(super) fn secondary_ended(&mut self, call: CallId, end: SecondaryEnd) {
        let Some(write) = self.writes.get(&call) else {
            return;
        };
        if write.stage != Stage::Running {
            return;
        }
        if end == SecondaryEnd::Refused && !write.repeated {
            let ended = write.ended;
            let before: BTreeSet<CallId> = self
                .writes
                .iter()
                .filter(|(_, other)| other.stage != Stage::Primary && other.ended < ended)
                .map(|(call, _)| *call)
                .collect();
            if !before.is_empty() {
                if let Some(write) = self.writes.get_mut(&call) {
                    write.stage = Stage::Refused { before };
                }
                self.refused.insert(call);
                self.effects.push(Effect::Later {
                    after: self.limits.refused_wait,
                    event: Event::Waited { call },
                });
                return;
            }
        }
        let Some(write) = self.remove(call) else {
            return;
        };
        match end {
            SecondaryEnd::Made => {}
            SecondaryEnd::Refused | SecondaryEnd::Failed => self.dirty(write.records.clone()),
            SecondaryEnd::Unknown => self.dirty_for_a_while(&write.records),
        }
        if let (Some(entity), true) = (write.bulk, end != SecondaryEnd::Made) {
            self.incomplete(entity, Incomplete::Bulk);
        }
        self.settle(call, &write);
    }

    /// Sends a refused secondary write once more.
    pub(super) fn repeat(&mut self, call: CallId) {
        if let Some(write) = self.writes.get_mut(&call)
            && matches!(write.stage, Stage::Refused { .. })
        {
            write.stage = Stage::Running;
            write.repeated = true;
            self.refused.remove(&call);
            self.effects.push(Effect::Write { call });
        }
    }

    /// Takes a secondary write out of every queue.
    pub(super) fn remove(&mut self, call: CallId) -> Option<Write> {
        let write = self.writes.remove(&call)?;
        self.refused.remove(&call);
        self.pending -= 1;
        for record in &write.records {
            if let Some(found) = self.records.get_mut(record) {
                found.queue.retain(|other| *other != call);
            }
        }
        for entity in write.entities() {
            if let Some(found) = self.entities.get_mut(&entity) {
                found.pending.remove(&(write.ended, call));
                found.bulks.remove(&(write.ended, call));
                if write.acknowledged {
                    found.acknowledged -= 1;
                }
            }
        }
        Some(write)
    }

    /// Lets everything go on that waited for this secondary write.
    pub(super) fn settle(&mut self, call: CallId, write: &Write) {
        self.effects.push(Effect::Settle { call });
        let mut free = Vec::new();
        for other in &self.refused {
            if let Some(waiting) = self.writes.get_mut(other)
                && let Stage::Refused { before } = &mut waiting.stage
                && before.remove(&call)
                && before.is_empty()
            {
                free.push(*other);
            }
        }
        for other in free {
            self.repeat(other);
        }
        if let Some(entity) = write.bulk {
            self.go_on_in(entity);
        }
        for entity in write.entities() {
            self.start_bulk(entity);
        }
        self.go_on(&write.records);
    }

    /// Starts what waits at these records.
    pub(super) fn go_on(&mut self, records: &[RecordId]) {
        for record in records {
            let next = self
                .records
                .get(record)
                .and_then(|found| found.queue.front());
            if let Some(next) = next.copied() {
                self.start(next);
            }
            self.schedule(*record);
            self.rest(*record);
        }
    }

    /// Starts what waited for a write of the whole entity.
    pub(super) fn go_on_in(&mut self, entity: EntityId) {
        let pending = self
            .entities
            .get(&entity)
            .map(|found| found.pending.clone());
        for (_, call) in pending.into_iter().flatten() {
            self.start(call);
        }
        let dirty: Vec<_> = self
            .records
            .iter()
            .filter(|(record, found)| record.entity == entity && found.needs)
            .map(|(record, _)| *record)
            .collect();
        for record in dirty {
            self.schedule(record);
        }
    }

    /// Starts a write of the whole entity when everything before it has ended.
    pub(super) fn start_bulk(&mut self, entity: EntityId) {
        let found = self.entities.get(&entity);
        if let Some((_, call)) = found.and_then(|found| found.bulks.first().copied()) {
            self.start(call);
        }
    }
}

impl Write {
    /// Its own entity, and those whose records it changes, or may change.
    pub(super) fn entities(&self) -> BTreeSet<EntityId> {
        let records = self.records.iter().map(|record| record.entity);
        let more = self.names_more.iter().copied();
        records.chain([self.entity]).chain(more).collect()
    }

    fn records_of(&self, entity: EntityId) -> impl Iterator<Item = RecordId> {
        self.records
            .iter()
            .copied()
            .filter(move |record| record.entity == entity)
    }
}
