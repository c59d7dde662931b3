//! The settings of a check.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dal_shadow::ops::Operation;
use dal_shadow::tree;
use proptest::strategy::{BoxedStrategy, Strategy};
use serde::Serialize;

use super::call::Limits;
use super::factory::{Factory, own_task};
use super::floors::Floors;
use super::start::{Engines, Known};
use super::wrapper::Copy;

/// A check of two stores, see [`check`].
#[must_use = "nothing is checked before `run`"]
pub struct Check<O: Operation, A: ?Sized, B: ?Sized> {
    pub(super) strategy: BoxedStrategy<O>,
    pub(super) mysql: Factory<A>,
    pub(super) dynamodb: Factory<B>,
    pub(super) copy: Option<Copy<A, B>>,
    pub(super) sequences: u64,
    pub(super) calls: usize,
    pub(super) parallel: usize,
    pub(super) floors: Floors,
    pub(super) inconclusive_at_most: f64,
    pub(super) engines: Engines,
    pub(super) limits: Limits,
    pub(super) regressions: Option<PathBuf>,
    pub(super) mirrors: bool,
    pub(super) known: Known,
    pub(super) unreadable: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) shrink_time: Duration,
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
///     #[shadow(write, replay, key = name)]
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
}
