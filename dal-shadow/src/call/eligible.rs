//! A call that can be compared, counted once.

use std::sync::Arc;

use crate::call::context::Context;
use crate::call::guarded::Answers;
use crate::compare::{CallOutcome, Verdict, Why};
use crate::findings::record::Finding;
use crate::harness::core::Core;
use crate::harness::method::Method;
use crate::tree::answer::Answer;

/// A call that is eligible for comparing. This is the one place where such a call is counted and
/// recorded: exactly once, also when its task ends before there is an outcome.
#[derive(Debug)]
pub(crate) struct Eligible {
    core: Arc<Core>,
    method: Arc<Method>,
    /// The time since the last copy in which it began.
    window: u64,
    ended: bool,
}

impl Eligible {
    pub(crate) fn new(core: &Arc<Core>, method: &Arc<Method>) -> Self {
        let window = method.eligible();
        Self {
            core: Arc::clone(core),
            method: Arc::clone(method),
            window,
            ended: false,
        }
    }

    /// The call ended without a comparison that is worth a record.
    pub(crate) fn uncompared(mut self, outcome: CallOutcome) {
        self.count(&Verdict::of(outcome), None);
    }

    /// The call ended like this; `answers` are both, where they are there.
    pub(crate) fn ended(mut self, verdict: Verdict, context: &Context, answers: Option<Answers>) {
        self.count(&verdict, answers.as_deref());
        if !verdict.outcome.is_recorded() {
            return;
        }
        let spec = self.method.spec;
        self.core.delivery.finding(Finding {
            entity: spec.entity,
            method: spec.method,
            phase: context.phase.as_str(),
            epoch: Some(context.epoch),
            answered_by: context.primary.as_str(),
            key_hash: context.key,
            outcome: verdict.outcome,
            differences: verdict.differences,
            answers: answers.map(Arc::unwrap_or_clone),
            correlation_id: Arc::clone(&context.correlation_id),
            at: self.core.clock.now(),
        });
    }

    fn count(&mut self, verdict: &Verdict, answers: Option<&(Answer, Answer)>) {
        self.ended = true;
        self.method.settled(verdict, self.window, answers);
        let (spec, outcome) = (self.method.spec, &verdict.outcome);
        self.core.delivery.count(spec.entity, spec.method, outcome);
    }
}

impl Drop for Eligible {
    fn drop(&mut self) {
        if !self.ended {
            self.count(&Verdict::inconclusive(Why::Abandoned), None);
        }
    }
}
