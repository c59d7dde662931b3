//! Drives the state machine of writes: sends what it says, reports how that ended, and lets callers
//! wait for it.

mod guards;
#[cfg(test)]
mod tests;

use guards::Report;
pub(crate) use guards::{Pending, UnderWay};

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use super::converge::{
    CallId, Converge, Effect, EntityId, Event, Limits, RecordId, SecondaryEnd, Standing,
    TransferEnd,
};
use super::gates::{GateAction, Gates};

/// Makes one record of the secondary store equal to the primary one; called as often as it takes.
pub(crate) type Transfer = Arc<dyn Fn() -> BoxFuture<'static, TransferEnd> + Send + Sync>;

/// A record, and how it is transferred.
pub(crate) type Keyed = (RecordId, Transfer);

/// A secondary write. It is settled exactly once, after it was sent for the last time, or dropped.
pub(crate) trait Secondary: Send + Sync {
    /// Sends it.
    fn send(self: Arc<Self>) -> BoxFuture<'static, SecondaryEnd>;
    /// It is not sent (again): transfers bring its records.
    fn dropped(&self);
    /// It has ended, which the caller may wait to hear.
    fn settled(self: Arc<Self>, caller: Option<oneshot::Sender<()>>);
}

/// The writes of a harness.
pub(crate) struct Writes {
    state: Mutex<State>,
    /// Whether any record is dirty, or has a write under way: reads look here first.
    busy: AtomicBool,
    /// Whether any entity is incomplete on a store: reads look here as well.
    incomplete: AtomicBool,
    changed: Notify,
    runtime: Handle,
}

pub(super) struct State {
    pub(super) machine: Converge,
    pub(super) gates: Gates,
    /// Numbers writes and steps.
    pub(super) next: CallId,
    secondary: HashMap<CallId, Arc<dyn Secondary>>,
    transfers: HashMap<RecordId, Transfer>,
    waiting: HashMap<CallId, oneshot::Sender<()>>,
    actions: VecDeque<Action>,
    /// Something is doing the actions already.
    acting: bool,
}

/// What is done outside of the lock.
enum Action {
    Send(CallId, Arc<dyn Secondary>),
    Transfer(RecordId, Transfer),
    /// Not under the lock: it may run the application's code.
    Release(Transfer),
    Dropped(Arc<dyn Secondary>),
    Settled(Option<Arc<dyn Secondary>>, Option<oneshot::Sender<()>>),
    Later(Duration, Event),
    Gates(GateAction),
}

