//! Runs a sequence through the wrapper and changes the phase in the middle of it.
//!
//! No call waits for a secondary write, as in a service. The check waits for them where both stores
//! must be at rest: before a step, before the end, and before a difference counts that may be one of
//! time.
//!
//! A sequence passes when
//!
//! * every answer is that of a third store, which is called without the wrapper;
//! * the wrapper itself compares every call, and finds both stores equal;
//! * both stores hold exactly the same at the end, in a phase that writes both;
//! * a store that is out of use is not written.

mod end;
mod evidence;
mod phases;
mod rest;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dal_shadow::answer::Answer;
use dal_shadow::compare::Difference;
use dal_shadow::ops::{Bound, On, Slot};
use dal_shadow::source::Fixed;
use dal_shadow::{Harness, OpCx, Order, SecondaryWrites, ShadowReads};
use dal_traits::{RetryBudget, RetryPolicy};
use futures::future::BoxFuture;

use super::call::{At, Invoker, LONGEST_PAUSE, Limits, is_transient, may_repeat};
use super::comparison::{Compared, Comparison};
use super::execute::Ran;
use super::fault::{Earlier, Fault};
use super::independent::given;
use super::start::Start;
use super::tally::Tally;
use super::{FailureKind, Phase, Step, bind, pages, panics, transient};
use evidence::{Before, Evidence, Findings};

/// Makes the DynamoDB side equal to the MySQL side.
pub(super) type Copy<A, B> = Arc<dyn Fn(Arc<A>, Arc<B>) -> BoxFuture<'static, ()> + Send + Sync>;

/// The phases that a sequence can go through: all six with a `copy`, otherwise those that write
/// both stores.
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
    /// A third store, which the wrapper does not know.
    pub(super) bare: Arc<A>,
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
    let phase = phases.first().copied().unwrap_or(Phase::DualWrite);
    let findings = Findings::default();
    let harness = match harness(phase, start.limits, &findings).await {
        Ok(harness) => harness,
        Err(fault) => return Ran::failed(fault),
    };
    let (mysql, dynamodb) = (Arc::clone(&stores.mysql), Arc::clone(&stores.dynamodb));
    let wrapper = match panics::caught_now(|| wrap(mysql, dynamodb, harness.clone())) {
        Ok(wrapper) => wrapper,
        Err(panic) => {
            let summary =
                format!("the wrapper cannot be made: what `run_through` was given {panic}");
            return Ran::failed(Fault::new(FailureKind::Setup, 0, summary));
        }
    };
    let entities: BTreeSet<_> = O::methods().iter().map(|method| method.entity).collect();
    let mut walk = Walk {
        start,
        steps,
        only_transfers: false,
        invoker: Invoker::new(start.limits),
        through: Invoker::new(start.limits.through_a_wrapper()),
        bare_name: format!("a bare store ({})", start.engines.mysql),
        stores,
        wrapper,
        evidence: Evidence::new(harness.clone(), findings),
        harness,
        entities,
        phases,
        phase,
        bound: start.bound(),
        bare_bound: start.bound(),
        comparison: start.comparison(),
        tally: Tally::default(),
        unused: Vec::new(),
        unused_bound: start.bound(),
        creating: Mutex::default(),
        made: BTreeSet::new(),
        returned: Vec::new(),
    };
    let fault = walk.all().await.err().map(|mut fault| {
        let returned = walk.returned.iter();
        fault.earlier = returned
            .map(|(step, answer)| Earlier::of(*step, [answer]))
            .collect();
        fault
    });
    let mut statistics = walk.tally.statistics;
    statistics.transferred = walk.evidence.transferred();
    statistics.repeated = walk.invoker.repeated() + walk.through.repeated();
    // The wrapper stores one id on both sides, and the third store starts with the same ids: that
    // ids are never apart says nothing here.
    Ran::of(statistics, fault, Vec::new())
}

/// A harness that compares every call. A read waits for its comparison, a write for nothing.
async fn harness(phase: Phase, limits: Limits, findings: &Findings) -> Result<Harness, Fault> {
    let retry = RetryPolicy {
        max_attempts: limits.repeats + 1,
        base: Limits::pause(0),
        max_pause: LONGEST_PAUSE,
        budget: Arc::new(RetryBudget::new(u32::MAX / 2)),
    };
    Harness::builder(Fixed::new(phase))
        .best_effort_writes()
        .stores_hold_the_same()
        .secondary_writes(SecondaryWrites {
            caller_timeout: limits.through_a_wrapper().timeout,
            attempt_timeout: limits.timeout,
            retry,
            ..SecondaryWrites::default()
        })
        .shadow_reads(ShadowReads {
            order: Order::PrimaryFirst,
            timeout: limits.timeout,
            rereads: 0,
            // The check itself waits for both stores before a difference counts.
            reread_pause: Duration::ZERO,
            ..ShadowReads::default()
        })
        .sink(findings.clone())
        .start()
        .await
        .map_err(|error| {
            let summary = format!("the harness does not start: {error}");
            Fault::new(FailureKind::Setup, 0, summary)
        })
}

