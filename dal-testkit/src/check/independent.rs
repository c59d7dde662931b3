//! A sequence on two stores that do not know of each other: refusals are tested too.

use std::collections::BTreeSet;

use dal_shadow::ops::{Bound, On, h};
use dal_shadow::tree::Tree;

use super::comparison::{Compared, Comparison, TraitRules};
use super::run::{self, End, Fault, Ran, Tally};
use super::{FailureKind, Step, pages};

/// What every sequence begins with.
pub(super) struct Start {
    pub(super) rules: TraitRules,
    pub(super) known: Vec<(&'static str, Vec<Tree>)>,
    pub(super) tokens: BTreeSet<&'static str>,
    /// The tokens that one store takes from the other.
    pub(super) portable: BTreeSet<&'static str>,
}

impl Start {
    /// The slots of one store before the first call.
    pub(super) fn bound(&self) -> Bound {
        let mut bound = Bound::new(self.tokens.iter().copied());
        for (class, ids) in &self.known {
            for (id, slot) in ids.iter().zip(0..) {
                bound.bind(class, h(slot), id.clone());
            }
        }
        bound
    }

    /// A comparison that knows the ids that both stores begin with.
    pub(super) fn comparison(&self) -> Comparison<'_> {
        let mut comparison = Comparison::new(&self.rules);
        for (class, ids) in &self.known {
            for id in ids {
                comparison.ids.pair(class, id, id);
            }
        }
        comparison
    }
}

/// Runs the calls on both stores and compares every answer.
pub(super) async fn run<O, A, B>(start: &Start, first: &A, second: &B, steps: &[Step<O>]) -> Ran
where
    O: On<A> + On<B>,
    A: ?Sized + Sync,
    B: ?Sized + Sync,
{
    let mut sides = Sides {
        start,
        first,
        second,
        first_bound: start.bound(),
        second_bound: start.bound(),
        comparison: start.comparison(),
        tally: Tally::default(),
    };
    let mut end = End::Agreed;
    for (at, step) in steps.iter().enumerate() {
        let Step::Call(op) = step else { continue };
        match sides.step(op, at).await {
            Ok(true) => {}
            Ok(false) => {
                end = End::Inconclusive;
                break;
            }
            Err(fault) => {
                end = End::Failed(fault);
                break;
            }
        }
    }
    let mut statistics = sides.tally.statistics;
    match &end {
        End::Inconclusive => statistics.inconclusive = 1,
        _ => statistics.sequences = 1,
    }
    Ran {
        statistics,
        apart: sides.comparison.ids.apart().collect(),
        end,
    }
}

const NAMES: [&str; 2] = ["MySQL", "DynamoDB"];

struct Sides<'a, A: ?Sized, B: ?Sized> {
    start: &'a Start,
    first: &'a A,
    second: &'a B,
    first_bound: Bound,
    second_bound: Bound,
    comparison: Comparison<'a>,
    tally: Tally,
}

impl<A: ?Sized + Sync, B: ?Sized + Sync> Sides<'_, A, B> {
    /// One call on both; `false` when nothing can be said of the sequence any more.
    async fn step<O: On<A> + On<B>>(&mut self, op: &O, at: usize) -> Result<bool, Fault> {
        let method = op.method();
        let [one, other] = NAMES;
        let (first, second) = futures::join!(
            run::call(op, self.first, &self.first_bound, (one, at)),
            run::call(op, self.second, &self.second_bound, (other, at)),
        );
        let (first, second) = (first?, second?);
        run::words_fit(method, &first, at)?;
        self.tally
            .count(op, &self.first_bound, &first, &self.start.tokens);
        let (a, b) = futures::join!(
            pages::whole(op, self.first, &self.first_bound, &first, (one, at)),
            pages::whole(op, self.second, &self.second_bound, &second, (other, at)),
        );
        let (a, b) = (a?, b?);
        match self.comparison.independent(method, &a, &b) {
            Compared::Agree => {}
            Compared::Inconclusive => return Ok(false),
            Compared::Differ { differences, help } => {
                let mut fault = Fault::new(
                    FailureKind::Difference,
                    at,
                    format!("`{}` of `{}` differs", method.method, method.repository),
                )
                .answered(NAMES, [&a, &b]);
                fault.differences = differences;
                fault.help = help;
                return Err(fault);
            }
        }
        run::bind(op, &first, &mut self.first_bound, at)?;
        run::bind(op, &second, &mut self.second_bound, at)?;
        pages::bind(
            op,
            (&first, &mut self.first_bound),
            (&second, &mut self.second_bound),
        );
        Ok(true)
    }
}
