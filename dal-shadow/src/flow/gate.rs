//! The gate to one entity: which phase a call is in.
//!
//! A call enters with two atomic operations and leaves with one (a write to one store: three, two). What it reads is the view of the
//! state machine (`converge`) that is published for it: only `gates.rs` writes the word, and only
//! as the machine's effects say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::phases::{Phase, Verb};

/// How often a call that waits for a phase says so.
const COMPLAINT: Duration = Duration::from_secs(5);

/// Phase number plus one; zero: no phase yet.
const PHASE: u64 = 0b0000_0111;
/// No write may enter.
const CLOSED: u64 = 0b0000_1000;
/// A step waits for calls to leave.
const STEPPING: u64 = 0b0001_0000;
/// One epoch.
const EPOCH: u64 = 0b1_0000_0000;

/// The gate to an entity.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// Phase, flags and epoch in one word, so that a call sees all of them at one moment.
    word: AtomicU64,
    /// Calls under way, by verb and by the parity of the epoch they entered in.
    inside: [[AtomicU64; 2]; 2],
    /// Those of them that are writes to one store.
    alone: AtomicU64,
    /// The gate opened.
    opened: Notify,
    /// The last call of a kind left while a step was waiting.
    left: Notify,
}

/// A call that has entered; it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Inside {
    gate: Arc<Gate>,
    verb: Verb,
    pub(crate) phase: Phase,
    pub(crate) epoch: u64,
}

impl Gate {
    /// The phase and its epoch, once there is one.
    pub(crate) fn now(&self) -> Option<(Phase, u64)> {
        let word = self.word.load(Ordering::Acquire);
        Some((phase_of(word)?, word / EPOCH))
    }

    /// Enters. Waits while the entity has no phase, and a write also while a step hands over.
    pub(crate) async fn enter(self: &Arc<Self>, verb: Verb, entity: &str) -> Inside {
        loop {
            if let Some(inside) = self.try_enter(verb) {
                return inside;
            }
            self.wait(verb, entity).await;
        }
    }

    fn try_enter(self: &Arc<Self>, verb: Verb) -> Option<Inside> {
        loop {
            let word = self.word.load(Ordering::Acquire);
            let phase = phase_of(word)?;
            if verb == Verb::Write && word & CLOSED != 0 {
                return None;
            }
            let epoch = word / EPOCH;
            let inside = Inside {
                gate: Arc::clone(self),
                verb,
                phase,
                epoch,
            };
            self.counter(verb, epoch).fetch_add(1, Ordering::SeqCst);
            if inside.writes_alone() {
                self.alone.fetch_add(1, Ordering::SeqCst);
            }
            // A step that began in between has not seen this call: it leaves and looks again.
            if self.word.load(Ordering::SeqCst) & !STEPPING == word & !STEPPING {
                return Some(inside);
            }
            drop(inside);
        }
    }

    #[cold]
    async fn wait(&self, verb: Verb, entity: &str) {
        let mut opened = std::pin::pin!(self.opened.notified());
        opened.as_mut().enable();
        let word = self.word.load(Ordering::SeqCst);
        let open = phase_of(word).is_some() && (verb == Verb::Read || word & CLOSED == 0);
        if open {
            return;
        }
        if tokio::time::timeout(COMPLAINT, opened).await.is_err() {
            tracing::error!(
                target: "dal_shadow",
                entity,
                "calls wait: the entity has no phase, or a step does not end; name it (or `*`) in the phase source"
            );
        }
    }

    /// Whether a write is inside that reaches one store.
    pub(crate) fn is_written_alone(&self) -> bool {
        self.alone.load(Ordering::SeqCst) > 0
    }

    /// Gives the entity its first phase, and lets writes in if it is open.
    pub(super) fn begin(&self, phase: Phase, open: bool) {
        let closed = if open { 0 } else { CLOSED };
        self.word
            .store(bits(phase) | EPOCH | closed, Ordering::SeqCst);
    }

    /// Lets no write in.
    pub(super) fn close(&self) {
        self.word.fetch_or(STEPPING | CLOSED, Ordering::SeqCst);
    }

    /// Another phase is in force; returns the epoch that has ended. The gate stays closed to writes.
    pub(super) fn change(&self, to: Phase) -> u64 {
        let epoch = self.word.load(Ordering::SeqCst) / EPOCH;
        let next = epoch.wrapping_add(1).wrapping_mul(EPOCH);
        let word = bits(to) | next | STEPPING | CLOSED;
        self.word.store(word, Ordering::SeqCst);
        epoch
    }

    /// Lets writes in again.
    pub(super) fn open(&self) {
        self.word.fetch_and(!CLOSED, Ordering::SeqCst);
    }

    /// Wakes the calls that wait until they may enter.
    pub(super) fn wake(&self) {
        self.opened.notify_waiters();
    }

