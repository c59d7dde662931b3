//! The secondary half of a write, on a task that does not belong to the caller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use dal_traits::{Class, Effect, ErrorKind, OpCx};
use futures::future::BoxFuture;
use tokio::sync::oneshot;
use tracing::{Instrument, Span};

use crate::call::context::Context;
use crate::call::eligible::Eligible;
use crate::call::guarded::{Answers, Called, Repeatable, called, compared};
use crate::call::ticket::Engine;
use crate::compare::{CallOutcome, Verdict, Why};
use crate::flow::converge::SecondaryEnd;
use crate::flow::writes::Secondary;
use crate::harness::carry::Carrier;
use crate::harness::core::Core;
use crate::harness::counts::WriteCounts;
use crate::harness::entity::Entity;
use crate::harness::method::Method;
use crate::tree::answer::Answer;

/// A secondary write that waits, or is under way.
pub(crate) struct SecondaryWrite {
    core: Arc<Core>,
    entity: Arc<Entity>,
    method: Arc<Method>,
    context: Context,
    primary: Answer,
    write: Repeatable,
    cx: OpCx,
    carrier: Option<Carrier>,
    span: Span,
    state: Mutex<State>,
}

/// What has become of it so far.
struct State {
    eligible: Option<Eligible>,
    pending: Pending,
    taken: Option<Taken>,
    dropped: bool,
}

/// Counts the write as pending until it is counted as something else; a task that the runtime drops
/// at shutdown has lost its write.
struct Pending {
    method: Arc<Method>,
    counted: bool,
}

impl Pending {
    fn new(method: &Arc<Method>) -> Self {
        method.secondary_writes(|counts| {
            counts.sent += 1;
            counts.pending += 1;
        });
        Self {
            method: Arc::clone(method),
            counted: false,
        }
    }

    fn count(&mut self, place: impl FnOnce(&mut WriteCounts) -> &mut u64) {
        self.counted = true;
        self.method.secondary_writes(|counts| {
            counts.pending -= 1;
            *place(counts) += 1;
        });
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.counted {
            self.count(|counts| &mut counts.lost);
        }
    }
}

/// How the secondary store took a write in the end.
enum Taken {
    Applied(Answer),
    Refused(Answer),
    Failed(Answer),
    Panicked,
}

impl SecondaryWrite {
    pub(super) fn new(
        engine: &Engine,
        method: &Arc<Method>,
        context: Context,
        primary: Answer,
        write: Repeatable,
        carrier: Option<Carrier>,
        span: Span,
    ) -> Self {
        let (core, entity) = (engine.core(), engine.entity());
        // One token for every repetition of this write, and for nothing else: hand-written code can
        // make the store see one operation. The caller's own deadline is not the secondary's.
        let token = format!("{}:{}", context.correlation_id, core.next_token());
        Self {
            cx: OpCx::new()
                .with_correlation_id(Arc::clone(&context.correlation_id))
                .with_token(token),
            state: Mutex::new(State {
                eligible: Some(Eligible::new(core, method)),
                pending: Pending::new(method),
                taken: None,
                dropped: false,
            }),
            core: Arc::clone(core),
            entity: Arc::clone(entity),
            method: Arc::clone(method),
            context,
            primary,
            write,
            carrier,
            span,
        }
    }

    /// Is not sent: transfers bring its records.
    pub(super) fn leave_out(&self) {
        self.state().dropped = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One attempt, inside of what goes along from the caller's task.
    fn call(&self) -> BoxFuture<'static, Answer> {
        let call = (self.write)();
        match &self.carrier {
            None => call,
            Some(carrier) => {
                let lost = no_answer(ErrorKind::Unexpected, "the carrier lost the call");
                carrier.carry_value(call, lost)
            }
        }
    }

    /// Tries until the secondary store says yes or no, or trying again would not be safe. Also says
    /// whether an attempt had an unknown effect: one that may land late, over whatever came after
    /// it, also when a later attempt succeeded.
    async fn attempts(&self) -> (Taken, bool) {
        let policy = &self.core.policy;
        let (mut attempt, mut unknown) = (1, false);
        loop {
            let began = Instant::now();
            let (limit, bytes) = (policy.writes.attempt_timeout, policy.reads.snapshot_bytes);
            let ended = called(self.cx.clone(), limit, bytes, || self.call()).await;
            self.method
                .took(self.context.primary.other(), began.elapsed());
            let (class, answer) = match ended {
                Called::Panicked => return (Taken::Panicked, true),
                Called::TimedOut => (
                    Class::new(ErrorKind::Timeout),
                    no_answer(ErrorKind::Timeout, "no answer in time"),
                ),
                Called::Answered(Answer::Error(error)) => {
                    (error.class.clone(), Answer::Error(error))
                }
                Called::Answered(answer) => return (Taken::Applied(answer), unknown),
            };
            let unclear = class.is_transient() || class.effect == Effect::Unknown;
            if !unclear {
                return (Taken::Refused(answer), unknown);
            }
            let safe = self.method.spec.mirror || class.effect == Effect::None;
            let helps = class.is_transient();
            unknown |= class.effect == Effect::Unknown;
            if !safe || !helps || attempt >= policy.writes.retry.max_attempts {
                return (Taken::Failed(answer), unknown);
            }
            self.method.secondary_writes(|counts| counts.retried += 1);
            tokio::time::sleep(policy.writes.retry.pause(attempt)).await;
            attempt += 1;
        }
    }
}

