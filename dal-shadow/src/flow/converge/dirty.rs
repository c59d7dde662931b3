//! Dirty records and their transfers.

use super::{
    CallId, Converge, Effect, EntityId, Event, Incomplete, RecordId, Transfer, TransferEnd,
    WriteState,
};

/// With so many primary writes since the last one, a transfer no longer waits for a moment without
/// any.
const ENDS: u32 = 2;

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, Default)]
struct Dirt {
    dirty: bool,
    needs: bool,
}

const fn counted(number: &mut usize, before: bool, now: bool) {
    match (before, now) {
        (false, true) => *number += 1,
        (true, false) => *number -= 1,
        _ => {}
    }
}

impl Converge {
    /// The stores may differ in this record, whatever a transfer has read of it so far.
    pub(super) fn marked(&mut self, record: RecordId) {
        if let Some(found) = self.records.get_mut(&record) {
            found.spoil_transfer();
        }
        self.dirty([record]);
    }

    /// The stores may differ in these records. Secondary writes that wait for one of them are
    /// dropped, and their other records are dirty, too.
    pub(super) fn dirty(&mut self, records: impl IntoIterator<Item = RecordId>) {
        let mut left: Vec<RecordId> = records.into_iter().collect();
        let (mut all, mut dropped) = (Vec::new(), Vec::new());
        while let Some(record) = left.pop() {
            all.push(record);
            if !self.mark(record) {
                continue;
            }
            for call in self.take_waiting(record) {
                let Some(write) = self.remove(call) else {
                    continue;
                };
                self.effects.push(Effect::Drop { call });
                left.extend(write.records.iter().copied());
                if let Some(entity) = write.bulk {
                    self.incomplete(entity, Incomplete::Bulk);
                }
                dropped.push((call, write));
            }
        }
        // Only now: what goes on must not be something that is dropped a moment later.
        for (call, write) in dropped {
            self.settle(call, &write);
        }
        for record in all {
            self.schedule(record);
            self.rest(record);
        }
    }

    /// Takes the secondary writes that wait out of the queue of a record; one that runs stays.
    fn take_waiting(&mut self, record: RecordId) -> Vec<CallId> {
        let Some(found) = self.records.get_mut(&record) else {
            return Vec::new();
        };
        let writes = &self.writes;
        let runs = |call: &CallId| {
            let write = writes.get(call);
            write.is_some_and(|write| write.state == WriteState::Running)
        };
        let (running, waiting) = std::mem::take(&mut found.queue)
            .into_iter()
            .partition::<Vec<_>, _>(runs);
        found.queue.extend(running);
        waiting
    }

    /// The same, and an unknown effect may land for a while: also on a store that is not written any
    /// more, and may be written again by then.
    pub(super) fn dirty_for_a_while(&mut self, records: &[RecordId]) {
        for record in records {
            if self.is_repairable(record.entity) && self.has_room(*record) {
                let before = self.dirt(*record);
                self.records.entry(*record).or_default().late = Some(self.now);
                self.count(*record, before);
                self.effects.push(Effect::Later {
                    after: self.limits.late_effect,
                    event: Event::LateDue {
                        record: *record,
                        token: self.now,
                    },
                });
            }
        }
        self.dirty(records.iter().copied());
    }

    /// Marks a record; false when it was marked before, or cannot be transferred at all.
    fn mark(&mut self, record: RecordId) -> bool {
        let entity = record.entity;
        if self.is_given_up(entity) {
            return false;
        }
        if !self.is_repairable(entity) {
            self.incomplete(entity, Incomplete::NoRepair);
            return false;
        }
        let before = self.dirt(record);
        if !self.has_room(record) {
            self.incomplete(entity, Incomplete::Overflow);
            self.rest(record);
            return false;
        }
        let found = self.records.entry(record).or_default();
        if found.needs {
            return false;
        }
        found.needs = true;
        found.ends = 0;
        self.count(record, before);
        true
    }

    /// Whether the record is among the dirty ones that are kept, or can be.
    fn has_room(&self, record: RecordId) -> bool {
        let dirty = self.entities.get(&record.entity);
        self.dirt(record).dirty || dirty.map_or(0, |found| found.dirty) < self.limits.dirty
    }

    fn is_given_up(&self, entity: EntityId) -> bool {
        self.entities
            .get(&entity)
            .is_some_and(|found| found.given_up)
    }

    pub(super) fn is_repairable(&self, entity: EntityId) -> bool {
        self.entities
            .get(&entity)
            .is_some_and(|found| found.repairable)
    }

    fn dirt(&self, record: RecordId) -> Dirt {
        self.records
            .get(&record)
            .map_or_else(Dirt::default, |found| Dirt {
                dirty: found.is_dirty(),
                needs: found.needs,
            })
    }

