//! The gate to one entity: which phase a call is in, and how a step changes it.
//!
//! A call enters with two atomic operations and leaves with one. A step that hands over closes the
//! gate to writes, waits until those under way are in both stores, changes the phase, and is
//! acknowledged when the last call of the old phase has left.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

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
    /// The gate opened.
    opened: Notify,
    /// The last call of a kind left while a step was waiting.
    left: Notify,
}

/// Why a step was not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocked {
    /// Writes, or their secondary writes, did not end in time: the old phase stays.
    Writes,
    /// What the step needs does not hold behind the closed gate: the old phase stays.
    Refused,
    /// The new phase is in force, but calls of the old one are still under way.
    Calls,
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

    /// Gives an entity its first phase.
    pub(crate) fn begin(&self, phase: Phase) {
        self.word.store(bits(phase) | EPOCH, Ordering::SeqCst);
        self.opened.notify_waiters();
    }

    /// Steps from `from` to `to`, both of them checked by the caller, who also sees to it that
    /// steps of one entity follow one another. `settle` waits for the secondary writes so far,
    /// where the step needs them, and says whether the step may be taken. A hand-over keeps the
    /// gate closed to writes until `closed_until` at most; calls of the old phase are waited for
    /// until `deadline`.
    pub(crate) async fn step(
        &self,
        from: Phase,
        to: Phase,
        closed_until: Instant,
        deadline: Instant,
        settle: impl Future<Output = bool>,
    ) -> Result<(), Blocked> {
        let epoch = self.word.load(Ordering::SeqCst) / EPOCH;
        let hands_over = from.hands_over_to(to);
        let closed = if hands_over { CLOSED } else { 0 };
        self.word.fetch_or(STEPPING | closed, Ordering::SeqCst);
        if hands_over {
            let writes = async {
                self.empty(Verb::Write, epoch).await;
                settle.await
            };
            let blocked = match timeout_at(closed_until, writes).await {
                Ok(true) => None,
                Ok(false) => Some(Blocked::Refused),
                Err(_late) => Some(Blocked::Writes),
            };
            if let Some(blocked) = blocked {
                self.word.fetch_and(!(STEPPING | CLOSED), Ordering::SeqCst);
                self.opened.notify_waiters();
                return Err(blocked);
            }
        }
        let next = epoch.wrapping_add(1).wrapping_mul(EPOCH);
        self.word
            .store(bits(to) | next | STEPPING, Ordering::SeqCst);
        self.opened.notify_waiters();
        let calls = async {
            self.empty(Verb::Read, epoch).await;
            self.empty(Verb::Write, epoch).await;
        };
        let left = timeout_at(deadline, calls).await;
        self.word.fetch_and(!STEPPING, Ordering::SeqCst);
        left.map_err(|_| Blocked::Calls)
    }

    /// Waits until no call of this kind and epoch is inside. [`STEPPING`] must be set.
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

impl Drop for Inside {
    fn drop(&mut self) {
        let counter = self.gate.counter(self.verb, self.epoch);
        let last = counter.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && self.gate.word.load(Ordering::SeqCst) & STEPPING != 0 {
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
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(200)
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
        gate.begin(Phase::DualWrite);
        assert_eq!(waiting.await.unwrap(), Phase::DualWrite);
    }

    #[tokio::test]
    async fn a_step_that_hands_over_waits_for_writes_and_lets_none_in_meanwhile() {
        let gate = Arc::new(Gate::default());
        gate.begin(Phase::ShadowRead);
        let write = gate.enter(Verb::Write, "user").await;
        let settled = Arc::new(AtomicBool::new(false));
        let step = tokio::spawn({
            let (gate, settled) = (Arc::clone(&gate), Arc::clone(&settled));
            async move {
                let settle = async {
                    settled.store(true, Ordering::SeqCst);
                    true
                };
                gate.step(
                    Phase::ShadowRead,
                    Phase::DynamoDbRead,
                    soon(),
                    soon(),
                    settle,
                )
                .await
            }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!settled.load(Ordering::SeqCst));
        // Reads go on in the old phase; another write waits.
        assert_eq!(
            gate.enter(Verb::Read, "user").await.phase,
            Phase::ShadowRead
        );
        let second = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter(Verb::Write, "user").await.phase }
        });
        drop(write);
        assert_eq!(second.await.unwrap(), Phase::DynamoDbRead);
        assert_eq!(step.await.unwrap(), Ok(()));
        assert_eq!(gate.now(), Some((Phase::DynamoDbRead, 2)));
    }

    #[tokio::test]
    async fn a_write_that_does_not_end_leaves_the_old_phase_in_force() {
        let gate = Arc::new(Gate::default());
        gate.begin(Phase::ShadowRead);
        let _write = gate.enter(Verb::Write, "user").await;
        let step = gate
            .step(
                Phase::ShadowRead,
                Phase::DynamoDbRead,
                soon(),
                soon(),
                async { true },
            )
            .await;
        assert_eq!(step, Err(Blocked::Writes));
        assert_eq!(
            gate.enter(Verb::Write, "user").await.phase,
            Phase::ShadowRead
        );
    }

    #[tokio::test]
    async fn a_step_is_acknowledged_only_when_the_old_readers_have_left() {
        let gate = Arc::new(Gate::default());
        gate.begin(Phase::ShadowRead);
        let read = gate.enter(Verb::Read, "user").await;
        let step = gate
            .step(
                Phase::ShadowRead,
                Phase::DynamoDbRead,
                soon(),
                soon(),
                async { true },
            )
            .await;
        assert_eq!(step, Err(Blocked::Calls));
        assert_eq!(gate.now(), Some((Phase::DynamoDbRead, 2)));
        drop(read);
        let back = gate
            .step(
                Phase::DynamoDbRead,
                Phase::ShadowRead,
                soon(),
                soon(),
                async { true },
            )
            .await;
        assert_eq!(back, Ok(()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn under_load_no_call_of_the_old_phase_is_inside_after_the_acknowledgement() {
        let gate = Arc::new(Gate::default());
        gate.begin(Phase::ShadowRead);
        let stop = Arc::new(AtomicBool::new(false));
        let old = Arc::new(AtomicU64::new(0));
        let mut callers = Vec::new();
        for caller in 0..8 {
            let (gate, stop, old) = (Arc::clone(&gate), Arc::clone(&stop), Arc::clone(&old));
            callers.push(tokio::spawn(async move {
                let verb = if caller % 2 == 0 {
                    Verb::Read
                } else {
                    Verb::Write
                };
                while !stop.load(Ordering::SeqCst) {
                    let inside = gate.enter(verb, "user").await;
                    let is_old = inside.phase == Phase::ShadowRead;
                    old.fetch_add(u64::from(is_old), Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    old.fetch_sub(u64::from(is_old), Ordering::SeqCst);
                }
            }));
        }
        for _ in 0..200 {
            let end = Instant::now() + Duration::from_secs(10);
            let forth = gate.step(Phase::ShadowRead, Phase::DynamoDbRead, end, end, async {
                true
            });
            assert_eq!(forth.await, Ok(()));
            assert_eq!(old.load(Ordering::SeqCst), 0);
            let back = gate.step(Phase::DynamoDbRead, Phase::ShadowRead, end, end, async {
                true
            });
            assert_eq!(back.await, Ok(()));
        }
        stop.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.await.unwrap();
        }
    }
}
