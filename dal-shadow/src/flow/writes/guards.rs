//! What stands for something under way, and reports its end also when it is dropped.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Keyed, Secondary, Writes};
use crate::flow::converge::{CallId, Event, PrimaryEnd};

/// A write under way on the primary store. Dropped without an end, its effect is unknown.
pub(crate) struct UnderWay {
    writes: Arc<Writes>,
    call: CallId,
    ended: bool,
}

/// Waits for a secondary write.
pub(crate) struct Pending {
    writes: Arc<Writes>,
    call: CallId,
    settled: oneshot::Receiver<()>,
}

/// Reports how a task ended, also when the runtime drops it.
pub(super) struct Report {
    writes: Arc<Writes>,
    event: Option<Event>,
}

impl Report {
    pub(super) fn new(writes: &Arc<Writes>, otherwise: Event) -> Self {
        Self {
            writes: Arc::clone(writes),
            event: Some(otherwise),
        }
    }

    pub(super) fn end(mut self, event: Event) {
        self.event = Some(event);
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(event) = self.event.take() {
            self.writes.event(event);
        }
    }
}

impl UnderWay {
    pub(super) fn new(writes: &Arc<Writes>, call: CallId) -> Self {
        Self {
            writes: Arc::clone(writes),
            call,
            ended: false,
        }
    }

    /// The primary store refused, or changed nothing.
    pub(crate) fn nothing(self) {
        self.end(PrimaryEnd::Nothing);
    }

    /// It is not known what the primary store did.
    pub(crate) fn unknown(self) {
        self.end(PrimaryEnd::Unknown);
    }

    /// The primary store made the write; its answer names these records, too.
    pub(crate) fn made(mut self, named: Vec<Keyed>, write: Arc<dyn Secondary>) -> Pending {
        self.ended = true;
        let (sender, settled) = oneshot::channel();
        let mut state = self.writes.state();
        let named = state.know(named);
        state.secondary.insert(self.call, write);
        state.waiting.insert(self.call, sender);
        let event = Event::PrimaryEnded {
            call: self.call,
            end: PrimaryEnd::Made { named },
        };
        self.writes.step(state, event);
        Pending {
            writes: Arc::clone(&self.writes),
            call: self.call,
            settled,
        }
    }

    fn end(mut self, end: PrimaryEnd) {
        self.ended = true;
        let call = self.call;
        self.writes.event(Event::PrimaryEnded { call, end });
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if !self.ended {
            let (call, end) = (self.call, PrimaryEnd::Unknown);
            self.writes.event(Event::PrimaryEnded { call, end });
        }
    }
}

impl Pending {
    /// Waits until the secondary write was made or dropped; false when it has not ended in time, and
    /// goes on.
    pub(crate) async fn wait(&mut self, limit: Duration) -> bool {
        tokio::time::timeout(limit, &mut self.settled).await.is_ok()
    }
}

impl Drop for Pending {
    /// The caller hears of success now, or has gone.
    fn drop(&mut self) {
        let call = self.call;
        self.writes.event(Event::Acknowledged { call });
    }
}
