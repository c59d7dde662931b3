//! Write queues: which secondary write runs when.

use std::collections::BTreeSet;

use super::{
    CallId, Converge, Effect, EntityId, Event, Incomplete, RecordId, SecondaryEnd, Write,
    WriteState,
};

impl Converge {
    pub(super) fn acknowledged(&mut self, call: CallId) {
        let Some(write) = self.writes.get_mut(&call) else {
            return;
        };
        if write.state == WriteState::Primary || write.acknowledged {
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
    pub(super) fn start(&mut self, call: CallId) {
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
        if write.state == WriteState::Queued
            && write.records.iter().all(is_first)
            && write.entities().into_iter().all(may)
            && let Some(write) = self.writes.get_mut(&call)
        {
            write.state = WriteState::Running;
            self.effects.push(Effect::Write { call });
        }
    }

    pub(super) fn secondary_ended(&mut self, call: CallId, end: SecondaryEnd) {
        let Some(write) = self.writes.get(&call) else {
            return;
        };
        if write.state != WriteState::Running {
            return;
        }
        if end == SecondaryEnd::Refused && !write.repeated {
            let ended = write.ended;
            let before: BTreeSet<CallId> = self
                .writes
                .iter()
                .filter(|(_, other)| other.state != WriteState::Primary && other.ended < ended)
                .map(|(call, _)| *call)
                .collect();
            if !before.is_empty() {
                if let Some(write) = self.writes.get_mut(&call) {
                    write.state = WriteState::Refused { before };
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
            && matches!(write.state, WriteState::Refused { .. })
        {
            write.state = WriteState::Running;
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
                && let WriteState::Refused { before } = &mut waiting.state
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

    pub(super) fn records_of(&self, entity: EntityId) -> impl Iterator<Item = RecordId> {
        self.records
            .iter()
            .copied()
            .filter(move |record| record.entity == entity)
    }
}
