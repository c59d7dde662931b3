//! A sequence through the wrapper, its phase changed in the middle: nobody may notice.
//!
//! Every answer is compared with that of a third, bare store; every comparison that the wrapper makes
//! itself must be equal; while both stores are written, they hold the same to the last bit at the
//! end; a store that is out of use is not touched.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dal_shadow::answer::Answer;
use dal_shadow::compare::Why;
use dal_shadow::ops::{Bound, On, Slot};
use dal_shadow::record::CallOutcome;
use dal_shadow::sink::RingSink;
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, Order, Store, Verb};
use futures::future::BoxFuture;

use super::comparison::{Compared, Comparison};
use super::independent::Start;
use super::run::{self, End, Fault, Ran, Tally};
use super::{FailureKind, Phase, Step, pages};

/// Makes the DynamoDB side equal to the MySQL side.
pub(super) type Copy<A, B> = Arc<dyn Fn(Arc<A>, Arc<B>) -> BoxFuture<'static, ()> + Send + Sync>;

/// Both sides of the wrapper wait for each other in these tests, for so long at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// So many findings of one sequence are kept.
const FINDINGS: usize = 64;

/// The phases that a sequence can go through: all six with a `copy`, else those that write both
/// stores.
pub(super) fn phases(copies: bool) -> Vec<Phase> {
    Phase::ALL
        .into_iter()
        .filter(|phase| copies || phase.writes_both())
        .collect()
}

/// The stores of one sequence.
pub(super) struct Stores<A: ?Sized, B: ?Sized> {
    pub(super) mysql: Arc<A>,
    pub(super) dynamodb: Arc<B>,
    pub(super) third: Arc<A>,
    pub(super) copy: Option<Copy<A, B>>,
}

/// Runs the steps through the wrapper that `wrap` makes.
pub(super) async fn run<O, A, B, W>(
    start: &Start,
    stores: Stores<A, B>,
    wrap: impl FnOnce(Arc<A>, Arc<B>, Harness) -> W,
    steps: &[Step<O>],
) -> Ran
where
    O: On<A> + On<B> + On<W>,
    A: ?Sized + Send + Sync,
    B: ?Sized + Send + Sync,
    W: Sync,
{
    let phases = phases(stores.copy.is_some());
    let first = phases.first().copied().unwrap_or(Phase::DualWrite);
    let ring = RingSink::new(FINDINGS).unredacted();
    let harness = Harness::builder(Fixed::new(first))
        .best_effort_writes()
        .await_second_writes()
        .order(Order::PrimaryFirst)
        .deadline(PATIENCE)
        .second_write_wait(PATIENCE)
        .rereads(0, Duration::ZERO)
        .sink(ring.clone())
        .start()
        .await;
    let harness = match harness {
        Ok(harness) => harness,
        Err(error) => {
            let summary = format!("the harness does not start: {error}");
            return failed(Fault::new(FailureKind::Setup, 0, summary));
        }
    };
    let wrapper = wrap(
        Arc::clone(&stores.mysql),
        Arc::clone(&stores.dynamodb),
        harness.clone(),
    );
    let entities: BTreeSet<_> = O::methods().iter().map(|method| method.entity).collect();
    let mut through = Through {
        start,
        stores,
        wrapper,
        harness,
        ring,
        entities,
        phases,
        phase: first,
        bound: start.bound(),
        third_bound: start.bound(),
        comparison: start.comparison(),
        tally: Tally::default(),
        asleep: Vec::new(),
        asleep_bound: start.bound(),
        made: BTreeSet::new(),
    };
    let end = match through.all(steps).await {
        Ok(true) => End::Agreed,
        Ok(false) => End::Inconclusive,
        Err(fault) => End::Failed(fault),
    };
    let mut statistics = through.tally.statistics;
    match &end {
        End::Inconclusive => statistics.inconclusive = 1,
        _ => statistics.sequences = 1,
    }
    Ran {
        statistics,
        end,
        // Ids exist once, and the third store begins like the first one.
        apart: Vec::new(),
    }
}

fn failed(fault: Fault) -> Ran {
    Ran {
        statistics: super::Statistics::default(),
        end: End::Failed(fault),
        apart: Vec::new(),
    }
}

const WRAPPER: &str = "the wrapper";
const THIRD: &str = "a bare MySQL store";
const MYSQL: &str = "MySQL";
const DYNAMODB: &str = "DynamoDB";

struct Through<'a, O, A: ?Sized, B: ?Sized, W> {
    start: &'a Start,
    stores: Stores<A, B>,
    wrapper: W,
    harness: Harness,
    ring: RingSink,
    entities: BTreeSet<&'static str>,
    phases: Vec<Phase>,
    phase: Phase,
    bound: Bound,
    third_bound: Bound,
    comparison: Comparison<'a>,
    tally: Tally,
    /// What the store that is out of use answered when it was left, and the slots of then.
    asleep: Vec<(O, Answer)>,
    asleep_bound: Bound,
    /// The slots that are bound.
    made: BTreeSet<(&'static str, Slot)>,
}

