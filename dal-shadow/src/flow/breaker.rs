//! A store that answers no reads is left alone for a while: one that hangs or refuses connections is not
//! helped by more calls, connections and tasks.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::phases::Store;

/// So many reads in a row without an answer open the breaker.
const AFTER: u32 = 10;

/// It stays open for so many timeouts of a read; then one read tries the store again.
const TIMEOUTS: u32 = 10;

/// While the store answers nothing, the log says so this often.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// The circuit breaker of one store's shadow reads.
#[derive(Debug)]
pub(crate) struct Breaker {
    store: Store,
    pause: Duration,
    /// Reads in a row without an answer.
    unanswered: AtomicU32,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    /// When one read may try again.
    again: Instant,
    /// Reads that were not sent since the last answer.
    shed: u64,
    said: Option<Instant>,
}

impl Breaker {
    pub(crate) fn new(store: Store, timeout: Duration) -> Self {
        Self {
            store,
            pause: timeout * TIMEOUTS,
            unanswered: AtomicU32::new(0),
            open: Mutex::new(Open {
                again: Instant::now(),
                shed: 0,
                said: None,
            }),
        }
    }

    /// Whether reads are not sent.
    pub(crate) fn is_open(&self) -> bool {
        self.unanswered.load(Ordering::Relaxed) >= AFTER
    }

    /// Whether a read may be sent.
    pub(crate) fn admits(&self) -> bool {
        if self.unanswered.load(Ordering::Relaxed) < AFTER {
            return true;
        }
        let mut open = self.open();
        let now = Instant::now();
        let admitted = now >= open.again;
        if admitted {
            open.again = now + self.pause;
        } else {
            open.shed += 1;
        }
        admitted
    }

    /// A read was sent and ended.
    pub(crate) fn ended(&self, answered: bool) {
        let store = self.store.as_str();
        // Relaxed throughout: a read more or less does not matter.
        if answered {
            if self.unanswered.swap(0, Ordering::Relaxed) >= AFTER {
                let mut open = self.open();
                let shed = std::mem::take(&mut open.shed);
                open.said = None;
                drop(open);
                tracing::info!(target: "dal_shadow", store, shed, "the secondary answers shadow reads again");
            }
            return;
        }
        let unanswered = self.unanswered.fetch_add(1, Ordering::Relaxed) + 1;
        if unanswered < AFTER {
            return;
        }
        let mut open = self.open();
        let now = Instant::now();
        if unanswered == AFTER {
            open.again = now + self.pause;
        }
        if open.said.is_some_and(|said| now < said + SAY_AGAIN) {
            return;
        }
        open.said = Some(now);
        let shed = open.shed;
        drop(open);
        tracing::warn!(
            target: "dal_shadow",
            store,
            unanswered,
            shed,
            pause = ?self.pause,
            "the secondary answers no shadow reads: it is late or refuses connections. Reads are not compared meanwhile; one tries again after each pause"
        );
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_ten_unanswered_reads_one_is_let_through_in_each_pause_until_one_is_answered() {
        let breaker = Breaker::new(Store::DynamoDb, Duration::from_secs(1));
        for _ in 0..AFTER {
            assert!(breaker.admits());
            breaker.ended(false);
        }
        assert!(!breaker.admits());
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(breaker.admits() && !breaker.admits());
        breaker.ended(false);
        assert!(!breaker.admits());
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(breaker.admits());
        breaker.ended(true);
        assert!(breaker.admits() && breaker.admits());
    }

    #[tokio::test(start_paused = true)]
    async fn unanswered_reads_with_answers_between_open_nothing() {
        let breaker = Breaker::new(Store::MySql, Duration::from_secs(1));
        for read in 0..100 {
            breaker.ended(read % 5 == 0);
            assert!(breaker.admits());
        }
    }
}