impl Secondary for SecondaryWrite {
    fn send(self: Arc<Self>) -> BoxFuture<'static, SecondaryEnd> {
        let span = self.span.clone();
        let sent = async move {
            if self.state().dropped {
                return SecondaryEnd::Failed;
            }
            // An error would mean that the semaphore is closed, which nothing does.
            let _slot = self.entity.slots().acquire_owned().await;
            if self.state().taken.is_some() {
                self.method.secondary_writes(|counts| counts.retried += 1);
            }
            let (taken, unknown) = self.attempts().await;
            let end = match &taken {
                _ if unknown => SecondaryEnd::Unknown,
                Taken::Applied(_) => SecondaryEnd::Made,
                Taken::Refused(_) => SecondaryEnd::Refused,
                Taken::Failed(_) | Taken::Panicked => SecondaryEnd::Failed,
            };
            self.state().taken = Some(taken);
            end
        };
        Box::pin(sent.instrument(span))
    }

    fn dropped(&self) {
        self.state().dropped = true;
    }

    fn settled(self: Arc<Self>, caller: Option<oneshot::Sender<()>>) {
        let mut state = self.state();
        let (taken, dropped) = (state.taken.take(), state.dropped);
        let eligible = state.eligible.take();
        state.pending.count(|counts| match &taken {
            Some(Taken::Applied(_)) => &mut counts.applied,
            Some(Taken::Refused(_)) => &mut counts.refused,
            Some(Taken::Failed(_) | Taken::Panicked) => &mut counts.failed,
            None if dropped && self.entity.repairer().is_some() => &mut counts.transferred,
            // Nothing brings its records, or the runtime is shutting down.
            None => &mut counts.lost,
        });
        drop(state);
        let repaired = self.entity.repairer().is_some();
        let made = matches!(taken, Some(Taken::Applied(_))) || (taken.is_none() && repaired);
        if !made {
            self.entity
                .not_made(self.method.spec.method, &self.core.writes);
        }
        let span = self.span.clone();
        let core = Arc::clone(&self.core);
        let compared = async move {
            let mut caller = caller;
            if !self.core.policy.writes.awaited {
                // The comparison is none of the caller's concern. The caller may have gone.
                let _sent = caller.take().map(|caller| caller.send(()));
            }
            let Some(eligible) = eligible else { return };
            match taken {
                None if repaired => eligible.uncompared(CallOutcome::Transferred),
                None => {
                    let lost = Verdict::inconclusive(Why::Lost);
                    eligible.ended(lost, &self.context, None);
                }
                Some(taken) => {
                    let primary = self.primary.clone();
                    let (verdict, answers) =
                        verdict(&self.core, &self.method, primary, taken).await;
                    eligible.ended(verdict, &self.context, Some(answers));
                }
            }
            let _sent = caller.map(|caller| caller.send(()));
        };
        core.runtime.spawn(compared.instrument(span));
    }
}

/// What a secondary write comes to.
async fn verdict(
    core: &Core,
    method: &Arc<Method>,
    primary: Answer,
    taken: Taken,
) -> (Verdict, Answers) {
    let (answer, failed, mirrored) = match taken {
        Taken::Panicked => {
            let answers = Arc::new((primary, Answer::Panicked));
            return (Verdict::of(CallOutcome::Panicked), answers);
        }
        Taken::Applied(answer) => (answer, false, method.spec.mirror),
        Taken::Refused(answer) => (answer, false, false),
        Taken::Failed(answer) => (answer, true, false),
    };
    let answers = Arc::new((primary, answer));
    let verdict = if mirrored {
        // The answer of a mirror method is no answer of this one.
        Verdict::of(CallOutcome::Acknowledged)
    } else if failed {
        let unclear = CallOutcome::Inconclusive(Why::Transient);
        Verdict::whole(unclear, &answers.0, &answers.1)
    } else {
        compared(core, method, &answers).await
    };
    (verdict, answers)
}

/// The answer of a call that ended without one.
fn no_answer(kind: ErrorKind, text: &str) -> Answer {
    Answer::error(dal_traits::Class::new(kind), &text)
}
