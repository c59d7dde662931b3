//! How writes converge: ordering by record, overlaps, dirty records and transfers, as one pure state
//! machine. It knows no clock, no store and no task: [`Converge::step`] takes what happened and
//! returns what is to be done.
//!
//! * Secondary writes of one record run in the order in which their primary writes ended; of
//!   different records, at once.
//! * Two writes of a record whose primary writes overlapped have no order that a client could know:
//!   the record is *dirty*, and a transfer decides.
//! * A write one of whose records is dirty is dropped as a whole, and all of its records are dirty.
//! * A record is clean again when a transfer ended during which no write of it was under way, and
//!   no effect of unknown outcome can land any more.
//! * A store that may lack records, of which it is not known which, is incomplete until a copy.
//! * A store gains a role only when it is complete and clean for the whole group.

mod complete;
mod dirty;
mod event;
mod group;
mod incomplete;
mod name;
mod primary;
mod queue;
mod step;
mod step_event;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

pub use event::TransferEnd;
pub(crate) use event::{Effect, Event, PrimaryEnd, SecondaryEnd};
pub use incomplete::Incomplete;
pub(crate) use name::{CallId, EntityId, RecordId, StepId};
pub(crate) use step_event::{StepEffect, StepEnd, StepEvent};

use crate::phases::Phase;

/// The settings of the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Secondary writes that wait or run before further ones become transfers.
    pub(crate) queued: usize,
    /// Dirty records of one entity before it is incomplete.
    pub(crate) dirty: usize,
    /// How long a refused secondary write waits for the ones before it.
    pub(crate) refused_wait: Duration,
    /// How long an effect of unknown outcome may take to land.
    pub(crate) late_effect: Duration,
    /// The first pause after a transfer that failed; each further one is twice as long.
    pub(crate) pause: Duration,
    /// The longest pause.
    pub(crate) longest_pause: Duration,
    /// Failures in a row after which a record is reported as parked.
    pub(crate) parked_after: u32,
    /// How long a step may take.
    pub(crate) step_deadline: Duration,
    /// How long a hand-over may keep writes waiting.
    pub(crate) closed_at_most: Duration,
    /// The first pause of a hand-over whose writes did not end in time; each further one is twice
    /// as long.
    pub(crate) step_pause: Duration,
    /// Both stores hold the same records when the harness starts.
    pub(crate) hold_the_same: bool,
}

/// The state of all writes of a harness.
#[derive(Clone, Debug)]
pub(crate) struct Converge {
    limits: Limits,
    /// Counts events, so that they have an order.
    now: u64,
    writes: HashMap<CallId, Write>,
    records: HashMap<RecordId, Record>,
    entities: HashMap<EntityId, Entity>,
    /// Writes under way on the primary store whose answer may name records, by their beginning.
    naming: BTreeSet<(u64, CallId)>,
    /// Records at rest, by when they were last touched, until no write under way can name them.
    resting: VecDeque<(u64, RecordId)>,
    /// Secondary writes that wait or run.
    pending: usize,
    /// Those of them that were refused and wait for others.
    refused: BTreeSet<CallId>,
    /// The group of each entity that has one.
    groups: HashMap<EntityId, BTreeSet<EntityId>>,
    /// Steps that have not ended, in the order in which they were asked for.
    steps: BTreeMap<StepId, step::Step>,
    /// Stores on which an entity is incomplete, over all entities.
    incomplete_sides: usize,
    /// Counts closings and pauses.
    tokens: u64,
    /// Nothing is written any more.
    stopped: bool,
    effects: Vec<Effect>,
}

