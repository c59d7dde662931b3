//! One call of a database: what both backends run their attempts through.

use std::future::Future;

pub use crate::failed::{Call, Failed, Reading};
use crate::{Class, ErrorKind, GaveUp, Idempotency, OpCx, RetryPolicy, attempts, telemetry};

/// Why an attempt that ends at the deadline failed.
#[derive(Debug)]
pub enum Cause<N> {
    /// The database's own error.
    Native(N),
    /// The deadline passed while the call was under way.
    Late,
}

/// Makes one call: each attempt in a span, measured and ended at the deadline of
/// [`OpCx::current`]; repeated by the retry rules. `read` is asked once for each error of the
/// database, `start` is called once for each attempt.
///
/// # Errors
/// The last attempt's error, with the class of the whole operation (see [`GaveUp`]).
pub async fn run<T, N, F, Fut>(
    call: Call<'_>,
    policy: &RetryPolicy,
    idempotency: Idempotency,
    read: impl Fn(&N) -> Reading,
    mut start: F,
) -> Result<T, Failed<Cause<N>>>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, N>>,
{
    let cx = OpCx::current();
    attempts(policy, &cx, idempotency, || {
        attempt(call, &cx, &read, start())
    })
    .await
    .map_err(|gave_up: GaveUp<Failed<Cause<N>>>| {
        let mut failed = gave_up.last;
        failed.reading.class = gave_up.class;
        failed
    })
}

/// One attempt: in a span, measured, ended at the deadline of `cx`.
///
/// # Errors
/// The error with its reading; [`Cause::Late`] is [`ErrorKind::Timeout`].
pub async fn attempt<T, N>(
    call: Call<'_>,
    cx: &OpCx,
    read: impl Fn(&N) -> Reading,
    future: impl Future<Output = Result<T, N>>,
) -> Result<T, Failed<Cause<N>>> {
    let bounded = async {
        let Some(deadline) = cx.deadline() else {
            return future.await.map_err(Cause::Native);
        };
        match tokio::time::timeout_at(deadline, future).await {
            Ok(result) => result.map_err(Cause::Native),
            Err(_late) => Err(Cause::Late),
        }
    };
    let read = |cause: &Cause<N>| match cause {
        Cause::Native(native) => read(native),
        Cause::Late => Reading {
            class: Class::new(ErrorKind::Timeout),
            status: None,
        },
    };
    telemetry::observe(call, cx, read, bounded).await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;
    use crate::{Classify as _, Effect, Retry};

    const CALL: Call<'_> = Call {
        system: "test",
        operation: "PUT",
        table: "things",
    };

    #[tokio::test(start_paused = true)]
    async fn an_error_is_read_once_for_each_attempt() {
        let (reads, calls) = (Cell::new(0), Cell::new(0));
        let policy = RetryPolicy {
            max_attempts: 3,
            ..RetryPolicy::default()
        };
        let read = |_: &&str| {
            reads.set(reads.get() + 1);
            Reading {
                class: Class::new(ErrorKind::Throttled),
                status: None,
            }
        };
        let result: Result<(), _> = run(CALL, &policy, Idempotency::None, read, || {
            calls.set(calls.get() + 1);
            async { Err("planted") }
        })
        .await;
        assert_eq!(
            result.unwrap_err().reading.class.retry,
            Retry::Exhausted,
            "the class is that of the whole operation"
        );
        assert_eq!((calls.get(), reads.get()), (3, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_ends_an_attempt_with_unknown_effect() {
        let cx = OpCx::new().with_deadline(tokio::time::Instant::now() + Duration::from_millis(5));
        let read = |(): &()| Reading {
            class: Class::new(ErrorKind::Unexpected),
            status: None,
        };
        let hung = std::future::pending::<Result<(), ()>>();
        let failed = attempt(CALL, &cx, read, hung).await.unwrap_err();
        assert!(matches!(failed.error, Cause::Late));
        assert_eq!(failed.classify().effect, Effect::Unknown);
    }
}