const WRAPPER: &str = "the wrapper";

struct Walk<'a, O, A: ?Sized, B: ?Sized, W> {
    start: &'a Start,
    steps: &'a [Step<O>],
    /// No secondary write is made.
    only_transfers: bool,
    /// Makes the calls on the stores themselves.
    invoker: Invoker,
    /// Makes those on the wrapper.
    through: Invoker,
    bare_name: String,
    stores: Stores<A, B>,
    wrapper: W,
    evidence: Evidence,
    harness: Harness,
    entities: BTreeSet<&'static str>,
    phases: Vec<Phase>,
    phase: Phase,
    bound: Bound,
    bare_bound: Bound,
    comparison: Comparison<'a>,
    tally: Tally,
    /// What a store returned when it went out of use, and the slots of that time.
    unused: Vec<(O, Answer)>,
    unused_bound: Bound,
    /// The classes of ids that were given since both stores were at rest.
    creating: Mutex<BTreeSet<&'static str>>,
    /// The slots that are bound.
    made: BTreeSet<(&'static str, Slot)>,
    /// What the wrapper returned at each step, and the bare store as well.
    returned: Vec<(usize, Answer)>,
}

impl<O, A, B, W> Walk<'_, O, A, B, W>
where
    O: On<A> + On<B> + On<W>,
    A: ?Sized + Send + Sync,
    B: ?Sized + Send + Sync,
    W: Sync,
{
    /// Runs every step, then compares both stores.
    async fn all(&mut self) -> Result<(), Fault> {
        let fault = match self.every_step().await {
            Ok(()) => return Ok(()),
            Err(fault) => fault,
        };
        // A secondary write that went wrong before is the cause, and tells more.
        match self.at_rest(fault.at).await {
            Err(earlier) if earlier.at < fault.at => Err(self.explained(earlier)),
            _ => Err(self.explained(fault)),
        }
    }

    async fn every_step(&mut self) -> Result<(), Fault> {
        for (class, ids) in &self.start.known {
            let slots = Slot::all().take(ids.len());
            self.made.extend(slots.map(|slot| (*class, slot)));
        }
        for (at, step) in self.steps.iter().enumerate() {
            match step {
                Step::To(phase) => self.walk(*phase, at).await?,
                Step::Call(op) => self.call(op, at).await?,
                Step::OnlyTransfers => {
                    self.harness.only_transfers();
                    self.only_transfers = true;
                }
            }
        }
        let last = self.steps.len().saturating_sub(1);
        self.at_rest(last).await?;
        if self.phase.writes_both() {
            self.both_hold_the_same(last).await
        } else {
            self.is_still_unused(last).await
        }
    }

    /// Makes one call through the wrapper and on the bare store, and compares the two answers.
    async fn call(&mut self, op: &O, at: usize) -> Result<(), Fault> {
        let method = op.method();
        self.tally.called(method);
        let given = || given(self.steps, at);
        let wrapper = At {
            store: WRAPPER,
            step: at,
        };
        if self.depends_on_lag(method) {
            self.at_rest(at).await?;
        }
        self.created(method);
        let answer = self.through(op, wrapper).await?;
        let (bare_name, bare_store) = (&self.bare_name, &*self.stores.bare);
        let bare_at = At {
            store: bare_name,
            step: at,
        };
        let invoker = &self.invoker;
        let bare = invoker
            .settled(op, bare_store, &self.bare_bound, bare_at)
            .await?;
        bind::options_fit(method, &answer, at)?;
        let whole = self.all_pages(op, &answer, wrapper).await?;
        let bare_whole =
            pages::whole(invoker, op, bare_store, &self.bare_bound, &bare, bare_at).await?;
        let names = [WRAPPER, bare_name.as_str()];
        match self
            .comparison
            .independent(method, &whole, &bare_whole, &given)
        {
            Compared::Agree => {}
            Compared::Transient => {
                let answers = [&*whole, &*bare_whole];
                return Err(transient::fault(method, at, names, answers, invoker.limits));
            }
            Compared::Differ(found) => {
                let fault = difference(at, format!("`{}` through the wrapper differs from the same call on a bare store, in {}", method.method, self.phase))
                    .of(method)
                    .answered(names, [&whole, &bare_whole]);
                let mut fault = found.into_fault(fault);
                if let (false, Answer::Error(_), Answer::Value(_)) =
                    (method.creates.is_empty(), &*whole, &*bare_whole)
                {
                    fault.help.push("if the id was given before: every mirror method also moves its store's id generator past the id that it stores, so that a store that leads later gives new ones".to_owned());
                }
                return Err(fault);
            }
        }
        self.tally
            .agreed(op, &self.bound, &answer, &self.start.tokens);
        bind::ids(op, &answer, &mut self.bound, at)?;
        bind::ids(op, &bare, &mut self.bare_bound, at)?;
        if matches!(answer, Answer::Value(_)) {
            let classes = method.creates.iter().map(|made| made.class);
            self.made.extend(classes.zip(op.creates()));
        }
        pages::bind(
            op,
            (&answer, &mut self.bound),
            (&bare, &mut self.bare_bound),
        );
        drop((whole, bare_whole));
        self.returned.push((at, answer));
        Ok(())
    }

    /// Makes a call through the wrapper. Repeats it while its answer is transient or was not
    /// compared, if a repetition is safe.
    async fn through(&self, op: &O, at: At<'_>) -> Result<Answer, Fault> {
        let method = op.method();
        let (mut repetition, mut rested) = (0, false);
        loop {
            let before = self.evidence.before(method);
            let call = self.through.once(op, &self.wrapper, &self.bound, at);
            let answer = named(at.step).scope(call).await?;
            if method.write {
                // What its secondary write comes to is looked at when that has ended.
                if may_repeat(method, &answer) && self.through.pause(&mut repetition).await {
                    continue;
                }
                return Ok(answer);
            }
            let found = self.found(&before, op, at.step);
            if found.is_err() && !std::mem::replace(&mut rested, true) {
                // What the secondary store lacked may have been on its way.
                self.at_rest(at.step).await?;
                continue;
            }
            let repeat = may_repeat(method, &answer) || is_unclear(&found);
            if repeat && self.through.pause(&mut repetition).await {
                continue;
            }
            if is_transient(&answer) && is_unclear(&found) {
                // The caller's own answer is compared next, and tells more.
                return Ok(answer);
            }
            return found.map(|()| answer).map_err(lasting);
        }
    }

    /// The whole list that starts with a page. The wrapper must have compared all of its pages.
    async fn all_pages<'s>(
        &self,
        op: &O,
        answer: &'s Answer,
        at: At<'_>,
    ) -> Result<std::borrow::Cow<'s, Answer>, Fault> {
        let (mut repetition, mut rested) = (0, false);
        loop {
            let before = self.evidence.before(op.method());
            let (invoker, wrapper) = (&self.through, &self.wrapper);
            let pages = pages::whole(invoker, op, wrapper, &self.bound, answer, at);
            let whole = named(at.step).scope(pages).await?;
            if op.method().write {
                return Ok(whole);
            }
            let found = self.found(&before, op, at.step);
            if found.is_err() && !std::mem::replace(&mut rested, true) {
                self.at_rest(at.step).await?;
                continue;
            }
            if is_unclear(&found) && self.through.pause(&mut repetition).await {
                continue;
            }
            if is_transient(&whole) && is_unclear(&found) {
                return Ok(whole);
            }
            return found.map(|()| whole).map_err(lasting);
        }
    }

    /// What the wrapper found at a read.
    fn found(&self, before: &Before, op: &O, at: usize) -> Result<(), Fault> {
        let given = || given(self.steps, at);
        let advice = |found: &[Difference]| self.comparison.advice(op.method(), found, &given);
        let (method, phase) = (op.method(), self.phase);
        self.evidence.of_read(before, method, phase, at, &advice)
    }
}

/// The context of the call of a step: what the wrapper finds carries its name.
fn named(step: usize) -> OpCx {
    OpCx::new().with_correlation_id(step.to_string())
}

/// Whether a comparison of the wrapper has no result.
fn is_unclear(found: &Result<(), Fault>) -> bool {
    matches!(found, Err(fault) if fault.kind == FailureKind::Inconclusive)
}

/// A comparison of the wrapper that stays inconclusive although one store answered is a difference:
/// a read was repeated often enough, and after a secondary write that may not have been applied the
/// stores may differ.
fn lasting(mut fault: Fault) -> Fault {
    if fault.kind == FailureKind::Inconclusive {
        fault.kind = FailureKind::Difference;
    }
    fault
}

fn difference(at: usize, summary: String) -> Fault {
    Fault::new(FailureKind::Difference, at, summary)
}
