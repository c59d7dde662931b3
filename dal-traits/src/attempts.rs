//! What the attempts of one operation come to.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::{Class, Effect, Idempotency, Retry, RetryPolicy};

/// The attempts of one operation under [`retry`](crate::retry): how many there were, and whether any of
/// them can have had an effect.
#[derive(Debug)]
pub struct Attempts {
    most: u32,
    idempotency: Idempotency,
    made: AtomicU32,
    unknown: AtomicBool,
}

impl Attempts {
    /// None so far.
    pub fn new(policy: &RetryPolicy, idempotency: Idempotency) -> Self {
        Self {
            most: policy.max_attempts,
            idempotency,
            made: AtomicU32::new(0),
            unknown: AtomicBool::new(false),
        }
    }

    /// One more begins.
    pub fn begin(&self) {
        self.made.fetch_add(1, Ordering::Relaxed);
    }

    /// The class of the operation when its latest attempt failed with `class`: the effect is unknown when
    /// it was in any attempt of a write, and a failure of the last attempt is [`Retry::Exhausted`].
    pub fn failed(&self, class: Class) -> Class {
        let applied = class.effect == Effect::Unknown;
        let applied = self.unknown.fetch_or(applied, Ordering::Relaxed) || applied;
        let effect = if applied && self.idempotency != Idempotency::Read {
            Effect::Unknown
        } else {
            Effect::None
        };
        let last = self.made.load(Ordering::Relaxed) >= self.most;
        let retry = match class.retry {
            Retry::Backoff if last => Retry::Exhausted,
            retry => retry,
        };
        class.effect(effect).retry(retry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn an_unknown_effect_stays_and_the_last_attempt_exhausts() {
        let policy = RetryPolicy {
            max_attempts: 3,
            ..RetryPolicy::default()
        };
        let attempts = Attempts::new(&policy, Idempotency::ByToken);
        let fail = |kind| {
            attempts.begin();
            let class = attempts.failed(Class::new(kind));
            (class.effect, class.retry)
        };
        assert_eq!(fail(ErrorKind::Throttled), (Effect::None, Retry::Backoff));
        assert_eq!(
            fail(ErrorKind::Unavailable),
            (Effect::Unknown, Retry::Backoff)
        );
        assert_eq!(
            fail(ErrorKind::Throttled),
            (Effect::Unknown, Retry::Exhausted)
        );
    }

    #[test]
    fn a_read_has_no_effect() {
        let attempts = Attempts::new(&RetryPolicy::default(), Idempotency::Read);
        attempts.begin();
        let class = attempts.failed(Class::new(ErrorKind::Timeout));
        assert_eq!(class.effect, Effect::None);
    }
}