impl<O, A, B, W> Through<'_, O, A, B, W>
where
    O: On<A> + On<B> + On<W>,
    A: ?Sized + Send + Sync,
    B: ?Sized + Send + Sync,
    W: Sync,
{
    /// Every step, then the comparison of both stores; `false` when nothing can be said.
    async fn all(&mut self, steps: &[Step<O>]) -> Result<bool, Fault> {
        for (class, ids) in &self.start.known {
            let slots = Slot::all().take(ids.len());
            self.made.extend(slots.map(|slot| (*class, slot)));
        }
        for (at, step) in steps.iter().enumerate() {
            match step {
                Step::To(phase) => self.walk(*phase, at).await?,
                Step::Call(op) => {
                    if !self.call(op, at).await? {
                        return Ok(false);
                    }
                }
            }
        }
        let last = steps.len().saturating_sub(1);
        if self.phase.writes_both() {
            self.both_hold_the_same(steps, last).await?;
        } else {
            self.still_asleep(last).await?;
        }
        Ok(true)
    }

    /// One call through the wrapper and on the bare store.
    async fn call(&mut self, op: &O, at: usize) -> Result<bool, Fault> {
        let method = op.method();
        let answer = run::call(op, &self.wrapper, &self.bound, (WRAPPER, at)).await?;
        let third = run::call(op, &*self.stores.third, &self.third_bound, (THIRD, at)).await?;
        run::words_fit(method, &answer, at)?;
        self.tally
            .count(op, &self.bound, &answer, &self.start.tokens);
        let whole = pages::whole(op, &self.wrapper, &self.bound, &answer, (WRAPPER, at)).await?;
        let bare = pages::whole(
            op,
            &*self.stores.third,
            &self.third_bound,
            &third,
            (THIRD, at),
        )
        .await?;
        match self.comparison.independent(method, &whole, &bare) {
            Compared::Agree => {}
            Compared::Inconclusive => return Ok(false),
            Compared::Differ { differences, help } => {
                let mut fault = difference(at, format!("`{}` through the wrapper differs from the same call on a bare store, in {}", method.method, self.phase))
                    .answered([WRAPPER, THIRD], [&whole, &bare]);
                fault.differences = differences;
                fault.help = help;
                if let (false, Answer::Error(_), Answer::Value(_)) =
                    (method.creates.is_empty(), &*whole, &*bare)
                {
                    fault.help.push("if the id was given before: every mirror method also moves its store's id generator past the id that it stores, so that a store that leads later gives new ones".to_owned());
                }
                return Err(fault);
            }
        }
        if !self.verdicts(at)? {
            return Ok(false);
        }
        run::bind(op, &answer, &mut self.bound, at)?;
        run::bind(op, &third, &mut self.third_bound, at)?;
        if matches!(answer, Answer::Value(_)) {
            let classes = method.creates.iter().map(|made| made.class);
            self.made.extend(classes.zip(op.creates()));
        }
        pages::bind(
            op,
            (&answer, &mut self.bound),
            (&third, &mut self.third_bound),
        );
        Ok(true)
    }

    /// What the wrapper itself found; `false` when a store failed for the moment.
    fn verdicts(&self, at: usize) -> Result<bool, Fault> {
        let mut conclusive = true;
        for found in self.ring.raw() {
            let record = &found.record;
            if record.outcome.is_mismatch() {
                let mut fault = difference(
                    at,
                    format!(
                        "the wrapper reports `{}` for `{}`, answered by {} in {}",
                        record.outcome.as_str(),
                        record.method,
                        record.answered_by,
                        record.phase
                    ),
                );
                if let Some((first, second)) = &found.answers {
                    fault =
                        fault.answered(["the answering store", "the other store"], [first, second]);
                }
                fault.differences = found.differences.iter().map(ToString::to_string).collect();
                return Err(fault);
            }
            // An empty last page is none of the store's failures: the whole list is compared here.
            conclusive &=
                !matches!(record.outcome, CallOutcome::Inconclusive(why) if why != Why::PageEnd);
        }
        self.ring.clear();
        Ok(conclusive)
    }

    /// To a phase, by adjacent steps. There is no way back from `dynamodb-only`: MySQL is stale then.
    async fn walk(&mut self, to: Phase, at: usize) -> Result<(), Fault> {
        if !self.phases.contains(&to) {
            return Err(Fault::new(
                FailureKind::Setup,
                at,
                format!("the phase {to} needs `.copy(..)`, which makes the DynamoDB side equal"),
            ));
        }
        while self.phase != to && self.phase != Phase::DynamoDbOnly {
            let forward = rank(to) > rank(self.phase);
            let next = Phase::ALL.into_iter().find(|next| {
                next.is_adjacent(self.phase) && (rank(*next) > rank(self.phase)) == forward
            });
            let Some(next) = next else { break };
            self.step(next, at).await?;
        }
        Ok(())
    }

    async fn step(&mut self, next: Phase, at: usize) -> Result<(), Fault> {
        if self.phase == Phase::MySqlOnly {
            self.still_asleep(at).await?;
            if let Some(copy) = &self.stores.copy {
                copy(
                    Arc::clone(&self.stores.mysql),
                    Arc::clone(&self.stores.dynamodb),
                )
                .await;
            }
        }
        for entity in &self.entities {
            self.harness.step(entity, next).await.map_err(|error| {
                Fault::new(
                    FailureKind::Broken,
                    at,
                    format!(
                        "the step of `{entity}` from {} to {next}: {error}",
                        self.phase
                    ),
                )
            })?;
        }
        self.tally.statistics.phases += 1;
        if answers(next) != answers(self.phase) {
            for class in self.start.tokens.difference(&self.start.portable) {
                self.bound.unbind_all(class);
                self.third_bound.unbind_all(class);
            }
        }
        self.phase = next;
        if !next.writes_both() {
            self.fall_asleep(at).await?;
        }
        Ok(())
    }

    /// Remembers what the store answers that is out of use from now on.
    async fn fall_asleep(&mut self, at: usize) -> Result<(), Fault> {
        self.asleep.clear();
        self.asleep_bound = self.without_tokens();
        for op in self.reads() {
            let answer = self.ask_unused(&op, at).await?;
            self.asleep.push((op, answer));
        }
        Ok(())
    }

    /// The store that is out of use answers as when it was left.
    async fn still_asleep(&mut self, at: usize) -> Result<(), Fault> {
        for (op, before) in std::mem::take(&mut self.asleep) {
            let now = self.ask_unused(&op, at).await?;
            if let Compared::Differ { differences, .. } =
                self.comparison.exact(op.method(), &before, &now)
            {
                let mut fault = difference(
                    at,
                    format!(
                        "{} was written in {}, where it is out of use: {op:?} changed",
                        self.unused(),
                        self.phase
                    ),
                )
                .answered(["before, it", "afterwards, it"], [&before, &now]);
                fault.differences = differences;
                return Err(fault);
            }
        }
        Ok(())
    }

    fn unused(&self) -> &'static str {
        match self.phase {
            Phase::DynamoDbOnly => MYSQL,
            _ => DYNAMODB,
        }
    }

    async fn ask_unused(&self, op: &O, at: usize) -> Result<Answer, Fault> {
        let bound = &self.asleep_bound;
        match self.phase {
            Phase::DynamoDbOnly => run::call(op, &*self.stores.mysql, bound, (MYSQL, at)).await,
            _ => run::call(op, &*self.stores.dynamodb, bound, (DYNAMODB, at)).await,
        }
    }

    /// Ids and times included: every read of a handle, and every read of the sequence.
    async fn both_hold_the_same(&mut self, steps: &[Step<O>], at: usize) -> Result<(), Fault> {
        let bound = self.without_tokens();
        let mut asked = BTreeSet::new();
        let called = steps.iter().filter_map(|step| match step {
            Step::Call(op) if !op.method().write => Some(op.clone()),
            _ => None,
        });
        for op in self.reads().into_iter().chain(called) {
            let tokens = &self.start.tokens;
            let tokenless = |(class, slot): &(&'static str, Slot)| {
                !tokens.contains(class) || !slot.never_existed()
            };
            if !op.uses().iter().all(tokenless) || !asked.insert(format!("{op:?}")) {
                continue;
            }
            let mysql = all(&op, &*self.stores.mysql, &bound, (MYSQL, at)).await?;
            let dynamodb = all(&op, &*self.stores.dynamodb, &bound, (DYNAMODB, at)).await?;
            if let Compared::Differ { differences, help } =
                self.comparison.exact(op.method(), &mysql, &dynamodb)
            {
                let mut fault = difference(
                    at,
                    format!(
                        "at the end, in {}, the two stores do not hold the same: {op:?} differs",
                        self.phase
                    ),
                )
                .answered([MYSQL, DYNAMODB], [&mysql, &dynamodb]);
                fault.differences = differences;
                fault.help = help;
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Every read of handles only, on every slot that is bound.
    fn reads(&self) -> Vec<O> {
        O::reads_of_handles()
            .into_iter()
            .filter(|op| op.uses().iter().all(|used| self.made.contains(used)))
            .collect()
    }

    fn without_tokens(&self) -> Bound {
        let mut bound = self.bound.clone();
        for class in &self.start.tokens {
            bound.unbind_all(class);
        }
        bound
    }
}

/// A call, with all pages of its answer.
async fn all<O: On<S>, S: ?Sized + Sync>(
    op: &O,
    store: &S,
    bound: &Bound,
    who: (&str, usize),
) -> Result<Answer, Fault> {
    let answer = run::call(op, store, bound, who).await?;
    let whole = pages::whole(op, store, bound, &answer, who).await?;
    Ok(whole.into_owned())
}

fn difference(at: usize, summary: String) -> Fault {
    Fault::new(FailureKind::Difference, at, summary)
}

fn rank(phase: Phase) -> usize {
    Phase::ALL
        .iter()
        .position(|other| *other == phase)
        .unwrap_or_default()
}

/// The store that answers reads.
fn answers(phase: Phase) -> Store {
    dal_shadow::plan(phase, Verb::Read).first
}
