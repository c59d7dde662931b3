//! What a read's two answers are worth.

use std::sync::Arc;
use std::time::Instant;

use dal_traits::{ErrorKind, OpCx};
use futures::future::BoxFuture;

use crate::call::context::{Context, report};
use crate::call::eligible::Eligible;
use crate::call::guarded::{Called, called};
use crate::compare::CallOutcome;
use crate::compare::pages::judged;
use crate::compare::{Verdict, Why, compare};
use crate::harness::core::Core;
use crate::harness::method::Method;
use crate::phases::Store;
use crate::rules::Rules;
use crate::tree::Difference;
use crate::tree::answer::Answer;

type Again = Box<dyn Fn(Store) -> BoxFuture<'static, Answer> + Send + Sync>;

/// A read that can be made again, on either store.
pub(crate) struct Call {
    core: Arc<Core>,
    method: Arc<Method>,
    cx: OpCx,
    again: Again,
}

impl Call {
    pub(crate) fn new(
        core: &Arc<Core>,
        method: &Arc<Method>,
        context: &Context,
        again: Again,
    ) -> Self {
        Self {
            core: Arc::clone(core),
            method: Arc::clone(method),
            // The caller's deadline and token are not the shadow's.
            cx: OpCx::new().with_correlation_id(Arc::clone(&context.correlation_id)),
            again,
        }
    }

    /// The call on a store.
    pub(crate) async fn on(&self, store: Store) -> Called {
        let began = Instant::now();
        let deadline = self.core.policy.deadline;
        let ended = called(self.cx.clone(), deadline, || (self.again)(store)).await;
        let took = began.elapsed();
        self.method.took(store, took);
        match ended {
            // A store that keeps the deadline itself says so a moment earlier.
            Called::Answered(Answer::Error(error))
                if error.class.kind == ErrorKind::Timeout && took >= deadline =>
            {
                Called::TimedOut
            }
            ended => ended,
        }
    }
}

/// The judge of one read.
pub(crate) struct Judge {
    pub(crate) call: Arc<Call>,
    context: Context,
    eligible: Eligible,
}

/// Both answers and what they come to.
struct Judgement {
    first: Answer,
    second: Answer,
    outcome: CallOutcome,
    differences: Vec<Difference>,
}

impl Judge {
    pub(crate) fn new(call: Arc<Call>, context: Context, eligible: Eligible) -> Self {
        Self {
            call,
            context,
            eligible,
        }
    }

    /// Compares, confirms, counts and records.
    pub(crate) async fn judge(self, first: Answer, other: Called) {
        let late = matches!(other, Called::TimedOut);
        self.call
            .core
            .breaker(self.context.first.other())
            .ended(late);
        let judgement = match other {
            Called::TimedOut => {
                self.eligible.settle(&CallOutcome::TimedOut);
                return;
            }
            Called::Panicked => Judgement {
                second: Answer::panicked(),
                first,
                outcome: CallOutcome::ShadowPanicked,
                differences: Vec::new(),
            },
            Called::Answered(second) => self.confirmed(first, second).await,
        };
        let Self {
            call,
            context,
            eligible,
        } = self;
        let Judgement {
            first,
            second,
            outcome,
            differences,
        } = judgement;
        report(
            &call.core,
            &call.method,
            &context,
            &outcome,
            &differences,
            Some((&first, &second)),
        );
        eligible.settle(&outcome);
    }

    /// A difference counts when it stands still while both stores are read again, as often as the
    /// policy says.
    async fn confirmed(&self, mut first: Answer, mut second: Answer) -> Judgement {
        let rules = &self.call.method.rules;
        let pages = self.call.method.spec.pages.as_ref();
        let (mut verdict, mut outcome) = judged(pages, &first, &second, rules);
        let policy = &self.call.core.policy;
        for _ in 0..policy.rereads {
            if !outcome.is_mismatch() {
                break;
            }
            tokio::time::sleep(policy.reread_pause).await;
            // The answering store first: what is in it then can be in the other one as well.
            let one = self.call.on(self.context.first).await;
            let other = self.call.on(self.context.first.other()).await;
            let (Called::Answered(one), Called::Answered(other)) = (one, other) else {
                outcome = CallOutcome::Inconclusive(Why::Transient);
                break;
            };
            let (again, seen) = judged(pages, &one, &other, rules);
            let moved = !stands(&first, &one);
            outcome = match seen {
                equal if equal.is_equal() && moved => CallOutcome::Unstable,
                equal if equal.is_equal() => CallOutcome::Lagging,
                other_outcome if !other_outcome.is_mismatch() => other_outcome,
                _ if moved || !stands(&second, &other) => CallOutcome::Unstable,
                mismatch => mismatch,
            };
            if outcome.is_mismatch() {
                (first, second, verdict) = (one, other, again);
            }
        }
        Judgement {
            differences: verdict.differences().to_vec(),
            first,
            second,
            outcome,
        }
    }
}

/// Whether a store gave the same answer again.
fn stands(before: &Answer, now: &Answer) -> bool {
    match (before, now) {
        (Answer::Error(before), Answer::Error(now)) => {
            before.class.kind == now.class.kind && before.class.code == now.class.code
        }
        _ => compare(before, now, &Rules::none()) == Verdict::Equal,
    }
}
