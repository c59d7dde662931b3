//! The settings of a check.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dal_shadow::Harness;
use dal_shadow::ops::{On, Operation};
use dal_shadow::tree;
use proptest::strategy::{BoxedStrategy, Strategy};
use serde::Serialize;

use super::call::Limits;
use super::driver::{Driver, LeftOver};
use super::execute::{Execute, Ran, repeated};
use super::factory::{Factory, made};
use super::floors::Floors;
use super::generate::Generator;
use super::regressions::Regressions;
use super::start::{Engines, Known, Start};
use super::wrapper::{self, Copy, Stores};
use super::{Failure, FailureKind, Phase, Statistics, fresh, independent};
use crate::servers;

/// A check of two stores, see [`check`].
#[must_use = "nothing is checked before `run`"]
pub struct Check<O: Operation, A: ?Sized, B: ?Sized> {
    strategy: BoxedStrategy<O>,
    mysql: Factory<A>,
    dynamodb: Factory<B>,
    copy: Option<Copy<A, B>>,
    sequences: u64,
    calls: usize,
    parallel: usize,
    floors: Floors,
    inconclusive_at_most: f64,
    engines: Engines,
    limits: Limits,
    regressions: Option<PathBuf>,
    mirrors: bool,
    known: Known,
    unreadable: Option<String>,
    seed: Option<u64>,
    shrink_time: Duration,
}

/// A check whether two stores answer the same calls in the same way: the calls of `strategy`, in
/// sequences, each on two fresh stores.
///
/// `mysql` and `dynamodb` are called once for each sequence (and for each try while a failing one is
/// made small), several at a time, and give an empty store: an `async fn` that returns
/// `Arc<dyn UserRepository>`. Let their ids start apart, each just below a power of ten (8 and 998):
/// then an id that is not declared is noticed, and a store that orders numbers as texts.
///
/// ```
/// use std::collections::BTreeSet;
/// use std::convert::Infallible;
/// use std::sync::{Arc, Mutex};
///
/// use dal_testkit::check::{check, confusables};
///
/// #[dal_shadow::shadow(ops)]
/// pub trait Names: Send + Sync {
///     #[shadow(write, replay)]
///     async fn add(&self, name: &str) -> Result<bool, Infallible>;
///     #[shadow(read)]
///     async fn has(&self, name: &str) -> Result<bool, Infallible>;
/// }
///
/// #[derive(Default)]
/// struct Memory(Mutex<BTreeSet<String>>);
///
/// impl Names for Memory {
///     async fn add(&self, name: &str) -> Result<bool, Infallible> {
///         Ok(self.0.lock().unwrap().insert(name.to_owned()))
///     }
///
///     async fn has(&self, name: &str) -> Result<bool, Infallible> {
///         Ok(self.0.lock().unwrap().contains(name))
///     }
/// }
///
/// fn main() {
///     let calls = NamesArgs { name: confusables(&["Ann", "Bob"]) }.ops();
///     let store = || async { Arc::new(Memory::default()) };
///     check(calls, store, store).sequences(32).floor("add", 50).run();
/// }
/// ```
pub fn check<S, O, A, B, FA, FB, RA, RB>(strategy: S, mysql: FA, dynamodb: FB) -> Check<O, A, B>
where
    S: Strategy<Value = O> + 'static,
    O: Operation,
    A: ?Sized + Send + Sync + 'static,
    B: ?Sized + Send + Sync + 'static,
    FA: Fn() -> RA + Send + Sync + 'static,
    FB: Fn() -> RB + Send + Sync + 'static,
    RA: Future<Output = Arc<A>> + Send + 'static,
    RB: Future<Output = Arc<B>> + Send + 'static,
{
    Check {
        strategy: strategy.boxed(),
        mysql: Arc::new(move || Box::pin(own_task(mysql()))),
        dynamodb: Arc::new(move || Box::pin(own_task(dynamodb()))),
        copy: None,
        sequences: 256,
        calls: 40,
        parallel: 4,
        floors: Floors::default(),
        inconclusive_at_most: 0.0,
        engines: Engines {
            mysql: "MySQL".to_owned(),
            dynamodb: "DynamoDB".to_owned(),
        },
        limits: Limits {
            timeout: Duration::from_mins(1),
            repeats: 6,
        },
        regressions: None,
        mirrors: true,
        known: Vec::new(),
        unreadable: None,
        seed: None,
        shrink_time: Duration::from_mins(1),
    }
}

