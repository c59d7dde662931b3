//! The retry policy: exponential backoff with full jitter, under a budget.
//!
//! The formula is that of "Exponential Backoff And Jitter" (AWS Architecture Blog): a pause is
//! drawn evenly from zero to `min(max_pause, base · 2^attempt)`. The budget is the token bucket of
//! the SDKs' standard retry mode: a retry takes tokens, a success gives one back, so that a store
//! that is down is not asked several times by every caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Whether an operation may be repeated after an attempt whose effect is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// It changes nothing.
    Read,
    /// It is a write that has the same effect when applied twice, by a token or by nature.
    ByToken,
    /// It is a write that would have its effect twice.
    None,
}

/// Tokens for retries, shared by all calls to one store.
#[derive(Debug)]
pub struct RetryBudget {
    tokens: AtomicU32,
    capacity: u32,
}

impl RetryBudget {
    /// Tokens that one retry takes.
    pub(crate) const COST: u32 = 5;

    /// A full bucket of `capacity` tokens; a retry takes five, a success returns one.
    pub fn new(capacity: u32) -> Self {
        Self {
            tokens: AtomicU32::new(capacity),
            capacity,
        }
    }

    pub(crate) fn take(&self) -> bool {
        self.tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
                tokens.checked_sub(Self::COST)
            })
            .is_ok()
    }

    pub(crate) fn give(&self) {
        let full = self.capacity;
        // A bucket that is full already refuses, which is not an error.
        let _full = self
            .tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
                (tokens < full).then(|| tokens + 1)
            });
    }
}

/// How often and after which pauses an operation is tried again. Cheap to clone; clones share the
/// budget, so keep one policy per store.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// Attempts in all, the first included.
    pub max_attempts: u32,
    /// The upper end of the first pause.
    pub base: Duration,
    /// The upper end of every pause.
    pub max_pause: Duration,
    /// Tokens shared by all calls to the store.
    pub budget: Arc<RetryBudget>,
}

impl Default for RetryPolicy {
    /// Eight attempts, pauses of up to 25 ms doubling to at most 5 s, 500 tokens (the bucket of the
    /// SDKs' standard mode).
    fn default() -> Self {
        Self {
            max_attempts: 8,
            base: Duration::from_millis(25),
            max_pause: Duration::from_secs(5),
            budget: Arc::new(RetryBudget::new(500)),
        }
    }
}

impl RetryPolicy {
    /// The upper end of the pause after `attempt` attempts (1 is the first).
    pub fn ceiling(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.base
            .saturating_mul(1_u32 << doublings)
            .min(self.max_pause)
    }

    /// A pause drawn evenly from zero to [`RetryPolicy::ceiling`].
    pub fn pause(&self, attempt: u32) -> Duration {
        self.ceiling(attempt).mul_f64(fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_maximum() {
        let policy = RetryPolicy::default();
        let ceilings: Vec<_> = (1..=10).map(|n| policy.ceiling(n).as_millis()).collect();
        assert_eq!(
            ceilings,
            [25, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]
        );
    }
}
