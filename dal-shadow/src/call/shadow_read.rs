//! A read of the secondary, and what the two answers come to.

use std::sync::Arc;
use std::time::Instant;

use dal_traits::{Class, ErrorKind, OpCx};
use futures::future::BoxFuture;

use crate::call::context::Context;
use crate::call::guarded::{Answers, Called, called, compared, is_still};
use crate::compare::confirm::Confirmation;
use crate::compare::{CallOutcome, Verdict, Why};
use crate::flow::converge::EntityId;
use crate::harness::carry::Carrier;
use crate::harness::core::Core;
use crate::harness::method::Method;
use crate::phases::Store;
use crate::tree::answer::Answer;

type Again = Box<dyn Fn(Store) -> BoxFuture<'static, Answer> + Send + Sync>;

/// A read that can be made again, on either store.
pub(crate) struct ShadowRead {
    core: Arc<Core>,
    method: Arc<Method>,
    entity: EntityId,
    /// It has a key, and was sent once the record was settled.
    by_key: bool,
    primary: Store,
    cx: OpCx,
    carrier: Option<Carrier>,
    again: Again,
}

/// Both answers and what they come to. There is no secondary answer of a call that did not end.
pub(crate) struct Found {
    pub(crate) verdict: Verdict,
    pub(crate) answers: Option<Answers>,
}

impl ShadowRead {
    pub(crate) fn new(
        core: &Arc<Core>,
        method: &Arc<Method>,
        entity: EntityId,
        context: &Context,
        carrier: Option<Carrier>,
        again: Again,
    ) -> Self {
        Self {
            core: Arc::clone(core),
            method: Arc::clone(method),
            entity,
            by_key: context.key.is_some(),
            primary: context.primary,
            // The caller's deadline and token are not the shadow read's.
            cx: OpCx::new().with_correlation_id(Arc::clone(&context.correlation_id)),
            carrier,
            again,
        }
    }

    /// The read of the secondary.
    pub(crate) async fn secondary(&self) -> Called {
        self.on(self.primary.other()).await
    }

    async fn on(&self, store: Store) -> Called {
        let began = Instant::now();
        let timeout = self.method.compared.timeout;
        let bytes = self.core.policy.reads.snapshot_bytes;
        let call = || {
            let call = (self.again)(store);
            match &self.carrier {
                None => call,
                Some(carrier) => {
                    let lost = Class::new(ErrorKind::Unexpected);
                    let lost = Answer::error(lost, &"the carrier lost the call");
                    carrier.carry_value(call, lost)
                }
            }
        };
        let ended = called(self.cx.clone(), timeout, bytes, call).await;
        let took = began.elapsed();
        self.method.took(store, took);
        match ended {
            // A store that keeps the deadline itself says so a moment earlier.
            Called::Answered(Answer::Error(error))
                if error.class.kind == ErrorKind::Timeout && took >= timeout =>
            {
                Called::TimedOut
            }
            ended => ended,
        }
    }

    /// What the answers come to, once a difference or a failure was confirmed by reading again.
    pub(crate) async fn found(&self, primary: Answer, secondary: Called) -> Found {
        self.core
            .breaker(self.primary.other())
            .ended(answered(&secondary));
        let mut found = self.compared(primary, secondary).await;
        let mut confirmation = Confirmation::new(&found.verdict, found.answers.as_deref());
        // What the primary showed may be on its way to the secondary. A read by key has waited for
        // its record; others wait here, where it matters.
        if found.verdict.outcome.is_mismatch() {
            let settled = self.core.writes.settled_so_far(self.entity);
            let limit = self.core.policy.reads.pending_timeout;
            if tokio::time::timeout(limit, settled).await.is_err() {
                return Found {
                    verdict: Verdict::of(CallOutcome::Pending),
                    answers: None,
                };
            }
        }
        let pause = self.core.policy.reads.reread_pause;
        // What a read without a key has seen of the secondary may be older than a write that has
        // ended by now: it is read once more in any case.
        let differs = found.verdict.outcome.is_mismatch();
        let least = u32::from(differs && !self.by_key);
        for _ in 0..self.method.compared.rereads.max(least) {
            let (primary, secondary) = confirmation.wants();
            if !primary && !secondary {
                break;
            }
            let Some(before) = found.answers.clone() else {
                break;
            };
            tokio::time::sleep(pause).await;
            // The primary first: what is in it then can be in the secondary as well.
            let primary = if primary {
                self.on(self.primary).await
            } else {
                Called::Answered(before.0.clone())
            };
            let secondary = if secondary {
                self.secondary().await
            } else {
                Called::Answered(before.1.clone())
            };
            let Called::Answered(primary) = primary else {
                found.verdict = Verdict::inconclusive(Why::Transient);
                return found;
            };
            let mut again = self.compared(primary, secondary).await;
            let moved = match &again.answers {
                Some(now) => !is_still(&self.core, &self.method, &before, now).await,
                None => false,
            };
            confirmation.again(&mut again.verdict, again.answers.as_deref(), moved);
            found = again;
        }
        let Found { verdict, answers } = found;
        Found {
            verdict: confirmation.end(verdict, answers.as_deref()),
            answers,
        }
    }

    async fn compared(&self, primary: Answer, secondary: Called) -> Found {
        match secondary {
            Called::TimedOut => Found {
                verdict: Verdict::of(CallOutcome::TimedOut),
                answers: None,
            },
            Called::Panicked => Found {
                verdict: Verdict::of(CallOutcome::Panicked),
                answers: Some(Arc::new((primary, Answer::Panicked))),
            },
            Called::Answered(secondary) => {
                let answers = Arc::new((primary, secondary));
                Found {
                    verdict: compared(&self.core, &self.method, &answers).await,
                    answers: Some(answers),
                }
            }
        }
    }
}

/// Whether the store did answer: what refuses a connection or keeps no time does not.
fn answered(called: &Called) -> bool {
    match called {
        Called::TimedOut => false,
        Called::Answered(Answer::Error(error)) => !matches!(
            error.class.kind,
            ErrorKind::Unavailable | ErrorKind::Timeout
        ),
        Called::Answered(_) | Called::Panicked => true,
    }
}
