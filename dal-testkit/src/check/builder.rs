//! What a check is told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dal_shadow::Harness;
use dal_shadow::ops::{On, Operation, SLOTS};
use dal_shadow::tree::{self, Tree};
use dal_traits::ErrorKind;
use futures::future::BoxFuture;
use proptest::strategy::{BoxedStrategy, Strategy};
use serde::Serialize;

use super::comparison::TraitRules;
use super::driver::{Driver, Execute};
use super::generate::Generator;
use super::independent::{self, Start};
use super::statistics::is_named;
use super::wrapper::{self, Copy, Stores};
use super::{Failure, FailureKind, Phase, Statistics, Step};
use crate::servers;

type Factory<S> = Arc<dyn Fn() -> BoxFuture<'static, Arc<S>> + Send + Sync>;

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
    floors: Vec<(String, u64)>,
    error_floor: f64,
    regressions: Vec<Vec<Step<O>>>,
    known: Vec<(&'static str, Vec<Tree>)>,
    unreadable: Option<String>,
    seed: Option<u64>,
    shrink_time: Duration,
}

/// A check whether two stores answer the same calls in the same way: the calls of `strategy`, in
/// sequences, each on two fresh stores.
///
/// `mysql` and `dynamodb` are called once for each sequence (and for each try while a failing one is
/// made small), several at a time, and give an empty store: an `async fn` that returns
/// `Arc<dyn UserRepository>`. Let their ids start apart (1 and 1001), so that an id that is not
/// declared is noticed.
///
/// ```
/// use std::collections::BTreeSet;
/// use std::convert::Infallible;
/// use std::sync::{Arc, Mutex};
///
/// use dal_testkit::check::{check, near};
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
///     let calls = NamesArgs { name: near(&["Ann", "Bob"]) }.ops();
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
        mysql: Arc::new(move || Box::pin(mysql())),
        dynamodb: Arc::new(move || Box::pin(dynamodb())),
        copy: None,
        sequences: 256,
        calls: 40,
        parallel: 4,
        floors: Vec::new(),
        error_floor: 0.0,
        regressions: Vec::new(),
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

    /// Fails when there was less of something in all sequences together: calls of a method
    /// (`rename` or `user.rename`), error answers of a kind (`errors.not_found`), uses of handles
    /// (`handles.bound`, `handles.dead`, `handles.never_existed`).
    pub fn floor(mut self, of: &str, count: u64) -> Self {
        self.floors.push((of.to_owned(), count));
        self
    }

    /// Fails when a smaller share of the calls was answered with an error, from 0 to 1.
    pub fn error_floor(mut self, share: f64) -> Self {
        self.error_floor = share;
        self
    }

    /// Sequences that once failed, to be run first: the replays that a failure prints.
    pub fn regressions(mut self, sequences: impl IntoIterator<Item = Vec<O>>) -> Self {
        let steps = |calls: Vec<O>| calls.into_iter().map(Step::Call).collect();
        self.regressions.extend(sequences.into_iter().map(steps));
        self
    }

    /// Sequences with changes of the phase that once failed, to be run first.
    pub fn regressions_through(
        mut self,
        sequences: impl IntoIterator<Item = Vec<Step<O>>>,
    ) -> Self {
        self.regressions.extend(sequences);
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
        let execute: Execute<O> = Arc::new(move |steps| {
            let (start, mysql, dynamodb) = (
                Arc::clone(&start),
                Arc::clone(&mysql),
                Arc::clone(&dynamodb),
            );
            Box::pin(async move {
                let (first, second) = futures::join!(mysql(), dynamodb());
                independent::run(&start, &*first, &*second, &steps).await
            })
        });
        self.drive(execute, Vec::new())
    }

    /// Runs each sequence through the wrapper that `wrap` makes (`ShadowUserRepository::new`), with
    /// changes of the phase in the middle: every answer is that of a bare third store, every
    /// comparison that the wrapper makes is equal, and while both stores are written they hold
    /// exactly the same at the end. Let both factories start their ids alike here.
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
        let copy = self.copy.clone();
        let phases = wrapper::phases(copy.is_some());
        let wrap = Arc::new(wrap);
        let execute: Execute<O> = Arc::new(move |steps| {
            let (start, wrap, copy) = (Arc::clone(&start), Arc::clone(&wrap), copy.clone());
            let (mysql, dynamodb) = (Arc::clone(&mysql), Arc::clone(&dynamodb));
            Box::pin(async move {
                let (mysql, dynamodb, third) = futures::join!(mysql(), dynamodb(), mysql());
                let stores = Stores {
                    mysql,
                    dynamodb,
                    third,
                    copy,
                };
                wrapper::run(&start, stores, &*wrap, &steps).await
            })
        });
        self.drive(execute, phases)
    }

    /// What every sequence begins with.
    fn start(&self) -> Result<Start, Box<Failure<O>>> {
        let setup = |reason: String| Failure::new(FailureKind::Setup, reason);
        if let Some(reason) = &self.unreadable {
            return Err(setup(reason.clone()));
        }
        let methods = O::methods();
        let declared = || methods.iter().filter_map(|method| method.token.as_ref());
        let tokens = declared()
            .map(|token| token.place.class)
            .collect::<BTreeSet<_>>();
        let portable = declared()
            .filter(|token| token.portable)
            .map(|token| token.place.class)
            .collect();
        self.refuse_unknown_floors()?;
        for (class, ids) in &self.known {
            if ids.len() > usize::from(SLOTS) {
                return Err(setup(format!(
                    "`.known(\"{class}\", ..)` names {} ids, and a class has {SLOTS} slots; name {SLOTS} of them",
                    ids.len()
                )));
            }
        }
        for method in &methods {
            for class in method.handles {
                let made = tokens.contains(class)
                    || self.known.iter().any(|(known, _)| known == class)
                    || methods
                        .iter()
                        .any(|other| other.creates.iter().any(|made| made.class == *class));
                if !made {
                    return Err(setup(format!(
                        "`{}` of `{}` takes a `{class}`, and nobody makes one: write `creates({class} = field)` on the method that does (for a page token `token({class} = next)`), or name seeded ids with `.known(\"{class}\", [..])`",
                        method.method, method.repository
                    )));
                }
            }
        }
        Ok(Start {
            rules: TraitRules::of(&methods).map_err(setup)?,
            known: self.known.clone(),
            tokens,
            portable,
        })
    }

    fn refuse_unknown_floors(&self) -> Result<(), Box<Failure<O>>> {
        let names = O::methods()
            .iter()
            .map(|method| format!("{}.{}", method.entity, method.method))
            .collect::<Vec<_>>();
        match self
            .floors
            .iter()
            .find(|(floor, _)| !is_countable(floor, &names))
        {
            None => Ok(()),
            Some((floor, _)) => Err(Failure::new(
                FailureKind::Setup,
                format!(
                    "`.floor(\"{floor}\", ..)` names nothing that is counted; there are {}, `errors.` with a kind, and `handles.bound`, `handles.dead`, `handles.never_existed`",
                    names.join(", ")
                ),
            )),
        }
    }

    /// Runs everything on the runtime of the test binary.
    fn drive(self, execute: Execute<O>, phases: Vec<Phase>) -> Result<Statistics, Box<Failure<O>>> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(Failure::new(
                FailureKind::Setup,
                "a check runs on the one runtime of the test binary and cannot be started inside another: make the test a plain `#[test] fn` without `#[tokio::test]`",
            ));
        }
        let setup = |reason: String| Failure::new(FailureKind::Setup, reason);
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
        let driver = Driver {
            name: format!("{}{mode}", names.into_iter().collect::<Vec<_>>().join(", ")),
            seed,
            generator: Generator::new(
                self.strategy,
                seed,
                self.calls,
                phases,
                self.known.iter().map(|(class, _)| *class).collect(),
            ),
            execute,
            regressions: self.regressions,
            sequences,
            parallel: self.parallel,
            shrink_time: self.shrink_time,
        };
        let statistics = servers::runtime().block_on(driver.run())?;
        servers::say(&format!("dal-check: {statistics}"));
        let scale = |floor: u64| {
            if sequences >= self.sequences {
                floor
            } else {
                floor.saturating_mul(sequences) / self.sequences.max(1)
            }
        };
        let mut unmet = self
            .floors
            .iter()
            .map(|(name, floor)| (name, scale(*floor), statistics.counted(name)))
            .filter(|(_, floor, count)| count < floor)
            .map(|(name, floor, count)| format!("`{name}`: {count}, not {floor}"))
            .collect::<Vec<_>>();
        if statistics.error_rate() < self.error_floor {
            unmet.push(format!(
                "{:.1} % of the answers were errors, not {:.1} %",
                statistics.error_rate() * 100.0,
                self.error_floor * 100.0
            ));
        }
        if statistics.sequences == 0 && sequences > 0 {
            unmet.push("no sequence ran to its end".to_owned());
        }
        if unmet.is_empty() {
            return Ok(statistics);
        }
        let mut failure = Failure::new(
            FailureKind::Floor,
            format!(
                "{}: the answers agree, but too little was asked: {}",
                statistics.name,
                unmet.join("; ")
            ),
        );
        failure.help.push(
            "more sequences, fewer different values in the strategies, or a lower floor".to_owned(),
        );
        failure.statistics = statistics;
        Err(failure)
    }
}

fn is_countable(floor: &str, methods: &[String]) -> bool {
    let kind = floor.strip_prefix("errors.");
    ["handles.bound", "handles.dead", "handles.never_existed"].contains(&floor)
        || kind.is_some_and(|kind| ErrorKind::ALL.iter().any(|known| known.as_str() == kind))
        || methods.iter().any(|name| is_named(name, floor))
}

/// The number in an environment variable.
fn number_in(variable: &str) -> Result<Option<u64>, String> {
    match std::env::var(variable) {
        Err(_) => Ok(None),
        Ok(text) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| format!("{variable}: `{text}` is no number")),
    }
}
