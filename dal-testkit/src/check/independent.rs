//! A sequence on two stores that do not know of each other: refusals are tested too.

use dal_shadow::answer::Answer;
use dal_shadow::ops::{Bound, On, Operation};

use super::call::{At, Invoker};
use super::comparison::{Compared, Comparison};
use super::execute::Ran;
use super::fault::{Earlier, Fault, Weight};
use super::start::Start;
use super::tally::Tally;
use super::{FailureKind, Step, bind, pages, transient};

/// Runs the calls on both stores and compares every answer.
pub(super) async fn run<O, A, B>(start: &Start, mysql: &A, dynamodb: &B, steps: &[Step<O>]) -> Ran
where
    O: On<A> + On<B>,
    A: ?Sized + Sync,
    B: ?Sized + Sync,
{
    let mut sides = Sides {
        start,
        invoker: Invoker::new(start.limits),
        mysql,
        dynamodb,
        mysql_bound: start.bound(),
        dynamodb_bound: start.bound(),
        comparison: start.comparison(),
        tally: Tally::default(),
        returned: Vec::new(),
    };
    let fault = sides.all(steps).await.err().map(|mut fault| {
        let returned = sides.returned.iter();
        fault.earlier = returned
            .map(|(step, one, other)| Earlier::of(*step, [one, other]))
            .collect();
        fault
    });
    let mut statistics = sides.tally.statistics;
    statistics.repeated = sides.invoker.repeated();
    Ran::of(statistics, fault, sides.comparison.ids.apart().collect())
}

struct Sides<'a, A: ?Sized, B: ?Sized> {
    start: &'a Start,
    invoker: Invoker,
    mysql: &'a A,
    dynamodb: &'a B,
    mysql_bound: Bound,
    dynamodb_bound: Bound,
    comparison: Comparison<'a>,
    tally: Tally,
    /// What both returned at each step.
    returned: Vec<(usize, Answer, Answer)>,
}

impl<A: ?Sized + Sync, B: ?Sized + Sync> Sides<'_, A, B> {
    async fn all<O: On<A> + On<B>>(&mut self, steps: &[Step<O>]) -> Result<(), Fault> {
        for (at, step) in steps.iter().enumerate() {
            let Step::Call(op) = step else { continue };
            self.step(op, at, steps)
                .await
                .map_err(|fault| weighed(fault, steps))?;
        }
        Ok(())
    }

    /// One call on both.
    async fn step<O: On<A> + On<B>>(
        &mut self,
        op: &O,
        at: usize,
        steps: &[Step<O>],
    ) -> Result<(), Fault> {
        if !op.is_callable(&self.mysql_bound) || !op.is_callable(&self.dynamodb_bound) {
            return Ok(());
        }
        let method = op.method();
        let names = self.start.engines.names();
        let [one, other] = names.map(|store| At { store, step: at });
        let invoker = &self.invoker;
        self.tally.called(method);
        let (mysql, dynamodb) = futures::join!(
            invoker.settled(op, self.mysql, &self.mysql_bound, one),
            invoker.settled(op, self.dynamodb, &self.dynamodb_bound, other),
        );
        let (mysql, dynamodb) = (mysql?, dynamodb?);
        bind::options_fit(method, &mysql, at)?;
        let (a, b) = futures::join!(
            pages::whole(invoker, op, self.mysql, &self.mysql_bound, &mysql, one),
            pages::whole(
                invoker,
                op,
                self.dynamodb,
                &self.dynamodb_bound,
                &dynamodb,
                other
            ),
        );
        let (a, b) = (a?, b?);
        let given = || given(steps, at);
        match self.comparison.independent(method, &a, &b, &given) {
            Compared::Agree => {}
            Compared::Transient => {
                return Err(transient::fault(
                    method,
                    at,
                    names,
                    [&a, &b],
                    invoker.limits,
                ));
            }
            Compared::Differ(found) => {
                let summary = format!("`{}` of `{}` differs", method.method, method.repository);
                let fault = Fault::new(FailureKind::Difference, at, summary)
                    .of(method)
                    .answered(names, [&a, &b]);
                let held = found.presence && [&*a, &*b].iter().all(|answer| is_value(answer));
                let mut fault = found.into_fault(fault);
                if held && !steps.iter().take(at + 1).any(writes) {
                    fault.help.push("nothing was written before this call, so one store held from its start what it returned: do both factories make empty stores, or fill them with the same?".to_owned());
                }
                return Err(fault);
            }
        }
        self.tally
            .agreed(op, &self.mysql_bound, &mysql, &self.start.tokens);
        bind::ids(op, &mysql, &mut self.mysql_bound, at)?;
        bind::ids(op, &dynamodb, &mut self.dynamodb_bound, at)?;
        pages::bind(
            op,
            (&mysql, &mut self.mysql_bound),
            (&dynamodb, &mut self.dynamodb_bound),
        );
        drop((a, b));
        self.returned.push((at, mysql, dynamodb));
        Ok(())
    }
}

/// The arguments of all calls up to this step, as text.
pub(super) fn given<O: Operation>(steps: &[Step<O>], at: usize) -> String {
    let calls = steps.iter().take(at + 1);
    calls
        .map(|step| format!("{step:?}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn writes<O: Operation>(step: &Step<O>) -> bool {
    matches!(step, Step::Call(op) if op.method().write)
}

fn is_value(answer: &Answer) -> bool {
    matches!(answer, Answer::Value(_))
}

/// The reads after the last write show what the sequence has left: without a result there, nothing
/// was shown.
fn weighed<O: Operation>(fault: Fault, steps: &[Step<O>]) -> Fault {
    let at_the_end = !steps.iter().skip(fault.at).any(writes);
    if at_the_end && fault.kind == FailureKind::Inconclusive {
        fault.weighing(Weight::Decisive)
    } else {
        fault
    }
}

/// Runs the calls on one store, until one fails: each with its answer, a paged one as a whole.
pub(super) async fn recorded<O, S>(
    start: &Start,
    store: &S,
    name: &str,
    steps: &[Step<O>],
) -> Vec<(usize, O, Answer)>
where
    O: On<S>,
    S: ?Sized + Sync,
{
    let invoker = Invoker::new(start.limits);
    let mut bound = start.bound();
    let mut record = Vec::new();
    for (step, call) in steps.iter().enumerate() {
        let Step::Call(op) = call else { continue };
        if !op.is_callable(&bound) {
            continue;
        }
        let at = At { store: name, step };
        let Ok(answer) = invoker.settled(op, store, &bound, at).await else {
            break;
        };
        let Ok(whole) = pages::whole(&invoker, op, store, &bound, &answer, at).await else {
            break;
        };
        let whole = whole.into_owned();
        if bind::ids(op, &answer, &mut bound, step).is_err() {
            break;
        }
        bind::page(op, &answer, &mut bound);
        record.push((step, op.clone(), whole));
    }
    record
}
