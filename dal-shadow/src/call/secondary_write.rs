//! The second half of a write, on a task that does not belong to the caller.

use std::sync::Arc;
use std::time::Instant;

use dal_traits::{Class, Effect, ErrorKind, OpCx};
use tokio::sync::oneshot;

use crate::call::context::Context;
use crate::call::eligible::Eligible;
use crate::call::guarded::{Answers, Called, Repeatable, called, compared};
use crate::compare::{CallOutcome, Verdict, Why};
use crate::flow::queue::{Moment, Ticket};
use crate::harness::core::Core;
use crate::harness::method::{Method, SecondWrites};
use crate::tree::answer::Answer;

/// The first half of a write while it is under way: a caller that goes away meanwhile leaves its
/// effect unknown.
pub(crate) struct FirstWrite<'a> {
    method: &'a Method,
    answered: bool,
}

impl<'a> FirstWrite<'a> {
    pub(crate) fn new(method: &'a Method) -> Self {
        Self {
            method,
            answered: false,
        }
    }

    /// The first store answered.
    pub(crate) fn answered(mut self, answer: &Answer) {
        self.answered = true;
        if let Answer::Error(error) = answer {
            self.method.failed(error.class.kind.as_str());
            if error.class.effect == Effect::Unknown {
                self.method.second(|second| second.unknown += 1);
            }
        }
    }
}

impl Drop for FirstWrite<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.method.second(|second| second.unknown += 1);
            tracing::warn!(
                target: "dal_shadow",
                entity = self.method.spec.entity,
                method = self.method.spec.method,
                "the caller went away before the first store answered: if the write was made, the second store lacks it"
            );
        }
    }
}

/// A second write that waits, or is under way.
pub(crate) struct SecondWrite {
    core: Arc<Core>,
    method: Arc<Method>,
    context: Context,
    first: Answer,
    write: Repeatable,
    eligible: Eligible,
    cx: OpCx,
    ended: oneshot::Sender<()>,
    end: Option<oneshot::Receiver<()>>,
    pending: Pending,
}

/// Counts the write as pending until it is counted as something else; a task that the runtime drops
/// at shutdown has lost its write.
struct Pending {
    method: Arc<Method>,
    counted: bool,
}

impl Pending {
    fn new(method: &Arc<Method>) -> Self {
        method.second(|second| {
            second.sent += 1;
            second.pending += 1;
        });
        Self {
            method: Arc::clone(method),
            counted: false,
        }
    }

    fn count(&mut self, place: impl FnOnce(&mut SecondWrites) -> &mut u64) {
        self.counted = true;
        self.method.second(|second| {
            second.pending -= 1;
            *place(second) += 1;
        });
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.counted {
            self.count(|second| &mut second.lost);
        }
    }
}

/// How the second store took a write in the end.
enum Taken {
    Applied(Answer),
    Refused(Answer),
    Failed(Answer),
    Panicked,
}

impl SecondWrite {
    pub(crate) fn new(
        core: &Arc<Core>,
        method: &Arc<Method>,
        context: Context,
        first: Answer,
        write: Repeatable,
    ) -> Self {
        let (ended, end) = oneshot::channel();
        // One token for every repetition, so that hand-written code can make the store see one
        // operation; the caller's own deadline is not the second write's.
        let token = format!("{}:{}", context.correlation_id, method.spec.method);
        Self {
            eligible: Eligible::new(core, method),
            cx: OpCx::new()
                .with_correlation_id(Arc::clone(&context.correlation_id))
                .with_token(token),
            core: Arc::clone(core),
            pending: Pending::new(method),
            method: Arc::clone(method),
            context,
            first,
            write,
            ended,
            end: Some(end),
        }
    }

    /// Puts the write into the queue; the future ends when the write has ended.
    pub(crate) fn submit(mut self, begun: Moment) -> impl Future<Output = ()> + use<> {
        let end = self.end.take();
        let record = self.context.key.map(|key| (self.method.spec.entity, key));
        let queue = Arc::clone(&self.core.queue);
        let taken = queue.submit(begun, record, self, |write| {
            Box::new(|ticket| Box::pin(write.run(ticket)))
        });
        if let Err(lost) = taken {
            lost.lost();
        }
        async move {
            if let Some(end) = end {
                // An error means that the write was lost, which has been counted.
                let _ended = end.await;
            }
        }
    }

    /// Too many are waiting: the second store lacks this write.
    fn lost(mut self) {
        self.pending.count(|second| &mut second.lost);
        let lost = Verdict::inconclusive(Why::Lost);
        self.eligible.ended(lost, &self.context, None);
    }

    async fn run(mut self, ticket: Ticket) {
        let mut taken = self.attempts().await;
        if matches!(taken, Taken::Refused(_)) && ticket.overlaps() {
            // It may need, or collide with, what a write that overlapped leaves behind.
            ticket.last().await;
            self.method.second(|second| second.retried += 1);
            taken = self.attempts().await;
        }
        self.pending.count(|second| match taken {
            Taken::Applied(_) => &mut second.applied,
            Taken::Refused(_) => &mut second.refused,
            Taken::Failed(_) | Taken::Panicked => &mut second.failed,
        });
        let mut waiting = Some(self.ended);
        if !self.core.policy.await_second_writes {
            // The comparison is none of the caller's concern. The caller may have gone.
            let _sent = waiting.take().map(|waiting| waiting.send(()));
        }
        let (first, method) = (self.first, &self.method);
        let (verdict, answers) = verdict(&self.core, method, first, taken).await;
        self.eligible.ended(verdict, &self.context, Some(answers));
        let _sent = waiting.map(|waiting| waiting.send(()));
    }

    /// Tries until the second store says yes or no, or trying again would not be safe.
    async fn attempts(&self) -> Taken {
        let policy = &self.core.policy;
        let mut attempt = 1;
        loop {
            let began = Instant::now();
            let (limit, bytes) = (policy.second_write_attempt, policy.snapshot);
            let ended = called(self.cx.clone(), limit, bytes, || (self.write)()).await;
            self.method
                .took(self.context.first.other(), began.elapsed());
            let (class, answer) = match ended {
                Called::Panicked => return Taken::Panicked,
                Called::TimedOut => (
                    Class::new(ErrorKind::Timeout),
                    no_answer(ErrorKind::Timeout, "no answer in time"),
                ),
                Called::Answered(Answer::Error(error)) => {
                    (error.class.clone(), Answer::Error(error))
                }
                Called::Answered(answer) => return Taken::Applied(answer),
            };
            let unclear = class.is_transient() || class.effect == Effect::Unknown;
            if !unclear {
                return Taken::Refused(answer);
            }
            let safe = self.method.spec.mirror || class.effect == Effect::None;
            let helps = class.is_transient();
            if !safe || !helps || attempt >= policy.second_write_retry.max_attempts {
                return Taken::Failed(answer);
            }
            self.method.second(|second| second.retried += 1);
            tokio::time::sleep(policy.second_write_retry.pause(attempt)).await;
            attempt += 1;
        }
    }
}

/// What a secondary write comes to.
async fn verdict(
    core: &Core,
    method: &Arc<Method>,
    first: Answer,
    taken: Taken,
) -> (Verdict, Answers) {
    let (answer, failed, mirrored) = match taken {
        Taken::Panicked => {
            let answers = Arc::new((first, Answer::Panicked));
            return (Verdict::of(CallOutcome::Panicked), answers);
        }
        Taken::Applied(answer) => (answer, false, method.spec.mirror),
        Taken::Refused(answer) => (answer, false, false),
        Taken::Failed(answer) => (answer, true, false),
    };
    let answers = Arc::new((first, answer));
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
