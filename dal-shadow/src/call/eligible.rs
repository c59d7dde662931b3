//! A call that can be compared, counted once.

use std::sync::Arc;

use crate::compare::{CallOutcome, Why};
use crate::harness::core::Core;
use crate::harness::method::Method;

/// A call that is eligible for comparing: it is counted once, with exactly one outcome, also when
/// its task ends before there is one.
#[derive(Debug)]
pub(crate) struct Eligible {
    core: Arc<Core>,
    method: Arc<Method>,
    settled: bool,
}

impl Eligible {
    pub(crate) fn new(core: &Arc<Core>, method: &Arc<Method>) -> Self {
        method.eligible();
        Self {
            core: Arc::clone(core),
            method: Arc::clone(method),
            settled: false,
        }
    }

    /// The call ended like this.
    pub(crate) fn settle(mut self, outcome: &CallOutcome) {
        self.count(outcome);
    }

    fn count(&mut self, outcome: &CallOutcome) {
        self.settled = true;
        self.method.settled(outcome);
        let spec = self.method.spec;
        self.core.count(spec.entity, spec.method, outcome);
    }
}

impl Drop for Eligible {
    fn drop(&mut self) {
        if !self.settled {
            self.count(&CallOutcome::Inconclusive(Why::Abandoned));
        }
    }
}
