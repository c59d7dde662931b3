//! Calls of a store: bounded in time, and repeated while the answer is transient.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dal_shadow::answer::Answer;
use dal_shadow::ops::{Bound, HandleError, On, OpMethod};
use dal_traits::Effect;

use super::FailureKind;
use super::fault::Fault;
use super::panics;

/// The first pause before a repetition; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(2);

/// The longest pause before a repetition.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How calls are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// A call that takes longer is taken for one that never returns.
    pub(super) timeout: Duration,
    /// A call with a transient answer is repeated so often.
    pub(super) repeats: u32,
}

impl Limits {
    /// The limits of calls through a wrapper, which waits for both stores and repeats secondary writes.
    pub(super) fn through_a_wrapper(self) -> Self {
        let calls = self.repeats.saturating_add(2);
        Self {
            timeout: (self.timeout + LONGEST_PAUSE).saturating_mul(calls),
            repeats: self.repeats,
        }
    }

    /// The pause before a repetition, counted from 0.
    pub(super) fn pause(repetition: u32) -> Duration {
        PAUSE
            .saturating_mul(1_u32 << repetition.min(16))
            .min(LONGEST_PAUSE)
    }
}

/// The store that a call goes to, and the step that makes it.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) store: &'a str,
    pub(super) step: usize,
}

/// Makes the calls of one sequence.
pub(super) struct Invoker {
    pub(super) limits: Limits,
    repeated: AtomicU64,
}

impl Invoker {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            repeated: AtomicU64::new(0),
        }
    }

    /// How many calls were repeated.
    pub(super) fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }

    /// Calls a store, and calls it again while its answer is transient and a repetition is safe.
    pub(super) async fn settled<O: On<S>, S: ?Sized + Sync>(
        &self,
        op: &O,
        store: &S,
        bound: &Bound,
        at: At<'_>,
    ) -> Result<Answer, Fault> {
        let mut repetition = 0;
        loop {
            let answer = self.once(op, store, bound, at).await?;
            if !may_repeat(op.method(), &answer) || !self.pause(&mut repetition).await {
                return Ok(answer);
            }
        }
    }

    /// Waits before a repetition; `false` when there were enough.
    pub(super) async fn pause(&self, repetition: &mut u32) -> bool {
        if *repetition >= self.limits.repeats {
            return false;
        }
        self.repeated.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Limits::pause(*repetition)).await;
        *repetition += 1;
        true
    }

    /// Calls a store once; a panic or a call that does not return is a fault of the store.
    pub(super) async fn once<O: On<S>, S: ?Sized + Sync>(
        &self,
        op: &O,
        store: &S,
        bound: &Bound,
        at: At<'_>,
    ) -> Result<Answer, Fault> {
        let method = op.method();
        let name = method.method;
        let timeout = self.limits.timeout;
        let call = panics::caught(op.call(store, bound));
        match tokio::time::timeout(timeout, call).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(error))) => Err(handle_fault(&error, name, at.step)),
            Ok(Err(panic)) => Err(Fault::new(
                FailureKind::Broken,
                at.step,
                format!("`{name}` of {} {panic}", at.store),
            )
            .of(method)
            .places([at.store.to_owned()])),
            Err(_) => Err(Fault::new(
                FailureKind::TimedOut,
                at.step,
                format!(
                    "`{name}` of {} has not returned after {timeout:?}",
                    at.store
                ),
            )
            .of(method)
            .places([at.store.to_owned()])),
        }
    }
}

/// Whether the store failed in a way that may be gone at the next call.
pub(super) fn is_transient(answer: &Answer) -> bool {
    matches!(answer, Answer::Error(error) if error.class.kind.is_transient())
}

/// Whether a call may be made again: a read always, a write only when the store says that nothing
/// was changed. A write whose effect is unknown may have been applied, and a repetition would hide it
/// (or do it twice): then the whole sequence is repeated, on fresh stores.
pub(super) fn may_repeat(method: &OpMethod, answer: &Answer) -> bool {
    match answer {
        Answer::Error(error) if is_transient(answer) => {
            !method.write || error.class.effect == Effect::None
        }
        _ => false,
    }
}

fn handle_fault(error: &HandleError, method: &str, at: usize) -> Fault {
    Fault::new(
        FailureKind::Setup,
        at,
        format!("`{method}` cannot be called: {error}"),
    )
}