impl Writes {
    pub(crate) fn new(runtime: Handle, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                machine: Converge::new(limits),
                gates: Gates::default(),
                next: 0,
                secondary: HashMap::new(),
                transfers: HashMap::new(),
                waiting: HashMap::new(),
                actions: VecDeque::new(),
                acting: false,
            }),
            busy: AtomicBool::new(false),
            incomplete: AtomicBool::new(false),
            changed: Notify::new(),
            runtime,
        })
    }

    /// Says whether the records of an entity can be transferred.
    pub(crate) fn repairable(&self, entity: EntityId, repairable: bool) {
        self.state().machine.repairable(entity, repairable);
    }

    /// A write is about to be sent to the primary store. It names these records; its answer may name
    /// more, of the entities `names_more`.
    pub(crate) fn begin(
        self: &Arc<Self>,
        entity: EntityId,
        records: Vec<Keyed>,
        bulk: bool,
        names_more: Vec<EntityId>,
    ) -> UnderWay {
        let mut state = self.state();
        state.next += 1;
        let call = state.next;
        let names = state.know(records);
        let event = Event::Began {
            call,
            entity,
            records: names,
            bulk,
            names_more,
        };
        self.step(state, event);
        UnderWay::new(self, call)
    }

    /// The stores may differ in this record.
    pub(crate) fn mark(self: &Arc<Self>, record: RecordId, transfer: Transfer) {
        let mut state = self.state();
        state.keep(record, transfer);
        self.step(state, Event::Marked { record });
    }

    /// Whether the secondary store may lack something of a record that a caller believes to be
    /// written.
    pub(crate) fn is_fenced(&self, record: RecordId) -> bool {
        self.may_fence() && self.state().machine.is_fenced(record)
    }

    /// Whether that holds for any record of an entity.
    pub(crate) fn is_any_fenced(&self, entity: EntityId) -> bool {
        self.may_fence() && self.state().machine.is_any_fenced(entity)
    }

    /// Whether the secondary store may lack records of an entity, and it is not known which.
    pub(crate) fn is_behind(&self, entity: EntityId) -> bool {
        self.may_fence() && self.state().machine.is_behind(entity)
    }

    fn may_fence(&self) -> bool {
        self.is_busy() || self.incomplete.load(Ordering::Acquire)
    }

    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire)
    }

    pub(crate) fn standing(&self, entity: EntityId) -> Standing {
        self.state().machine.standing(entity)
    }

    /// Waits until the secondary store has all that is known to have been written of a record.
    pub(crate) async fn settled(&self, record: RecordId) {
        self.until(|machine| machine.is_settled(record)).await;
    }

    /// Waits until a transfer has made a record equal.
    pub(crate) async fn transferred(&self, record: RecordId) {
        self.until(|machine| machine.is_transferred(record)).await;
    }

    /// Waits until every write of the entity's group that has begun by now is on both stores, or was
    /// dropped and its records were transferred.
    pub(crate) async fn settled_so_far(&self, entity: EntityId) {
        let mut calls = self.state().machine.in_flight(entity);
        self.until(|machine| {
            while let Some(call) = calls.last()
                && !machine.is_in_flight(*call)
            {
                calls.pop();
            }
            calls.is_empty() && !machine.needs_transfers(entity)
        })
        .await;
    }

    /// Waits until an entity stands like this.
    pub(crate) async fn stands(&self, entity: EntityId, like: impl Fn(Standing) -> bool) {
        self.until(|machine| like(machine.standing(entity))).await;
    }

    async fn until(&self, mut holds: impl FnMut(&Converge) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if !self.is_busy() || holds(&self.state().machine) {
                return;
            }
            changed.await;
        }
    }

    pub(super) fn event(self: &Arc<Self>, event: Event) {
        self.step(self.state(), event);
    }

    pub(super) fn step<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State>, event: Event) {
        let effects = state.machine.step(event);
        for effect in effects {
            state.take(effect);
        }
        self.show(&state.machine);
        self.act(state);
        self.changed.notify_waiters();
    }

    /// Shows what reads look at without the lock.
    pub(super) fn show(&self, machine: &Converge) {
        let (busy, incomplete) = (!machine.is_at_rest(), machine.is_any_incomplete());
        self.busy.store(busy, Ordering::Release);
        self.incomplete.store(incomplete, Ordering::Release);
    }

    /// Does what is to be done. Unlocks first: a runtime that is shutting down drops a task at once,
    /// which comes back here and leaves what follows to the thread that acts already.
    fn act<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State>) {
        if state.acting {
            return;
        }
        state.acting = true;
        while let Some(action) = state.actions.pop_front() {
            drop(state);
            // It drops keys and carriers of the application, whose code may panic.
            let performed = catch_unwind(AssertUnwindSafe(|| self.perform(action)));
            if performed.is_err() {
                tracing::error!(target: "dal_shadow", "the application's code panicked in a `Drop`");
            }
            state = self.state();
        }
        state.acting = false;
    }

    fn perform(self: &Arc<Self>, action: Action) {
        match action {
            Action::Send(call, write) => {
                let unknown = Event::SecondaryEnded {
                    call,
                    end: SecondaryEnd::Unknown,
                };
                let report = Report::new(self, unknown);
                self.runtime.spawn(async move {
                    let end = write.send().await;
                    report.end(Event::SecondaryEnded { call, end });
                });
            }
            Action::Transfer(record, transfer) => {
                let unknown = Event::TransferEnded {
                    record,
                    end: TransferEnd::Unknown,
                };
                let report = Report::new(self, unknown);
                self.runtime.spawn(async move {
                    let end = transfer().await;
                    report.end(Event::TransferEnded { record, end });
                });
            }
            Action::Later(after, event) => {
                let writes = Arc::downgrade(self);
                self.runtime.spawn(async move {
                    tokio::time::sleep(after).await;
                    if let Some(writes) = writes.upgrade() {
                        writes.event(event);
                    }
                });
            }
            Action::Release(transfer) => drop(transfer),
            Action::Dropped(write) => write.dropped(),
            Action::Settled(write, waiting) => {
                if let Some(write) = write {
                    write.settled(waiting);
                }
            }
            Action::Gates(action) => self.at_gates(action),
        }
    }

    fn at_gates(self: &Arc<Self>, action: GateAction) {
        match action {
            GateAction::Wake(gates) => {
                for gate in gates {
                    gate.wake();
                }
            }
            GateAction::Watch {
                wake,
                left,
                until,
                event,
            } => {
                self.at_gates(GateAction::Wake(wake));
                let writes = Arc::downgrade(self);
                self.runtime.spawn(async move {
                    tokio::select! {
                        biased;
                        _no_more = until => {}
                        () = left => {
                            if let Some(writes) = writes.upgrade() {
                                writes.event(Event::Step(event));
                            }
                        }
                    }
                });
            }
            GateAction::Tell(asker, end) => {
                // It may have gone.
                let _told = asker.send(end);
            }
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Keeps how these records are transferred, until the machine forgets them.
    fn know(&mut self, records: Vec<Keyed>) -> Vec<RecordId> {
        records
            .into_iter()
            .map(|(record, transfer)| {
                self.keep(record, transfer);
                record
            })
            .collect()
    }

    fn keep(&mut self, record: RecordId, transfer: Transfer) {
        let before = self.transfers.insert(record, transfer);
        self.actions.extend(before.map(Action::Release));
    }

    fn take(&mut self, effect: Effect) {
        let action = match effect {
            Effect::Write { call } => self
                .secondary
                .get(&call)
                .map(|write| Action::Send(call, Arc::clone(write))),
            Effect::Drop { call } => self.secondary.get(&call).cloned().map(Action::Dropped),
            Effect::Settle { call } => {
                let write = self.secondary.remove(&call);
                Some(Action::Settled(write, self.waiting.remove(&call)))
            }
            Effect::Transfer { record } => self
                .transfers
                .get(&record)
                .map(|transfer| Action::Transfer(record, Arc::clone(transfer))),
            Effect::Later { after, event } => Some(Action::Later(after, event)),
            Effect::Forget { record } => self.transfers.remove(&record).map(Action::Release),
            Effect::Step(effect) => self.gates.take(effect).map(Action::Gates),
        };
        self.actions.extend(action);
    }
}
