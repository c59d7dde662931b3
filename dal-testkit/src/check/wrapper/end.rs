//! The comparison of both stores at the end of a sequence.

use std::collections::BTreeSet;

use dal_shadow::answer::Answer;
use dal_shadow::ops::{Bound, On, Slot};

use super::{Walk, difference};
use crate::check::call::{At, Invoker};
use crate::check::comparison::Compared;
use crate::check::fault::{Fault, Weight};
use crate::check::independent::given;
use crate::check::{Step, pages, transient};

impl<O, A, B, W> Walk<'_, O, A, B, W>
where
    O: On<A> + On<B> + On<W>,
    A: ?Sized + Send + Sync,
    B: ?Sized + Send + Sync,
    W: Sync,
{
    /// Compares every read of handles and every read of the sequence exactly: ids and times
    /// included.
    pub(super) async fn both_hold_the_same(&mut self, step: usize) -> Result<(), Fault> {
        let bound = self.without_tokens();
        let mut asked = BTreeSet::new();
        let called = self.steps.iter().filter_map(|step| match step {
            Step::Call(op) if !op.method().write => Some(op.clone()),
            _ => None,
        });
        let names = self.start.engines.names();
        for op in self.reads().into_iter().chain(called) {
            let tokens = &self.start.tokens;
            let tokenless = |(class, slot): &(&'static str, Slot)| {
                !tokens.contains(class) || !slot.never_existed()
            };
            if !op.uses().iter().all(tokenless) || !asked.insert(format!("{op:?}")) {
                continue;
            }
            let [mysql_at, dynamodb_at] = names.map(|store| At { store, step });
            let invoker = &self.invoker;
            let mysql = all(invoker, &op, &*self.stores.mysql, &bound, mysql_at).await?;
            let dynamodb = all(invoker, &op, &*self.stores.dynamodb, &bound, dynamodb_at).await?;
            let given = || given(self.steps, step);
            let method = op.method();
            match self.comparison.exact(method, &mysql, &dynamodb, &given) {
                Compared::Agree => self.tally.statistics.at_the_end += 1,
                Compared::Transient => {
                    let unclear = self.unclear(&op, step, names, [&mysql, &dynamodb]);
                    return Err(unclear.after(&op));
                }
                Compared::Differ(found) => {
                    let summary = format!(
                        "at the end, in {}, the two stores do not hold the same: {op:?} differs",
                        self.phase
                    );
                    let fault = difference(step, summary)
                        .of(method)
                        .after(&op)
                        .answered(names, [&mysql, &dynamodb]);
                    return Err(found.into_fault(fault));
                }
            }
        }
        Ok(())
    }

    /// The fault of an inconclusive comparison at the end, which fails the check whatever share is
    /// tolerated.
    pub(super) fn unclear(
        &self,
        op: &O,
        at: usize,
        names: [&str; 2],
        answers: [&Answer; 2],
    ) -> Fault {
        transient::fault(op.method(), at, names, answers, self.invoker.limits)
            .weighing(Weight::Decisive)
    }

    /// Every read of handles only, on every slot that is bound.
    pub(super) fn reads(&self) -> Vec<O> {
        O::reads_of_handles()
            .into_iter()
            .filter(|op| op.uses().iter().all(|used| self.made.contains(used)))
            .collect()
    }

    pub(super) fn without_tokens(&self) -> Bound {
        let mut bound = self.bound.clone();
        for class in &self.start.tokens {
            bound.unbind_all(class);
        }
        bound
    }
}

/// Makes a call and reads all pages of its answer.
async fn all<O: On<S>, S: ?Sized + Sync>(
    invoker: &Invoker,
    op: &O,
    store: &S,
    bound: &Bound,
    at: At<'_>,
) -> Result<Answer, Fault> {
    let answer = invoker.settled(op, store, bound, at).await?;
    let whole = pages::whole(invoker, op, store, bound, &answer, at).await?;
    Ok(whole.into_owned())
}
