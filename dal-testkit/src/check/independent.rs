//! A sequence on two stores that do not know of each other: refusals are tested too.

use std::collections::BTreeSet;

use dal_shadow::answer::Answer;
use dal_shadow::ops::{Bound, On, OpMethod, find, h};
use dal_shadow::tree::Tree;

use super::judge::{Judge, Judgement, Law};
use super::run::{self, End, Fault, Ran, Tally};
use super::{FailureKind, Step};

/// More pages than this are taken for a token that leads nowhere.
const MAX_PAGES: usize = 1_000;

/// What every sequence begins with.
pub(super) struct Start {
    pub(super) law: Law,
    pub(super) known: Vec<(&'static str, Vec<Tree>)>,
    pub(super) tokens: BTreeSet<&'static str>,
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

    /// A judge that knows the ids that both stores begin with.
    pub(super) fn judge(&self) -> Judge<'_> {
        let mut judge = Judge::new(&self.law);
        for (class, ids) in &self.known {
            for id in ids {
                judge.relation.relate(class, id, id);
            }
        }
        judge
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
        judge: start.judge(),
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
        apart: sides.judge.relation.apart().collect(),
        end,
    }
}

const NAMES: [&str; 2] = ["the first store", "the second store"];

struct Sides<'a, A: ?Sized, B: ?Sized> {
    start: &'a Start,
    first: &'a A,
    second: &'a B,
    first_bound: Bound,
    second_bound: Bound,
    judge: Judge<'a>,
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
        self.tally
            .count(op, &self.first_bound, &first, &self.start.tokens);
        let (lengths, compared) = match drain(method) {
            None => (true, None),
            Some(items) => {
                let lengths = length(&first, items) == length(&second, items);
                let drained = futures::join!(
                    drained(op, self.first, &self.first_bound, &first, (one, at)),
                    drained(op, self.second, &self.second_bound, &second, (other, at)),
                );
                (lengths, Some((drained.0?, drained.1?)))
            }
        };
        let (a, b) = match &compared {
            Some((a, b)) => (a, b),
            None => (&first, &second),
        };
        match self.judge.related(method, a, b) {
            Judgement::Agree => {}
            Judgement::Inconclusive => return Ok(false),
            Judgement::Differ { differences, help } => {
                let mut fault = Fault::new(
                    FailureKind::Difference,
                    at,
                    format!("`{}` of `{}` differs", method.method, method.repository),
                )
                .answered(NAMES, [a, b]);
                fault.differences = differences;
                fault.help = help;
                return Err(fault);
            }
        }
        run::bind(op, &first, &mut self.first_bound, at)?;
        run::bind(op, &second, &mut self.second_bound, at)?;
        if lengths {
            run::bind_token(op, &first, &mut self.first_bound);
            run::bind_token(op, &second, &mut self.second_bound);
        } else if let (Some(token), Some(slot)) = (&method.token, op.page()) {
            self.first_bound.unbind(token.place.class, slot);
            self.second_bound.unbind(token.place.class, slot);
        }
        Ok(true)
    }
}

fn drain(method: &OpMethod) -> Option<&'static str> {
    method.token.as_ref().and_then(|token| token.drain)
}

fn length(answer: &Answer, items: &str) -> Option<usize> {
    match answer {
        Answer::Value(tree) => find(tree, items)?.value.as_seq().map(<[Tree]>::len),
        _ => None,
    }
}

/// The answer with the records of all further pages, and no token.
async fn drained<O: On<S>, S: ?Sized + Sync>(
    op: &O,
    store: &S,
    bound: &Bound,
    answer: &Answer,
    who: (&str, usize),
) -> Result<Answer, Fault> {
    let method = op.method();
    let (Some(token), Some(items), Answer::Value(tree)) = (&method.token, drain(method), answer)
    else {
        return Ok(answer.clone());
    };
    let mut whole = tree.clone();
    let mut next = run::token(method, answer);
    let mut pages = 1;
    while let Some(continued) = next {
        if pages == MAX_PAGES {
            return Err(Fault::new(
                FailureKind::Broken,
                who.1,
                format!(
                    "`{}` of {} still gives a token after {MAX_PAGES} pages",
                    method.method, who.0
                ),
            ));
        }
        pages += 1;
        let bound = bound.continuing(token.place.class, continued);
        let page = run::call(op, store, &bound, who).await?;
        let Answer::Value(tree) = &page else {
            return Ok(page);
        };
        let more = find(tree, items)
            .and_then(|found| found.value.as_seq())
            .unwrap_or_default();
        super::judge::replace(&mut whole, items, &mut |all| {
            if let Tree::Seq(all) = all {
                all.extend_from_slice(more);
            }
        });
        next = run::token(method, &page);
    }
    super::judge::replace(&mut whole, token.place.path, &mut |token| {
        *token = Tree::Null;
    });
    Ok(Answer::Value(whole))
}
