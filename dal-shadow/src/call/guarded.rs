//! A call of the other store: bounded in time, its panics contained.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use dal_traits::OpCx;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;

use crate::tree::answer::Answer;

/// A second write, to be called as often as it takes.
pub type Repeatable = Box<dyn Fn() -> BoxFuture<'static, Answer> + Send + Sync>;

/// How a call of the other store ended.
#[derive(Debug)]
pub(crate) enum Called {
    /// With an answer.
    Answered(Answer),
    /// Not in time.
    TimedOut,
    /// With a panic.
    Panicked,
}

/// Runs `call` for at most `limit`, in a context of its own.
pub(crate) async fn called(
    cx: OpCx,
    limit: Duration,
    call: impl FnOnce() -> BoxFuture<'static, Answer> + Send,
) -> Called {
    let cx = cx.with_deadline(Instant::now() + limit);
    let guarded = AssertUnwindSafe(cx.scope(async move { call().await })).catch_unwind();
    match tokio::time::timeout(limit, guarded).await {
        Ok(Ok(answer)) => Called::Answered(answer),
        Ok(Err(_panic)) => Called::Panicked,
        Err(_late) => Called::TimedOut,
    }
}

/// Runs the user's code where a panic must not reach the caller.
pub(crate) fn contained<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}

/// The snapshot of an answer. A `Serialize` that panics must not reach the caller.
pub(crate) fn snapshot_of<O>(output: &O, snapshot: impl Fn(&O) -> Answer) -> Answer {
    contained(|| snapshot(output)).unwrap_or_else(Answer::panicked)
}
