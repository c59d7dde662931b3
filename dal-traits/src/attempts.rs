//! The attempts of one operation: how often it runs, and what its failures come to together.

use std::future::Future;

use crate::{Class, Classify, Effect, Idempotency, OpCx, Retry, RetryPolicy};

/// An operation that failed for good.
#[derive(Debug)]
pub struct GaveUp<E> {
    /// The error of the last attempt.
    pub last: E,
    /// The class of the whole operation: that of the last attempt, with the effect of *all*
    /// attempts, and [`Retry::Exhausted`] when every attempt was used.
    pub class: Class,
    /// The error of the latest attempt that may have been applied, if that was not the last.
    uncertain: Option<E>,
}

impl<E> GaveUp<E> {
    /// The error that claims no more than is known: that of the attempt that may have been applied,
    /// else the last.
    pub fn into_error(self) -> E {
        self.uncertain.unwrap_or(self.last)
    }
}

/// Calls `operation` until it succeeds, fails for good, or attempts, budget or deadline are used
/// up.
///
/// It is repeated only when its error says [`Retry::Backoff`] and either no attempt so far can have
/// had an effect or `idempotency` allows a repetition. The effect accumulates: once
/// [`Effect::Unknown`], always unknown, so a write that may have been applied is never repeated
/// blindly, and never reported as refused.
///
/// # Errors
///
/// The error of the last attempt; or, when an earlier attempt of a write may have been applied, the
/// error of that attempt, whatever the later ones say: a repeated insert that finds its own row has
/// not failed with "exists".
pub async fn retry<T, E, F, Fut>(
    policy: &RetryPolicy,
    cx: &OpCx,
    idempotency: Idempotency,
    operation: F,
) -> Result<T, E>
where
    E: Classify,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    attempts(policy, cx, idempotency, operation)
        .await
        .map_err(GaveUp::into_error)
}

/// As [`retry`], with the class of the whole operation beside the error of its last attempt.
///
/// # Errors
///
/// [`GaveUp`].
pub async fn attempts<T, E, F, Fut>(
    policy: &RetryPolicy,
    cx: &OpCx,
    idempotency: Idempotency,
    mut operation: F,
) -> Result<T, GaveUp<E>>
where
    E: Classify,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let mut uncertain = None;
    let mut attempt = 1;
    loop {
        let last = match operation().await {
            Ok(value) => {
                policy.budget.give();
                return Ok(value);
            }
            Err(error) => error,
        };
        let class = last.classify();
        let unknown = class.effect == Effect::Unknown || uncertain.is_some();
        let repeatable = idempotency != Idempotency::None || !unknown;
        let again = class.retry == Retry::Backoff
            && repeatable
            && attempt < policy.max_attempts
            && pause(policy, cx, attempt, &class).await;
        if !again {
            return Err(GaveUp {
                class: whole(class, idempotency, unknown, attempt >= policy.max_attempts),
                last,
                uncertain: uncertain.filter(|_| idempotency != Idempotency::Read),
            });
        }
        if class.effect == Effect::Unknown {
            uncertain = Some(last);
        }
        attempt += 1;
    }
}

/// Waits before the next attempt; `false` when the deadline or the budget does not allow one.
async fn pause(policy: &RetryPolicy, cx: &OpCx, attempt: u32, class: &Class) -> bool {
    let pause = policy.pause(attempt);
    if cx.ends_within(pause) || !policy.budget.take() {
        return false;
    }
    tracing::debug!(
        attempt,
        kind = class.kind.as_str(),
        correlation_id = cx.correlation_id(),
        "retrying"
    );
    metrics::counter!(crate::telemetry::RETRIES, "error.type" => class.kind.as_str()).increment(1);
    tokio::time::sleep(pause).await;
    true
}

