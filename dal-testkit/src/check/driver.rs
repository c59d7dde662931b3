//! Runs sequences side by side, stops at the first that fails and makes it small.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dal_shadow::ops::Operation;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};

use super::generate::{Generator, Item};
use super::run::{End, Fault, Ran, panic_text};
use super::shrink::{Shrink, Shrunk};
use super::{Failure, FailureKind, Statistics, Step};
use crate::servers;

/// Runs one sequence on fresh stores.
pub(super) type Execute<O> = Arc<dyn Fn(Vec<Step<O>>) -> BoxFuture<'static, Ran> + Send + Sync>;

/// The time between two lines of progress, and before the first.
const PROGRESS: Duration = Duration::from_secs(2);

/// All that a run needs.
pub(super) struct Driver<O: Operation> {
    pub(super) name: String,
    pub(super) seed: u64,
    pub(super) generator: Generator<O>,
    pub(super) execute: Execute<O>,
    pub(super) regressions: Vec<Vec<Step<O>>>,
    pub(super) sequences: u64,
    pub(super) parallel: usize,
    pub(super) shrink_time: Duration,
}

/// Where a sequence comes from. Regressions are run first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Regression(usize),
    Sequence(u64),
}

/// Everything that ran until the end or until the first failure.
#[derive(Default)]
struct Total {
    statistics: Statistics,
    apart: BTreeMap<&'static str, bool>,
    failed: Option<(Origin, Fault)>,
}

impl<O: Operation> Driver<O> {
    /// Runs all of it.
    pub(super) async fn run(&self) -> Result<Statistics, Box<Failure<O>>> {
        let started = Instant::now();
        self.warm_up().await?;
        let total = self.all(started).await.map_err(|reason| {
            Failure::new(FailureKind::Setup, format!("{}: {reason}", self.name))
        })?;
        let mut statistics = total.statistics;
        statistics.name.clone_from(&self.name);
        statistics.seed = self.seed;
        statistics.took = started.elapsed();
        statistics.ids_never_apart = total
            .apart
            .iter()
            .filter(|(class, apart)| !**apart && !self.generator.knows(class))
            .map(|(class, _)| (*class).to_owned())
            .collect();
        match total.failed {
            None => Ok(statistics),
            Some((origin, fault)) => Err(self.failure(origin, fault, statistics).await),
        }
    }

    /// Makes one pair of stores on this thread: a factory that starts a server blocks, and needs the
    /// runtime's own threads for it.
    async fn warm_up(&self) -> Result<(), Box<Failure<O>>> {
        let made = AssertUnwindSafe((self.execute)(Vec::new())).catch_unwind();
        let problem = match made.await {
            Ok(ran) => match ran.end {
                End::Failed(fault) => fault.summary,
                End::Agreed | End::Inconclusive => return Ok(()),
            },
            Err(panic) => format!("a factory panicked: {}", panic_text(panic.as_ref())),
        };
        Err(Failure::new(
            FailureKind::Setup,
            format!("{}: {problem}", self.name),
        ))
    }

    fn items(&self, origin: Origin) -> Result<Vec<Item<O>>, String> {
        match origin {
            Origin::Regression(index) => Ok(self
                .regressions
                .get(index)
                .into_iter()
                .flatten()
                .cloned()
                .map(Item::fixed)
                .collect()),
            Origin::Sequence(number) => self.generator.sequence(number),
        }
    }

    async fn all(&self, started: Instant) -> Result<Total, String> {
        let mut origins = (0..self.regressions.len())
            .map(Origin::Regression)
            .chain((0..self.sequences).map(Origin::Sequence));
        let mut total = Total::default();
        let mut running = FuturesUnordered::new();
        let mut shown = started;
        loop {
            while running.len() < self.parallel.max(1) && total.failed.is_none() {
                let Some(origin) = origins.next() else { break };
                let steps = self.items(origin)?.into_iter().map(|item| item.step);
                let task = tokio::spawn((self.execute)(steps.collect()));
                running.push(async move { (origin, task.await) });
            }
            let ended = tokio::time::timeout(PROGRESS, running.next()).await;
            if shown.elapsed() >= PROGRESS {
                shown = Instant::now();
                self.say(&format!(
                    "{} of {} sequences, {} calls",
                    total.statistics.sequences + total.statistics.inconclusive,
                    self.sequences,
                    total.statistics.calls(),
                ));
            }
            let (origin, ran) = match ended {
                Ok(Some(ended)) => ended,
                Ok(None) => return Ok(total),
                Err(_) => continue,
            };
            match ran {
                Ok(ran) => total.add(origin, ran),
                Err(error) => {
                    let said = error.try_into_panic().map_or_else(
                        |error| error.to_string(),
                        |panic| panic_text(panic.as_ref()),
                    );
                    return Err(format!("a factory panicked: {said}"));
                }
            }
        }
    }

    fn say(&self, line: &str) {
        servers::say(&format!("dal-check: {}: {line}", self.name));
    }

    async fn failure(
        &self,
        origin: Origin,
        fault: Fault,
        statistics: Statistics,
    ) -> Box<Failure<O>> {
        let items = self.items(origin).unwrap_or_default();
        let Shrunk { steps, fault } = if fault.kind == FailureKind::Setup {
            let steps = items.into_iter().map(|item| item.step).collect();
            Shrunk { steps, fault }
        } else {
            let say = |line: &str| self.say(line);
            Shrink {
                execute: &self.execute,
                parallel: self.parallel,
                time: self.shrink_time,
                say: &say,
            }
            .run(items, fault)
            .await
        };
        let found = match origin {
            Origin::Regression(index) => format!("regression {}", index + 1),
            Origin::Sequence(number) => format!("sequence {}, seed {}", number + 1, self.seed),
        };
        Box::new(Failure {
            kind: fault.kind,
            summary: format!("{}: {} ({found})", self.name, fault.summary),
            steps,
            at: fault.at,
            differences: fault.differences,
            answers: fault.answers,
            help: fault.help,
            statistics,
        })
    }
}

impl Total {
    fn add(&mut self, origin: Origin, ran: Ran) {
        self.statistics.add(&ran.statistics);
        for (class, apart) in ran.apart {
            *self.apart.entry(class).or_default() |= apart;
        }
        if let End::Failed(fault) = ran.end
            && self
                .failed
                .as_ref()
                .is_none_or(|(other, _)| origin < *other)
        {
            self.failed = Some((origin, fault));
        }
    }
}