    /// No step waits any more until calls have left.
    pub(super) fn stepped(&self) {
        self.word.fetch_and(!STEPPING, Ordering::SeqCst);
    }

    /// Waits until no write is inside, of whatever epoch. The gate must be closed.
    pub(super) async fn writes_left(&self) {
        for epoch in [0, 1] {
            self.empty(Verb::Write, epoch).await;
        }
    }

    /// Waits until no call of this epoch is inside. The phase must have changed since.
    pub(super) async fn calls_left(&self, epoch: u64) {
        for verb in [Verb::Read, Verb::Write] {
            self.empty(verb, epoch).await;
        }
    }

    /// Waits until no call of this kind and epoch is inside. [`STEPPING`] or [`CLOSED`] must be set.
    async fn empty(&self, verb: Verb, epoch: u64) {
        loop {
            let mut left = std::pin::pin!(self.left.notified());
            left.as_mut().enable();
            if self.counter(verb, epoch).load(Ordering::SeqCst) == 0 {
                return;
            }
            left.await;
        }
    }

    fn counter(&self, verb: Verb, epoch: u64) -> &AtomicU64 {
        let [reads, writes] = &self.inside;
        let [even, odd] = match verb {
            Verb::Read => reads,
            Verb::Write => writes,
        };
        if epoch.is_multiple_of(2) { even } else { odd }
    }
}

impl Inside {
    fn writes_alone(&self) -> bool {
        self.verb == Verb::Write && !self.phase.writes_both()
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if self.writes_alone() {
            self.gate.alone.fetch_sub(1, Ordering::SeqCst);
        }
        let counter = self.gate.counter(self.verb, self.epoch);
        let last = counter.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && self.gate.word.load(Ordering::SeqCst) & (STEPPING | CLOSED) != 0 {
            self.gate.left.notify_waiters();
        }
    }
}

const fn bits(phase: Phase) -> u64 {
    phase.number() as u64 + 1
}

fn phase_of(word: u64) -> Option<Phase> {
    let number = (word & PHASE).checked_sub(1)?;
    Phase::ALL
        .into_iter()
        .find(|phase| u64::from(phase.number()) == number)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn begun(phase: Phase) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        gate.begin(phase, true);
        gate
    }

    #[tokio::test]
    async fn a_call_waits_until_the_entity_has_a_phase() {
        let gate = Arc::new(Gate::default());
        assert_eq!(gate.now(), None);
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter(Verb::Read, "user").await.phase }
        });
        tokio::task::yield_now().await;
        gate.begin(Phase::DualWrite, true);
        gate.wake();
        assert_eq!(waiting.await.unwrap(), Phase::DualWrite);
    }

    #[tokio::test]
    async fn a_closed_gate_lets_reads_in_and_writes_wait_for_the_phase_after_it() {
        let gate = begun(Phase::ShadowRead);
        let write = gate.enter(Verb::Write, "user").await;
        gate.close();
        assert!(gate.writes_left().now_or_never().is_none());
        let read = gate.enter(Verb::Read, "user").await;
        assert_eq!(read.phase, Phase::ShadowRead);
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter(Verb::Write, "user").await.phase }
        });
        tokio::task::yield_now().await;
        drop(write);
        assert!(gate.writes_left().now_or_never().is_some());
        assert!(!waiting.is_finished());
        let old = gate.change(Phase::DynamoDbRead);
        gate.open();
        gate.wake();
        assert_eq!(waiting.await.unwrap(), Phase::DynamoDbRead);
        assert_eq!(gate.now(), Some((Phase::DynamoDbRead, 2)));
        assert!(gate.calls_left(old).now_or_never().is_none());
        drop(read);
        assert!(gate.calls_left(old).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_gate_that_opens_again_is_in_the_old_phase() {
        let gate = begun(Phase::ShadowRead);
        gate.close();
        assert!(gate.enter(Verb::Write, "user").now_or_never().is_none());
        gate.open();
        gate.stepped();
        let write = gate.enter(Verb::Write, "user").await;
        assert_eq!(write.phase, Phase::ShadowRead);
        assert_eq!(gate.now(), Some((Phase::ShadowRead, 1)));
    }

    #[tokio::test]
    async fn a_write_of_an_earlier_epoch_still_counts_when_the_gate_closes() {
        let gate = begun(Phase::MySqlOnly);
        let write = gate.enter(Verb::Write, "user").await;
        for phase in [Phase::DualWrite, Phase::ShadowRead] {
            gate.change(phase);
            gate.open();
            gate.stepped();
            gate.close();
            assert!(gate.writes_left().now_or_never().is_none(), "{phase}");
            gate.open();
        }
        drop(write);
        gate.close();
        assert!(gate.writes_left().now_or_never().is_some());
    }
}