/// The class of the whole operation whose last attempt failed with `class`.
fn whole(class: Class, idempotency: Idempotency, unknown: bool, last: bool) -> Class {
    let effect = if unknown && idempotency != Idempotency::Read {
        Effect::Unknown
    } else {
        Effect::None
    };
    let retry = match class.retry {
        Retry::Backoff if last => Retry::Exhausted,
        retry => retry,
    };
    class.effect(effect).retry(retry)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Error, ErrorKind, RetryBudget};

    /// Fails with `kinds`, one after the other, then succeeds.
    async fn run(
        kinds: &[ErrorKind],
        idempotency: Idempotency,
        cx: &OpCx,
    ) -> (usize, Result<(), GaveUp<Error>>) {
        let policy = RetryPolicy::default();
        let mut calls = 0;
        let result = attempts(&policy, cx, idempotency, || {
            let kind = kinds.get(calls).copied();
            calls += 1;
            async move { kind.map_or(Ok(()), |kind| Err(Error::new(kind, "planted"))) }
        })
        .await;
        (calls, result)
    }

    async fn calls(kinds: &[ErrorKind], idempotency: Idempotency, cx: &OpCx) -> (usize, bool) {
        let (calls, result) = run(kinds, idempotency, cx).await;
        (calls, result.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_is_answered_with_backoff() {
        let cx = OpCx::new();
        let kinds = [ErrorKind::Throttled, ErrorKind::Conflict];
        assert_eq!(calls(&kinds, Idempotency::None, &cx).await, (3, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_whose_effect_is_unknown_is_not_repeated() {
        let cx = OpCx::new();
        let kinds = [ErrorKind::Unavailable];
        assert_eq!(calls(&kinds, Idempotency::None, &cx).await, (1, false));
        assert_eq!(calls(&kinds, Idempotency::ByToken, &cx).await, (2, true));
        assert_eq!(calls(&kinds, Idempotency::Read, &cx).await, (2, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_reply_then_exists_is_never_a_refusal() {
        let kinds = [ErrorKind::Unavailable, ErrorKind::AlreadyExists];
        let (_, result) = run(&kinds, Idempotency::ByToken, &OpCx::new()).await;
        let gave_up = result.unwrap_err();
        assert_eq!(gave_up.class.kind, ErrorKind::AlreadyExists);
        assert_eq!(gave_up.class.effect, Effect::Unknown);
        let error = gave_up.into_error();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Unavailable, Effect::Unknown)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_unknown_effect_stays_through_every_later_attempt() {
        let kinds = [
            ErrorKind::Throttled,
            ErrorKind::Timeout,
            ErrorKind::Throttled,
            ErrorKind::Conflict,
            ErrorKind::UniqueViolation,
        ];
        let (calls, result) = run(&kinds, Idempotency::ByToken, &OpCx::new()).await;
        assert_eq!(calls, 5);
        let gave_up = result.unwrap_err();
        assert_eq!(gave_up.class.effect, Effect::Unknown);
        assert_eq!(gave_up.into_error().kind(), ErrorKind::Timeout);
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_has_no_effect() {
        let kinds = [ErrorKind::Unavailable, ErrorKind::NoSuchTable];
        let (_, result) = run(&kinds, Idempotency::Read, &OpCx::new()).await;
        let gave_up = result.unwrap_err();
        assert_eq!(gave_up.class.effect, Effect::None);
        assert_eq!(gave_up.into_error().kind(), ErrorKind::NoSuchTable);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_final_is_not_repeated() {
        let cx = OpCx::new();
        let kinds = [ErrorKind::UniqueViolation];
        assert_eq!(calls(&kinds, Idempotency::Read, &cx).await, (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_stops_the_next_pause() {
        let cx = OpCx::new().with_deadline(tokio::time::Instant::now());
        let kinds = [ErrorKind::Throttled; 9];
        assert_eq!(calls(&kinds, Idempotency::Read, &cx).await, (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_and_budget_are_bounded() {
        let kinds = [ErrorKind::Throttled; 20];
        let cx = OpCx::new();
        let (calls, result) = run(&kinds, Idempotency::Read, &cx).await;
        assert_eq!(calls, 8);
        assert_eq!(result.unwrap_err().class.retry, Retry::Exhausted);

        let policy = RetryPolicy {
            budget: Arc::new(RetryBudget::new(RetryBudget::COST)),
            ..RetryPolicy::default()
        };
        let mut calls = 0;
        let result: Result<(), Error> = retry(&policy, &cx, Idempotency::Read, || {
            calls += 1;
            async { Err(Error::new(ErrorKind::Throttled, "planted")) }
        })
        .await;
        assert!(result.is_err());
        assert_eq!(calls, 2);
    }
}
