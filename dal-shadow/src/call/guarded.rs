//! Code of the application that must not reach the caller: calls of the secondary, snapshots,
//! rules.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use dal_traits::OpCx;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;

use crate::compare::Verdict;
use crate::harness::core::Core;
use crate::harness::method::Method;
use crate::tree::answer::Answer;
use crate::tree::budget::{limited, limited_future};

/// A secondary write, to be called as often as it takes.
pub type Repeatable = Box<dyn Fn() -> BoxFuture<'static, Answer> + Send + Sync>;

/// How a call of one store ended.
#[derive(Debug)]
pub(crate) enum Called {
    /// With an answer.
    Answered(Answer),
    /// Not in time.
    TimedOut,
    /// With a panic.
    Panicked,
}

/// Runs `call` for at most `timeout`, in a context of its own; its snapshot takes at most `bytes`.
pub(crate) async fn called(
    cx: OpCx,
    timeout: Duration,
    bytes: usize,
    call: impl FnOnce() -> BoxFuture<'static, Answer> + Send,
) -> Called {
    let cx = cx.with_deadline(Instant::now() + timeout);
    let call = limited_future(bytes, cx.scope(async move { call().await }));
    match tokio::time::timeout(timeout, AssertUnwindSafe(call).catch_unwind()).await {
        Ok(Ok(answer)) => Called::Answered(answer),
        Ok(Err(_panic)) => Called::Panicked,
        Err(_late) => Called::TimedOut,
    }
}

/// Runs the user's code where a panic must not reach the caller.
pub(crate) fn contained<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}

/// The snapshot of an answer, of at most `bytes`. A `Serialize` that panics must not reach the
/// caller.
pub(crate) fn snapshot_of<O>(output: &O, bytes: usize, snapshot: impl Fn(&O) -> Answer) -> Answer {
    contained(|| limited(bytes, || snapshot(output))).unwrap_or(Answer::Panicked)
}

/// Both answers of a call, the primary's first.
pub(crate) type Answers = Arc<(Answer, Answer)>;

/// Compares two answers.
pub(crate) async fn compared(core: &Core, method: &Arc<Method>, both: &Answers) -> Verdict {
    if let (Answer::Value(one), Answer::Value(other)) = &**both
        && one == other
    {
        // Nothing of the application's runs for these.
        return method.terms.compare(&both.0, &both.1);
    }
    let (spec, method, both) = (method.spec, Arc::clone(method), Arc::clone(both));
    let compare = move || method.terms.compare(&both.0, &both.1);
    let verdict = core.comparing.run(spec, compare).await;
    verdict.unwrap_or_else(Verdict::inconclusive)
}

/// Whether the primary gave the same answer again.
pub(crate) async fn is_still(
    core: &Core,
    method: &Arc<Method>,
    before: &Answers,
    now: &Answers,
) -> bool {
    if let (Answer::Value(before), Answer::Value(now)) = (&before.0, &now.0)
        && before == now
    {
        return true;
    }
    let (spec, method) = (method.spec, Arc::clone(method));
    let (before, now) = (Arc::clone(before), Arc::clone(now));
    let same = move || method.terms.same(&before.0, &now.0);
    core.comparing.run(spec, same).await.unwrap_or(false)
}