    /// Keeps the numbers of dirty records after a record may have changed.
    fn count(&mut self, record: RecordId, before: Dirt) {
        let now = self.dirt(record);
        let found = self.entities.entry(record.entity).or_default();
        counted(&mut found.dirty, before.dirty, now.dirty);
        counted(&mut found.needing, before.needs, now.needs);
    }

    /// Starts the transfer of a record that needs one and of which nothing is under way.
    pub(super) fn schedule(&mut self, record: RecordId) {
        let bulk = self
            .entities
            .get(&record.entity)
            .is_some_and(|found| !found.bulks.is_empty());
        let Some(found) = self.records.get_mut(&record) else {
            return;
        };
        let quiet = found.under_way.is_empty() || found.ends >= ENDS;
        if bulk
            || !found.needs
            || !quiet
            || !found.queue.is_empty()
            || found.transfer != Transfer::None
        {
            return;
        }
        found.transfer = Transfer::Running {
            spoiled: false,
            beside: found.under_way.clone(),
        };
        found.ends = 0;
        self.entities.entry(record.entity).or_default().transfers += 1;
        self.effects.push(Effect::Transfer { record });
    }

    pub(super) fn transfer_ended(&mut self, record: RecordId, end: TransferEnd) {
        let now = self.now;
        let before = self.dirt(record);
        let Some(found) = self.records.get_mut(&record) else {
            return;
        };
        let Transfer::Running { spoiled, beside } = std::mem::take(&mut found.transfer) else {
            return;
        };
        found.touched = now;
        if end == TransferEnd::Done {
            found.failures = 0;
            if !spoiled && beside.is_empty() {
                found.needs = false;
            } else if !spoiled {
                found.transfer = Transfer::Unproven { beside };
            }
        } else {
            found.failures += 1;
            found.transfer = Transfer::Pausing;
            let doublings = found.failures.saturating_sub(1).min(16);
            let pause = self.limits.pause.saturating_mul(1 << doublings);
            self.effects.push(Effect::Later {
                after: pause.min(self.limits.longest_pause),
                event: Event::RetryDue { record },
            });
        }
        self.count(record, before);
        if let Some(entity) = self.entities.get_mut(&record.entity) {
            entity.transfers -= 1;
        }
        if end == TransferEnd::Unknown {
            self.dirty_for_a_while(&[record]);
        }
        self.start_bulk(record.entity);
        self.go_on(&[record]);
    }

    /// A write that was under way ended without an effect: a transfer beside it is as good as without.
    pub(super) fn was_nothing(&mut self, record: RecordId, call: CallId) {
        let before = self.dirt(record);
        let Some(found) = self.records.get_mut(&record) else {
            return;
        };
        match &mut found.transfer {
            Transfer::Running { beside, .. } => {
                beside.remove(&call);
            }
            Transfer::Unproven { beside } => {
                beside.remove(&call);
                if beside.is_empty() {
                    found.transfer = Transfer::None;
                    found.needs = false;
                }
            }
            Transfer::None | Transfer::Pausing => {}
        }
        self.count(record, before);
    }

    pub(super) fn retry_due(&mut self, record: RecordId) {
        if let Some(found) = self.records.get_mut(&record)
            && found.transfer == Transfer::Pausing
        {
            found.transfer = Transfer::None;
        }
        self.go_on(&[record]);
    }

    /// Whatever was to land has landed: one more transfer decides.
    pub(super) fn late_due(&mut self, record: RecordId, token: u64) {
        let (before, given_up) = (self.dirt(record), self.is_given_up(record.entity));
        if let Some(found) = self.records.get_mut(&record)
            && found.late == Some(token)
        {
            found.late = None;
            found.needs = !given_up;
            found.spoil_transfer();
        }
        self.count(record, before);
        self.go_on(&[record]);
    }

    /// The secondary store is no longer written: nothing of the entity waits for it any more. What
    /// may land there late is not forgotten.
    pub(super) fn give_up(&mut self, entity: EntityId) {
        self.entities.entry(entity).or_default().given_up = true;
        let pending = self
            .entities
            .get(&entity)
            .map(|found| found.pending.clone());
        for (_, call) in pending.into_iter().flatten() {
            let running = self
                .writes
                .get(&call)
                .is_some_and(|write| write.state == WriteState::Running);
            if !running && let Some(write) = self.remove(call) {
                self.effects.push(Effect::Drop { call });
                self.settle(call, &write);
            }
        }
        let dirty: Vec<_> = self
            .records
            .iter()
            .filter(|(record, found)| record.entity == entity && found.is_dirty())
            .map(|(record, _)| *record)
            .collect();
        for record in dirty {
            let before = self.dirt(record);
            if let Some(found) = self.records.get_mut(&record) {
                found.needs = false;
                found.failures = 0;
                found.spoil_transfer();
            }
            self.count(record, before);
            self.rest(record);
        }
    }
}
