//! Exponential backoff with full jitter, under a deadline and a budget.
//!
//! The formula is that of "Exponential Backoff And Jitter" (AWS Architecture Blog): a pause is
//! drawn evenly from zero to `min(max_pause, base · 2^attempt)`. The budget is the token bucket of
//! the SDKs' standard retry mode: a retry takes tokens, a success gives one back, so that a store
//! that is down is not asked several times by everybody.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::{Classify, Effect, OpCx, Retry};

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
    const COST: u32 = 5;

    /// A full bucket of `capacity` tokens; a retry takes five, a success returns one.
    pub fn new(capacity: u32) -> Self {
        Self {
            tokens: AtomicU32::new(capacity),
            capacity,
        }
    }

    fn take(&self) -> bool {
        self.tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
                tokens.checked_sub(Self::COST)
            })
            .is_ok()
    }

    fn give(&self) {
        let full = self.capacity;
        // A bucket that is full already refuses, which is no error.
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

/// Calls `operation` until it succeeds, fails for good, or attempts, budget or deadline are used
/// up.
///
/// It is repeated only when its error says [`Retry::Backoff`] and either no attempt so far can have
/// had an effect or `idempotency` allows a repetition. The effect accumulates: once
/// [`Effect::Unknown`], always unknown, so a write that may have been applied is never repeated
/// blindly.
///
/// # Errors
///
/// The last error as it is.
pub async fn retry<T, E, F, Fut>(
    policy: &RetryPolicy,
    cx: &OpCx,
    idempotency: Idempotency,
    mut operation: F,
) -> Result<T, E>
where
    E: Classify,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let mut unknown = false;
    let mut attempt = 1;
    loop {
        let error = match operation().await {
            Ok(value) => {
                policy.budget.give();
                return Ok(value);
            }
            Err(error) => error,
        };
        let class = error.classify();
        unknown |= class.effect == Effect::Unknown;
        let repeatable = !unknown || idempotency != Idempotency::None;
        if class.retry != Retry::Backoff || !repeatable || attempt >= policy.max_attempts {
            return Err(error);
        }
        let pause = policy.pause(attempt);
        let late = cx
            .deadline()
            .is_some_and(|deadline| tokio::time::Instant::now() + pause >= deadline);
        if late || !policy.budget.take() {
            return Err(error);
        }
        tracing::debug!(
            attempt,
            kind = class.kind.as_str(),
            correlation_id = cx.correlation_id(),
            "retrying"
        );
        metrics::counter!("dal.retries", "error.type" => class.kind.as_str()).increment(1);
        tokio::time::sleep(pause).await;
        attempt += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, ErrorKind};

    async fn attempts(kinds: &[ErrorKind], idempotency: Idempotency, cx: &OpCx) -> (usize, bool) {
        let policy = RetryPolicy::default();
        let mut calls = 0;
        let answer = retry(&policy, cx, idempotency, || {
            let kind = kinds.get(calls).copied();
            calls += 1;
            async move { kind.map_or(Ok(()), |kind| Err(Error::new(kind, "planted"))) }
        })
        .await;
        (calls, answer.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_is_answered_with_backoff() {
        let cx = OpCx::new();
        let kinds = [ErrorKind::Throttled, ErrorKind::Conflict];
        assert_eq!(attempts(&kinds, Idempotency::None, &cx).await, (3, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_whose_effect_is_unknown_is_not_repeated() {
        let cx = OpCx::new();
        let kinds = [ErrorKind::Unavailable];
        assert_eq!(attempts(&kinds, Idempotency::None, &cx).await, (1, false));
        assert_eq!(attempts(&kinds, Idempotency::ByToken, &cx).await, (2, true));
        assert_eq!(attempts(&kinds, Idempotency::Read, &cx).await, (2, true));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_final_is_not_repeated() {
        let cx = OpCx::new();
        let kinds = [ErrorKind::UniqueViolation];
        assert_eq!(attempts(&kinds, Idempotency::Read, &cx).await, (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_stops_the_next_pause() {
        let cx = OpCx::new().with_deadline(tokio::time::Instant::now());
        let kinds = [ErrorKind::Throttled; 9];
        assert_eq!(attempts(&kinds, Idempotency::Read, &cx).await, (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_and_budget_are_bounded() {
        let kinds = [ErrorKind::Throttled; 20];
        let cx = OpCx::new();
        assert_eq!(attempts(&kinds, Idempotency::Read, &cx).await, (8, false));

        let policy = RetryPolicy {
            budget: Arc::new(RetryBudget::new(RetryBudget::COST)),
            ..RetryPolicy::default()
        };
        let mut calls = 0;
        let answer: Result<(), Error> = retry(&policy, &cx, Idempotency::Read, || {
            calls += 1;
            async { Err(Error::new(ErrorKind::Throttled, "planted")) }
        })
        .await;
        assert!(answer.is_err());
        assert_eq!(calls, 2);
    }

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