impl<O, A, B> Check<O, A, B>
where
    O: Operation,
    A: ?Sized + Send + Sync + 'static,
    B: ?Sized + Send + Sync + 'static,
{
    /// How many sequences (256). The variable `PROPTEST_CASES` goes before it; floors are then
    /// scaled with it.
    pub fn sequences(mut self, sequences: u64) -> Self {
        self.sequences = sequences;
        self
    }

    /// How many calls a sequence has at most (40), before the reads at its end.
    pub fn calls(mut self, most: usize) -> Self {
        self.calls = most;
        self
    }

    /// How many sequences run at a time (4).
    pub fn parallel(mut self, sequences: usize) -> Self {
        self.parallel = sequences.max(1);
        self
    }

    /// Names the two stores, in the order of [`check`]: `.engines("MySQL 9.7", "DynamoDB Local")`.
    /// Every failure and the statistics show the names; [`Engine::name`](crate::servers::Engine::name)
    /// knows the versions of the test kit's own servers.
    pub fn engines(mut self, mysql: impl Into<String>, dynamodb: impl Into<String>) -> Self {
        self.engines = Engines {
            mysql: mysql.into(),
            dynamodb: dynamodb.into(),
        };
        self
    }

    /// Fails when less of something was compared *and agreed* in all sequences together: calls of a
    /// method (`rename` or `user.rename`), calls of it that succeeded (`rename.ok`), error answers of a
    /// kind (`errors.not_found`), uses of handles (`handles.bound`, `handles.dead`,
    /// `handles.never_existed`), pages read with a token (`pages.continued`). Half of what a run shows
    /// is a margin that other seeds keep, too.
    pub fn floor(mut self, of: &str, count: u64) -> Self {
        self.floors.counts.push((of.to_owned(), count));
        self
    }

    /// Fails when a smaller share of the agreed answers was an error, from 0 to 1.
    pub fn error_floor(mut self, share: f64) -> Self {
        self.floors.error_share = share;
        self
    }

    /// How often a call is repeated when its answer is transient (6): a conflict, throttling, a
    /// timeout, an outage. The pause before it begins with 2 ms and doubles, up to 500 ms.
    ///
    /// A read is always repeated. A write is repeated only when the store says that nothing was
    /// changed ([`Effect::None`](dal_shadow::Effect)): one whose effect is unknown may have been
    /// applied, so that a repetition would do it twice, or hide that it was done. Then the whole
    /// sequence is repeated instead, twice, on fresh stores.
    ///
    /// An answer that stays transient on one store while the other one answers is a difference. Where
    /// both stay transient, the sequence ends there, [inconclusive](Self::inconclusive_at_most).
    pub fn repeats(mut self, times: u32) -> Self {
        self.limits.repeats = times;
        self
    }

    /// How large a share of the sequences may end without a result because both stores keep giving
    /// transient answers, from 0 to 1. The default of 0 fits engines on this machine; a little more
    /// fits throttled or shared ones, such as DynamoDB itself.
    ///
    /// A regression without a result fails always, and so do the reads at the end of a sequence and
    /// secondary writes of the wrapper.
    pub fn inconclusive_at_most(mut self, share: f64) -> Self {
        self.inconclusive_at_most = share;
        self
    }

    /// How long a call may take (60 s); one that takes longer fails.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = timeout;
        self
    }

    /// The file of sequences that once failed, which run first: `tests/inc/users.regressions.json`
    /// in the package of the test. A failure appends its sequence, unless the variable
    /// `DAL_CHECK_REGRESSIONS` is `read-only`; a file that does not exist yet is made then. A check
    /// by itself and one through the wrapper can share a file: the first leaves changes of the phase
    /// out, the second calls of mirror methods.
    pub fn regressions(mut self, file: impl Into<PathBuf>) -> Self {
        self.regressions = Some(file.into());
        self
    }

    /// Leaves out the calls of mirror methods by themselves.
    ///
    /// [`Check::run`] makes them, with what an earlier write returned, over whatever the store holds
    /// by then: a mirror method stores exactly what it is given, as often as it is called.
    pub fn without_mirrors(mut self) -> Self {
        self.mirrors = false;
        self
    }

    /// Ids of records that both stores hold from the start; they are bound to `h(0)`, `h(1)`, …
    pub fn known<I: Serialize>(
        mut self,
        class: &'static str,
        ids: impl IntoIterator<Item = I>,
    ) -> Self {
        match ids
            .into_iter()
            .map(|id| tree::of(&id))
            .collect::<Result<_, _>>()
        {
            Ok(ids) => self.known.push((class, ids)),
            Err(error) => self.unreadable = Some(format!("known ids of `{class}`: {error}")),
        }
        self
    }

    /// Makes the same sequences again. The variable `DAL_CHECK_SEED` goes before it; with neither
    /// every run makes others.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How long a failing sequence is made smaller (60 s).
    pub fn shrink_time(mut self, time: Duration) -> Self {
        self.shrink_time = time;
        self
    }

    /// Makes the DynamoDB side equal to the MySQL side, deletions and newest ids included. With it
    /// [`Check::run_through`] goes through all six phases; else through those that write both
    /// stores.
    pub fn copy<F, R>(mut self, copy: F) -> Self
    where
        F: Fn(Arc<A>, Arc<B>) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.copy = Some(Arc::new(move |mysql, dynamodb| {
            Box::pin(copy(mysql, dynamodb))
        }));
        self
    }

    /// Runs each call on both stores by themselves and compares every answer.
    ///
    /// # Panics
    /// With the shrunk sequence, the difference and the replay when the stores do not agree; when a
    /// floor is not met; inside an async context.
    #[expect(clippy::panic, reason = "called from tests: that is how they fail")]
    #[track_caller]
    pub fn run(self)
    where
        O: On<A> + On<B>,
    {
        if let Err(failure) = self.try_run() {
            panic!("{failure}");
        }
    }

    /// Like [`Check::run`], for tests that look at the failure.
    ///
    /// # Errors
    /// With all that is known of the failure.
    pub fn try_run(self) -> Result<Statistics, Box<Failure<O>>>
    where
        O: On<A> + On<B>,
    {
        let start = Arc::new(self.start()?);
        let (mysql, dynamodb) = (Arc::clone(&self.mysql), Arc::clone(&self.dynamodb));
        let left_over = self.left_over(&start);
        let execute: Execute<O> = Arc::new(move |steps| {
            let start = Arc::clone(&start);
            let (mysql, dynamodb) = (Arc::clone(&mysql), Arc::clone(&dynamodb));
            Box::pin(async move {
                let [one, other] = start.engines.names();
                let made = futures::join!(made(&mysql, one), made(&dynamodb, other));
                match made {
                    (Ok(mysql), Ok(dynamodb)) => {
                        independent::run(&start, &*mysql, &*dynamodb, &steps).await
                    }
                    (Err(fault), _) | (_, Err(fault)) => Ran::failed(fault),
                }
            })
        });
        self.drive(execute, left_over, Vec::new())
    }

    /// Runs each sequence through the wrapper that `wrap` makes (`ShadowUserRepository::new`), with
    /// changes of the phase in the middle: every answer is that of a bare third store, every
    /// comparison that the wrapper makes is equal, and while both stores are written they hold
    /// exactly the same at the end. Let both factories start their ids alike here, at 8.
    ///
    /// # Panics
    /// Like [`Check::run`].
    #[expect(clippy::panic, reason = "called from tests: that is how they fail")]
    #[track_caller]
    pub fn run_through<W, F>(self, wrap: F)
    where
        O: On<A> + On<B> + On<W>,
        W: Send + Sync + 'static,
        F: Fn(Arc<A>, Arc<B>, Harness) -> W + Send + Sync + 'static,
    {
        if let Err(failure) = self.try_run_through(wrap) {
            panic!("{failure}");
        }
    }

    /// Like [`Check::run_through`], for tests that look at the failure.
    ///
    /// # Errors
    /// With all that is known of the failure.
    pub fn try_run_through<W, F>(self, wrap: F) -> Result<Statistics, Box<Failure<O>>>
    where
        O: On<A> + On<B> + On<W>,
        W: Send + Sync + 'static,
        F: Fn(Arc<A>, Arc<B>, Harness) -> W + Send + Sync + 'static,
    {
        let start = Arc::new(self.start()?);
        let (mysql, dynamodb) = (Arc::clone(&self.mysql), Arc::clone(&self.dynamodb));
        let left_over = self.left_over(&start);
        let copy = self.copy.clone();
        let phases = wrapper::phases(copy.is_some());
        let wrap = Arc::new(wrap);
        let execute: Execute<O> = Arc::new(move |steps| {
            let (start, wrap, copy) = (Arc::clone(&start), Arc::clone(&wrap), copy.clone());
            let (mysql, dynamodb) = (Arc::clone(&mysql), Arc::clone(&dynamodb));
            Box::pin(async move {
                let [one, other] = start.engines.names();
                let stores =
                    futures::join!(made(&mysql, one), made(&dynamodb, other), made(&mysql, one));
                let (mysql, dynamodb, bare) = match stores {
                    (Ok(mysql), Ok(dynamodb), Ok(bare)) => (mysql, dynamodb, bare),
                    (Err(fault), ..) | (_, Err(fault), _) | (.., Err(fault)) => {
                        return Ran::failed(fault);
                    }
                };
                let stores = Stores {
                    mysql,
                    dynamodb,
                    bare,
                    copy,
                };
                wrapper::run(&start, stores, &*wrap, &steps).await
            })
        });
        self.drive(execute, left_over, phases)
    }

    /// What every sequence begins with.
    fn start(&self) -> Result<Start, Box<Failure<O>>> {
        if let Some(reason) = &self.unreadable {
            return Err(setup(reason.clone()));
        }
        let methods = O::methods();
        self.floors.refuse_unknown(&methods).map_err(setup)?;
        Start::of(
            &methods,
            self.known.clone(),
            self.engines.clone(),
            self.limits,
        )
        .map_err(setup)
    }

    /// What shows that the stores of a factory are not fresh.
    fn left_over(&self, start: &Arc<Start>) -> LeftOver<O>
    where
        O: On<A> + On<B>,
    {
        let start = Arc::clone(start);
        let (mysql, dynamodb) = (Arc::clone(&self.mysql), Arc::clone(&self.dynamodb));
        Arc::new(move |steps| {
            let start = Arc::clone(&start);
            let (mysql, dynamodb) = (Arc::clone(&mysql), Arc::clone(&dynamodb));
            Box::pin(async move {
                let [one, other] = start.engines.names();
                let found = fresh::left_over(&start, one, &mysql, &steps).await;
                if found.is_some() {
                    return found;
                }
                fresh::left_over(&start, other, &dynamodb, &steps).await
            })
        })
    }

    /// Runs everything on the runtime of the test binary.
    fn drive(
        self,
        execute: Execute<O>,
        left_over: LeftOver<O>,
        phases: Vec<Phase>,
    ) -> Result<Statistics, Box<Failure<O>>> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(setup(
                "a check runs on the one runtime of the test binary and cannot be started inside another: make the test a plain `#[test] fn` without `#[tokio::test]`".to_owned(),
            ));
        }
        let seed = match number_in("DAL_CHECK_SEED").map_err(setup)? {
            Some(seed) => seed,
            None => self.seed.unwrap_or_else(|| fastrand::u64(0..1 << 32)),
        };
        let sequences = number_in("PROPTEST_CASES")
            .map_err(setup)?
            .unwrap_or(self.sequences);
        let names = O::methods()
            .iter()
            .map(|method| method.repository)
            .collect::<BTreeSet<_>>();
        let mode = if phases.is_empty() {
            ""
        } else {
            " through the wrapper"
        };
        let Engines { mysql, dynamodb } = &self.engines;
        let regressions = Regressions::read(self.regressions).map_err(setup)?;
        let driver = Driver {
            name: format!(
                "{}{mode} on {mysql} and {dynamodb}",
                names.into_iter().collect::<Vec<_>>().join(", ")
            ),
            seed,
            generator: Generator::new(
                self.strategy,
                seed,
                self.calls,
                phases,
                self.mirrors,
                self.known.iter().map(|(class, _)| *class).collect(),
            ),
            execute: repeated(execute),
            left_over,
            inconclusive_at_most: self.inconclusive_at_most,
            regressions,
            sequences,
            parallel: self.parallel,
            shrink_time: self.shrink_time,
        };
        let ran = servers::runtime().block_on(driver.run());
        drop(driver);
        servers::runtime().block_on(crate::clean::drop_idle());
        let statistics = ran?;
        servers::say(&format!("dal-check: {statistics}"));
        let unmet = self.floors.unmet(&statistics, sequences, self.sequences);
        if unmet.is_empty() {
            return Ok(statistics);
        }
        let (text, proposals): (Vec<_>, Vec<_>) = unmet
            .into_iter()
            .map(|unmet| (unmet.text, unmet.proposal))
            .unzip();
        let mut failure = Failure::new(
            FailureKind::Floor,
            format!(
                "{}: the answers agree, but too little was compared: {}",
                statistics.name,
                text.join("; ")
            ),
        );
        failure.help.push("more sequences, fewer different values in the strategies, or a lower floor. A method that is hardly ever compared is hardly tested".to_owned());
        failure.help.push(format!(
            "half of what this run has compared, which leaves a margin for other seeds: {}",
            proposals.join("")
        ));
        failure.statistics = statistics;
        Err(failure)
    }
}

fn setup<O: Operation>(reason: String) -> Box<Failure<O>> {
    Failure::new(FailureKind::Setup, reason)
}

/// The number in an environment variable.
fn number_in(variable: &str) -> Result<Option<u64>, String> {
    match std::env::var(variable) {
        Err(_) => Ok(None),
        Ok(text) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| format!("{variable}: `{text}` is not a number")),
    }
}

/// Runs a factory as a task of its own: one that blocks because it starts a server must not stop the
/// connections of the other one.
async fn own_task<T: Send + 'static>(factory: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(factory).await {
        Ok(made) => made,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::own_task;

    #[test]
    fn a_factory_that_blocks_does_not_stop_the_other_one() {
        const BLOCKED: Duration = Duration::from_millis(800);
        let other = crate::servers::runtime().block_on(async {
            let blocking = own_task(async { std::thread::sleep(BLOCKED) });
            let other = own_task(async {
                let began = Instant::now();
                tokio::time::sleep(Duration::from_millis(1)).await;
                began.elapsed()
            });
            futures::join!(blocking, other).1
        });
        assert!(
            other < BLOCKED / 2,
            "the other factory waited for {other:?}"
        );
    }
}
