//! A store whose reads keep timing out is left alone for a while: whoever hangs is not helped by more
//! calls, connections and tasks.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::phases::Store;

/// So many reads in a row without an answer open the breaker.
const AFTER: u32 = 10;

/// It stays open for so many deadlines of a read; then one read tries the store again.
const DEADLINES: u32 = 10;

/// The breaker of one store's shadow reads.
#[derive(Debug)]
pub(crate) struct Breaker {
    store: Store,
    pause: Duration,
    /// Reads in a row without an answer.
    late: AtomicU32,
    /// When one read may try again.
    again: Mutex<Instant>,
}

impl Breaker {
    pub(crate) fn new(store: Store, deadline: Duration) -> Self {
        Self {
            store,
            pause: deadline * DEADLINES,
            late: AtomicU32::new(0),
            again: Mutex::new(Instant::now()),
        }
    }

    /// Whether a read may be sent.
    pub(crate) fn admits(&self) -> bool {
        if self.late.load(Ordering::Relaxed) < AFTER {
            return true;
        }
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let admitted = now >= *again;
        if admitted {
            *again = now + self.pause;
        }
        admitted
    }

    /// A read was sent and ended.
    pub(crate) fn ended(&self, timed_out: bool) {
        let store = self.store.as_str();
        if !timed_out {
            if self.late.swap(0, Ordering::Relaxed) >= AFTER {
                tracing::info!(target: "dal_shadow", store, "answers shadow reads again");
            }
            return;
        }
        // Relaxed throughout: a read more or less does not matter.
        if self.late.fetch_add(1, Ordering::Relaxed) + 1 == AFTER {
            *self.again.lock().unwrap_or_else(PoisonError::into_inner) =
                Instant::now() + self.pause;
            tracing::warn!(
                target: "dal_shadow",
                store,
                pause = ?self.pause,
                "answers no shadow reads; they are shed, and one tries again after each pause"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_ten_late_reads_one_is_let_through_in_each_pause_until_one_is_answered() {
        let breaker = Breaker::new(Store::DynamoDb, Duration::from_secs(1));
        for _ in 0..AFTER {
            assert!(breaker.admits());
            breaker.ended(true);
        }
        assert!(!breaker.admits());
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(breaker.admits() && !breaker.admits());
        breaker.ended(true);
        assert!(!breaker.admits());
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(breaker.admits());
        breaker.ended(false);
        assert!(breaker.admits() && breaker.admits());
    }

    #[tokio::test(start_paused = true)]
    async fn late_reads_with_answers_between_open_nothing() {
        let breaker = Breaker::new(Store::MySql, Duration::from_secs(1));
        for late in 0..100 {
            breaker.ended(late % 5 != 0);
            assert!(breaker.admits());
        }
    }
}
