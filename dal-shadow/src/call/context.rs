//! Where a call was made, and what is recorded of it.

use std::sync::Arc;

use crate::compare::CallOutcome;
use crate::findings::record::Finding;
use crate::harness::core::Core;
use crate::harness::method::Method;
use crate::phases::{Phase, Store};
use crate::tree::Difference;
use crate::tree::answer::Answer;

/// Where a call was made, for its finding.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) phase: Phase,
    pub(crate) epoch: u64,
    pub(crate) first: Store,
    pub(crate) key: Option<u64>,
    pub(crate) correlation_id: Arc<str>,
}

/// Hands what is worth a record to the sinks.
pub(crate) fn report(
    core: &Core,
    method: &Method,
    context: &Context,
    outcome: &CallOutcome,
    differences: &[Difference],
    answers: Option<(&Answer, &Answer)>,
) {
    let worth_a_record = outcome.is_mismatch()
        || matches!(
            outcome,
            CallOutcome::Unstable
                | CallOutcome::Lagging
                | CallOutcome::Inconclusive(_)
                | CallOutcome::UnsupportedInShadow
        );
    if !worth_a_record {
        return;
    }
    core.record(&Finding {
        entity: method.spec.entity,
        method: method.spec.method,
        phase: context.phase.as_str(),
        epoch: Some(context.epoch),
        answered_by: context.first.as_str(),
        key_hash: context.key,
        outcome: outcome.clone(),
        differences,
        answers,
        correlation_id: &context.correlation_id,
        at: core.clock.now(),
    });
}
