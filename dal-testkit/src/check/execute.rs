//! Running one sequence, and what it yields.

use std::sync::Arc;

use dal_shadow::ops::Operation;
use futures::future::BoxFuture;

use super::fault::{Fault, Weight};
use super::{FailureKind, Statistics, Step};

/// Runs one sequence on fresh stores.
pub(super) type Execute<O> = Arc<dyn Fn(Vec<Step<O>>) -> BoxFuture<'static, Ran> + Send + Sync>;

/// What became of a sequence.
pub(super) struct Ran {
    pub(super) statistics: Statistics,
    /// What ended it early.
    pub(super) fault: Option<Fault>,
    /// Classes with ids, and whether any differ between the stores.
    pub(super) apart: Vec<(&'static str, bool)>,
}

/// A sequence without a result is run so often, in all.
const RUNS: usize = 3;

impl Ran {
    /// What ran without anything to count.
    pub(super) fn failed(fault: Fault) -> Self {
        Self {
            statistics: Statistics::default(),
            fault: Some(fault),
            apart: Vec::new(),
        }
    }

    /// A sequence that was run until its end or until `fault`.
    pub(super) fn of(
        mut statistics: Statistics,
        fault: Option<Fault>,
        apart: Vec<(&'static str, bool)>,
    ) -> Self {
        match &fault {
            Some(fault) if fault.kind == FailureKind::Inconclusive => statistics.inconclusive = 1,
            _ => statistics.sequences = 1,
        }
        Self {
            statistics,
            fault,
            apart,
        }
    }

    /// What another run may make up for.
    fn inconclusive(&self) -> Option<&Fault> {
        self.fault.as_ref().filter(|fault| {
            fault.kind == FailureKind::Inconclusive && fault.weight != Weight::Decisive
        })
    }
}

/// Repeats sequences without a result on fresh stores. One store that gives no clear answer each
/// time, at the same method, while the other one does, is a difference.
pub(super) fn repeated<O: Operation>(execute: Execute<O>) -> Execute<O> {
    Arc::new(move |steps| {
        let execute = Arc::clone(&execute);
        Box::pin(async move {
            let mut ran = execute(steps.clone()).await;
            let mut lasting = true;
            for _ in 1..RUNS {
                let Some(before) = ran.inconclusive().cloned() else {
                    return ran;
                };
                ran = execute(steps.clone()).await;
                lasting &= ran
                    .inconclusive()
                    .is_some_and(|now| now.is_like(&before) && now.weight == before.weight);
            }
            if let (true, Some(fault)) = (lasting, &mut ran.fault)
                && let Weight::OneSided(store) = &fault.weight
            {
                fault.summary = format!(
                    "{}, in each of {RUNS} runs on fresh stores; {store} keeps giving a transient answer, which the other store does not",
                    fault.summary
                );
                fault.kind = FailureKind::Difference;
                ran.statistics.inconclusive = 0;
                ran.statistics.sequences = 1;
            }
            ran
        })
    })
}
