//! Runs sequences side by side, stops at the first that fails and makes it small.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dal_shadow::ops::Operation;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;

use super::execute::{Execute, Ran};
use super::failure::Confirmed;
use super::fault::{Fault, Weight};
use super::generate::{Generator, Item};
use super::regressions::Regressions;
use super::shrink::{Shrink, Shrunk};
use super::{Failure, FailureKind, Statistics, Step, panics};
use crate::servers;

/// What shows that a factory's stores are not fresh, with these calls.
pub(super) type LeftOver<O> =
    Arc<dyn Fn(Vec<Step<O>>) -> BoxFuture<'static, Option<Fault>> + Send + Sync>;

/// The time between two lines of progress, and before the first.
const PROGRESS: Duration = Duration::from_secs(2);

/// All that a run needs.
pub(super) struct Driver<O: Operation> {
    pub(super) name: String,
    pub(super) seed: u64,
    pub(super) generator: Generator<O>,
    pub(super) execute: Execute<O>,
    pub(super) left_over: LeftOver<O>,
    /// So large a share of the sequences may end without a result.
    pub(super) inconclusive_at_most: f64,
    pub(super) regressions: Regressions<O>,
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
    /// The first sequence without a result.
    inconclusive: Option<(Origin, Fault)>,
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

    /// Makes one pair of stores first, so that a factory that starts a server does it once, and looks
    /// whether the factories make fresh ones.
    async fn warm_up(&self) -> Result<(), Box<Failure<O>>> {
        let setup =
            |reason: String| Failure::new(FailureKind::Setup, format!("{}: {reason}", self.name));
        if let Some(fault) = (self.execute)(Vec::new()).await.fault {
            return Err(setup(format!("{} (before the first call)", fault.summary)));
        }
        let first = if self.sequences > 0 {
            Origin::Sequence(0)
        } else {
            Origin::Regression(0)
        };
        let items = self.items(first).map_err(setup)?;
        let steps = items.into_iter().map(|item| item.step).collect::<Vec<_>>();
        match (self.left_over)(steps.clone()).await {
            None => Ok(()),
            Some(fault) => Err(self.not_fresh(first, steps, fault, Statistics::default())),
        }
    }

    fn items(&self, origin: Origin) -> Result<Vec<Item<O>>, String> {
        match origin {
            Origin::Regression(index) => Ok(self
                .regressions
                .sequences
                .get(index)
                .into_iter()
                .flatten()
                .filter(|step| self.generator.makes(step))
                .cloned()
                .map(Item::fixed)
                .collect()),
            Origin::Sequence(number) => self.generator.sequence(number),
        }
    }

    async fn all(&self, started: Instant) -> Result<Total, String> {
        let mut origins = (0..self.regressions.sequences.len())
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
                Ok(ran) => total.add(origin, ran, self.tolerated()),
                Err(error) => {
                    let text = error.try_into_panic().map_or_else(
                        |error| error.to_string(),
                        |panic| panics::text_of(panic.as_ref()),
                    );
                    return Err(format!("{} panicked: {text}", self.found(origin)));
                }
            }
        }
    }

    /// So many sequences may end without a result.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a number of sequences, which is small and not negative"
    )]
    fn tolerated(&self) -> u64 {
        (self.inconclusive_at_most.clamp(0.0, 1.0) * self.sequences as f64) as u64
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
        let steps = items
            .iter()
            .map(|item| item.step.clone())
            .collect::<Vec<_>>();
        if fault.kind == FailureKind::Setup {
            return self.shown(origin, Vec::new(), fault, None, statistics);
        }
        if fault.kind == FailureKind::Difference
            && let Some(fault) = (self.left_over)(steps.clone()).await
        {
            return self.not_fresh(origin, steps, fault, statistics);
        }
        let say = |line: &str| self.say(line);
        let shrink = Shrink {
            execute: &self.execute,
            parallel: self.parallel,
            time: self.shrink_time,
            say: &say,
            fault,
        };
        let Shrunk {
            steps,
            fault,
            confirmed,
        } = shrink.run(items).await;
        self.shown(origin, steps, fault, Some(confirmed), statistics)
    }

    /// Where a sequence comes from, with the seed that makes it again.
    fn found(&self, origin: Origin) -> String {
        match origin {
            Origin::Regression(index) => format!("regression {}", index + 1),
            Origin::Sequence(number) => format!("sequence {}, seed {}", number + 1, self.seed),
        }
    }

    /// With the calls up to the one that shows it: made smaller, they would be run on stores that hold
    /// even more.
    fn not_fresh(
        &self,
        origin: Origin,
        mut steps: Vec<Step<O>>,
        fault: Fault,
        statistics: Statistics,
    ) -> Box<Failure<O>> {
        steps.truncate(fault.at + 1);
        self.shown(origin, steps, fault, None, statistics)
    }

    fn shown(
        &self,
        origin: Origin,
        steps: Vec<Step<O>>,
        fault: Fault,
        confirmed: Option<Confirmed>,
        statistics: Statistics,
    ) -> Box<Failure<O>> {
        let found = self.found(origin);
        let found = match &confirmed {
            None => found,
            Some(confirmed) => format!("{found}; {confirmed}"),
        };
        let kept = match origin {
            Origin::Regression(_) => {
                "this one is in the file, here as small as it goes:".to_owned()
            }
            Origin::Sequence(_) => {
                let lasts = confirmed
                    .as_ref()
                    .is_some_and(|confirmed| confirmed.failed == confirmed.of);
                self.regressions.keep(&steps, lasts)
            }
        };
        // A call after the last step shows it: then every step returned.
        let returning = fault.at + usize::from(fault.after.is_some());
        let mut returned = vec![String::new(); returning.min(steps.len())];
        for earlier in fault.earlier {
            if let Some(text) = returned.get_mut(earlier.step) {
                *text = earlier.text;
            }
        }
        Box::new(Failure {
            kind: fault.kind,
            summary: format!("{}: {} ({found})", self.name, fault.summary),
            kept,
            steps,
            returned,
            at: fault.at,
            after: fault.after,
            differences: fault.differences,
            answers: fault.answers,
            help: fault.help,
            confirmed,
            statistics,
        })
    }
}

impl Total {
    /// Counts a sequence. More than `tolerated` without a result are a failure, and one that nothing
    /// later can make up for is.
    fn add(&mut self, origin: Origin, ran: Ran, tolerated: u64) {
        self.statistics.add(&ran.statistics);
        for (class, apart) in ran.apart {
            *self.apart.entry(class).or_default() |= apart;
        }
        let Some(fault) = ran.fault else { return };
        if fault.kind != FailureKind::Inconclusive
            || fault.weight == Weight::Decisive
            || matches!(origin, Origin::Regression(_))
        {
            return earliest(&mut self.failed, origin, fault);
        }
        earliest(&mut self.inconclusive, origin, fault);
        if self.statistics.inconclusive > tolerated && self.failed.is_none() {
            self.failed.clone_from(&self.inconclusive);
        }
    }
}

/// Keeps what was found in the sequence that comes first.
fn earliest(kept: &mut Option<(Origin, Fault)>, origin: Origin, fault: Fault) {
    if kept.as_ref().is_none_or(|(other, _)| origin < *other) {
        *kept = Some((origin, fault));
    }
}