/// A write, from its beginning until its secondary write has ended or was dropped.
#[derive(Clone, Debug)]
struct Write {
    began: u64,
    ended: u64,
    entity: EntityId,
    records: Vec<RecordId>,
    bulk: Option<EntityId>,
    /// While it is under way on the primary store: the entities of which its answer may name records.
    names_more: Vec<EntityId>,
    state: WriteState,
    repeated: bool,
    acknowledged: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum WriteState {
    /// Under way on the primary store.
    Primary,
    /// Waits for its turn in the queues of its records.
    Queued,
    /// Under way on the secondary store.
    Running,
    /// Was refused there, and waits for the secondary writes that might explain it.
    Refused { before: BTreeSet<CallId> },
}

/// What is known of a record while something of it is under way, waits, or is dirty.
#[derive(Clone, Debug, Default)]
struct Record {
    /// Writes under way on the primary store.
    under_way: BTreeSet<CallId>,
    /// Secondary writes that wait or run, in the order of their primary writes.
    queue: VecDeque<CallId>,
    /// When a primary write of it, or a transfer, ended last.
    touched: u64,
    /// It needs a transfer.
    needs: bool,
    /// An unknown effect may land until the event with this token.
    late: Option<u64>,
    transfer: Transfer,
    /// Primary writes that ended since it became dirty, or since the last transfer.
    ends: u32,
    failures: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Transfer {
    #[default]
    None,
    Running {
        /// A write was made meanwhile: the transfer may have read the record before it.
        spoiled: bool,
        /// Writes that were under way meanwhile, and may yet be made.
        beside: BTreeSet<CallId>,
    },
    /// Done, unless one of these writes turns out to have been made: it may have been, after the
    /// record was read.
    Unproven { beside: BTreeSet<CallId> },
    /// Failed; the next one begins after a pause.
    Pausing,
}

/// What is known of an entity.
#[derive(Clone, Debug, Default)]
struct Entity {
    phase: Option<Phase>,
    sides: complete::Sides,
    /// The trait says how a record is repaired.
    repairable: bool,
    /// The secondary store is not written: nothing can be dirty there, it is incomplete.
    given_up: bool,
    /// Writes of it under way on the primary store.
    under_way: BTreeSet<CallId>,
    /// Secondary writes of it that wait or run, by the end of their primary writes.
    pending: BTreeSet<(u64, CallId)>,
    /// Those of them that write the whole entity.
    bulks: BTreeSet<(u64, CallId)>,
    /// When a write of the whole entity ended last on the primary store.
    bulk_ended: u64,
    dirty: usize,
    /// Those of them that need a transfer now; the others wait for effects that may land late.
    needing: usize,
    transfers: usize,
    /// Pending secondary writes whose callers have heard of success.
    acknowledged: usize,
}

/// How an entity stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Primary writes under way.
    pub(crate) under_way: usize,
    /// Secondary writes that wait or run.
    pub(crate) pending: usize,
    /// Dirty records.
    pub(crate) dirty: usize,
    /// Those of them that need a transfer now.
    pub(crate) needing: usize,
    /// Dirty records whose transfers keep failing.
    pub(crate) parked: usize,
}

impl Converge {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            now: 0,
            writes: HashMap::new(),
            records: HashMap::new(),
            entities: HashMap::new(),
            naming: BTreeSet::new(),
            resting: VecDeque::new(),
            pending: 0,
            refused: BTreeSet::new(),
            groups: HashMap::new(),
            steps: BTreeMap::new(),
            incomplete_sides: 0,
            tokens: 0,
            stopped: false,
            effects: Vec::new(),
        }
    }

    /// Says whether the records of an entity can be transferred.
    pub(crate) fn repairable(&mut self, entity: EntityId, repairable: bool) {
        self.entities.entry(entity).or_default().repairable = repairable;
    }

    /// Takes what happened; returns what is to be done.
    pub(crate) fn step(&mut self, event: Event) -> Vec<Effect> {
        self.now += 1;
        match event {
            Event::Began {
                call,
                entity,
                records,
                bulk,
                names_more,
            } => self.began(call, entity, records, bulk, names_more),
            Event::PrimaryEnded { call, end } => self.primary_ended(call, end),
            Event::Acknowledged { call } => self.acknowledged(call),
            Event::SecondaryEnded { call, end } => self.secondary_ended(call, end),
            Event::Waited { call } => self.repeat(call),
            Event::TransferEnded { record, end } => self.transfer_ended(record, end),
            Event::RetryDue { record } => self.retry_due(record),
            Event::LateDue { record, token } => self.late_due(record, token),
            Event::Marked { record } => self.marked(record),
            Event::Joined { entities, agreed } => self.joined(&entities, agreed),
            Event::PhaseGiven {
                entity,
                phase,
                lacks,
            } => self.phase_given(entity, phase, &lacks),
            Event::Step(event) => self.of_step(event),
            Event::Stopped => self.stop(),
        }
        self.advance();
        self.forget();
        std::mem::take(&mut self.effects)
    }

    /// Whether the secondary store must not be asked for this record: it lacks, or may lack,
    /// something that a caller believes to be written.
    pub(crate) fn is_fenced(&self, record: RecordId) -> bool {
        let acknowledged = |call: &CallId| {
            let write = self.writes.get(call);
            write.is_some_and(|write| write.acknowledged)
        };
        let of_record = |found: &Record| found.is_dirty() || found.queue.iter().any(acknowledged);
        self.is_behind(record.entity) || self.records.get(&record).is_some_and(of_record)
    }

    /// Whether any record of the entity is fenced.
    pub(crate) fn is_any_fenced(&self, entity: EntityId) -> bool {
        let found = self.entities.get(&entity);
        let of_records = found.is_some_and(|entity| entity.dirty > 0 || entity.acknowledged > 0);
        of_records || self.is_behind(entity)
    }

    /// Whether the secondary store has everything that is known to have been written of a record.
    pub(crate) fn is_settled(&self, record: RecordId) -> bool {
        self.records
            .get(&record)
            .is_none_or(|found| !found.is_dirty() && found.queue.is_empty())
    }

    /// Whether a transfer has made a record equal; an effect that may land late is waited for by
    /// itself.
    pub(crate) fn is_transferred(&self, record: RecordId) -> bool {
        self.records
            .get(&record)
            .is_none_or(|found| !found.needs && found.queue.is_empty())
    }

    /// The writes of the entity's group that are not on both stores yet.
    pub(crate) fn in_flight(&self, entity: EntityId) -> Vec<CallId> {
        let group = self.group(entity);
        let of_group = |(_, write): &(&CallId, &Write)| group.contains(&write.entity);
        let writes = self.writes.iter().filter(of_group);
        writes.map(|(call, _)| *call).collect()
    }

    /// Whether a write is on its way to a store.
    pub(crate) fn is_in_flight(&self, call: CallId) -> bool {
        self.writes.contains_key(&call)
    }

    /// Whether a record of the entity's group needs a transfer now.
    pub(crate) fn needs_transfers(&self, entity: EntityId) -> bool {
        let group = self.group(entity);
        let mut entities = group.iter().filter_map(|entity| self.entities.get(entity));
        entities.any(|entity| entity.needing > 0)
    }

    /// Whether nothing is under way, waits or is dirty.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.writes.is_empty() && self.records.is_empty()
    }

    pub(crate) fn standing(&self, entity: EntityId) -> Standing {
        let Some(found) = self.entities.get(&entity) else {
            return Standing::default();
        };
        let parked = |(id, record): (&RecordId, &Record)| {
            id.entity == entity && record.is_dirty() && record.failures >= self.limits.parked_after
        };
        // What may still land on a store that is not written matters once it is written again.
        let dirty = if found.given_up { 0 } else { found.dirty };
        Standing {
            under_way: found.under_way.len(),
            pending: found.pending.len(),
            dirty,
            needing: found.needing,
            parked: if dirty == 0 {
                0
            } else {
                self.records.iter().filter(|each| parked(*each)).count()
            },
        }
    }

    /// Lets go of records at rest that no write under way can name any more.
    fn forget(&mut self) {
        let oldest = self.naming.first().map_or(u64::MAX, |(began, _)| *began);
        while let Some((touched, record)) = self.resting.front().copied()
            && touched < oldest
        {
            self.resting.pop_front();
            if let Some(found) = self.records.get(&record)
                && found.is_at_rest()
                && found.touched == touched
            {
                self.records.remove(&record);
                self.effects.push(Effect::Forget { record });
            }
        }
    }

    /// Remembers a record that may be at rest now.
    fn rest(&mut self, record: RecordId) {
        if let Some(found) = self.records.get(&record)
            && found.is_at_rest()
        {
            self.resting.push_back((found.touched, record));
        }
    }
}

impl Record {
    const fn is_dirty(&self) -> bool {
        self.needs || self.late.is_some()
    }

    /// What a transfer reads, or has read, may no longer be what the record is.
    fn spoil_transfer(&mut self) {
        match &mut self.transfer {
            Transfer::Running { spoiled, .. } => *spoiled = true,
            Transfer::Unproven { .. } => self.transfer = Transfer::None,
            Transfer::None | Transfer::Pausing => {}
        }
    }

    fn is_at_rest(&self) -> bool {
        self.under_way.is_empty()
            && self.queue.is_empty()
            && !self.is_dirty()
            && self.transfer == Transfer::None
    }
}
