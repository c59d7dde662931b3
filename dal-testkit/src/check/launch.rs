//! Runs a check: alone, or through the wrapper.

use std::collections::BTreeSet;
use std::sync::Arc;

use dal_shadow::Harness;
use dal_shadow::ops::{On, Operation};

use super::builder::Check;
use super::driver::{Driver, LeftOver};
use super::execute::{Execute, Ran, repeated};
use super::factory::made;
use super::generate::Generator;
use super::regressions::Regressions;
use super::start::{Engines, Start};
use super::wrapper::{self, Stores};
use super::{Failure, FailureKind, Phase, Statistics, fresh, independent};
use crate::servers;

impl<O, A, B> Check<O, A, B>
where
    O: Operation,
    A: ?Sized + Send + Sync + 'static,
    B: ?Sized + Send + Sync + 'static,
{
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
