//! One entity: its door, its sample and its methods.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::flow::gate::{Blocked, Gate};
use crate::flow::queue::Queue;
use crate::harness::method::{Method, MethodReport};
use crate::harness::spec::MethodSpec;
use crate::phases::Setting;
use crate::phases::{Phase, Verb, plan};

/// An entity of a harness.
#[derive(Debug)]
pub(crate) struct Entity {
    pub(crate) name: String,
    pub(crate) gate: Gate,
    sample: AtomicU64,
    steps: tokio::sync::Mutex<()>,
    progress: Mutex<Progress>,
    methods: Mutex<Vec<Arc<Method>>>,
}

#[derive(Debug, Default)]
struct Progress {
    stepping: Option<Phase>,
    problem: Option<String>,
}

/// Where an entity is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntityStatus {
    /// The entity.
    pub entity: String,
    /// The phase in force; none while no source has named the entity.
    pub phase: Option<Phase>,
    /// Per cent of the reads that are compared.
    pub sample: f64,
    /// Counts the steps since the start of the process.
    pub epoch: u64,
    /// The phase of a step that is not acknowledged yet.
    pub stepping: Option<Phase>,
    /// Why the last step that was asked for was not taken.
    pub problem: Option<String>,
}

/// The counts of an entity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntityReport {
    /// The entity.
    pub entity: String,
    /// The phase in force; none while no source has named the entity.
    pub phase: Option<Phase>,
    /// Per cent of the reads that are compared.
    pub sample: f64,
    /// Counts the steps since the start of the process.
    pub epoch: u64,
    /// Whether second writes can be lost in this phase: nothing keeps them durably.
    pub best_effort: bool,
    /// The methods, in order of declaration.
    pub methods: Vec<MethodReport>,
}

/// Why a step was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepError {
    /// The entity has no phase to step from, or is not known.
    NoPhase(String),
    /// The step is not between neighbours.
    NotAdjacent {
        /// The phase in force.
        from: Phase,
        /// The phase that was asked for.
        to: Phase,
    },
    /// The phase writes both stores, and a second write could be lost.
    NeedsBestEffort(Phase),
    /// Writes, or their second writes, did not end in time. The old phase is in force.
    WritesUnderWay(Phase),
    /// The new phase is in force, but calls of the old one are still under way.
    CallsUnderWay(Phase),
    /// The process is shutting down.
    ShuttingDown,
}

impl std::fmt::Display for StepError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoPhase(entity) => {
                write!(
                    f,
                    "`{entity}` has no phase yet: name it (or `*`) in the phase source"
                )
            }
            Self::NotAdjacent { from, to } => write!(
                f,
                "{from} → {to} is no step: only neighbours are ({}); {from} stays",
                Phase::ALL.map(Phase::as_str).join(" – ")
            ),
            Self::NeedsBestEffort(to) => write!(
                f,
                "{to} writes both stores, and nothing keeps a second write durably: say `best_effort_writes()` when the harness is built"
            ),
            Self::WritesUnderWay(from) => write!(
                f,
                "writes or second writes did not end in time; {from} stays: try again when the slow store has recovered"
            ),
            Self::CallsUnderWay(to) => write!(
                f,
                "{to} is in force, but calls that began before it are still under way"
            ),
            Self::ShuttingDown => f.write_str("the process is shutting down"),
        }
    }
}

impl std::error::Error for StepError {}

impl Entity {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            gate: Gate::default(),
            sample: AtomicU64::new(100_f64.to_bits()),
            steps: tokio::sync::Mutex::default(),
            progress: Mutex::default(),
            methods: Mutex::default(),
        }
    }

    /// Per cent of the reads that are compared.
    pub(crate) fn sample(&self) -> f64 {
        f64::from_bits(self.sample.load(Ordering::Relaxed))
    }

    /// The entity's first phase.
    pub(crate) fn begin(&self, setting: Setting) {
        self.set_sample(setting.sample);
        self.gate.begin(setting.phase);
    }

    /// The method with this specification, made by `make` when it is new: every wrapper of one trait
    /// has the same.
    pub(crate) fn method(
        &self,
        spec: &'static MethodSpec,
        make: impl FnOnce() -> Method,
    ) -> Arc<Method> {
        let mut methods = lock(&self.methods);
        let known = methods
            .iter()
            .find(|method| std::ptr::eq(method.spec, spec));
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let method = Arc::new(make());
        methods.push(Arc::clone(&method));
        method
    }

    /// Takes a setting: the first phase, a step to a neighbour, or another sample.
    pub(crate) async fn take(
        &self,
        setting: Setting,
        best_effort: bool,
        queue: &Queue,
        limit: Duration,
    ) -> Result<(), StepError> {
        let _one_at_a_time = self.steps.lock().await;
        let taken = self.step_to(setting, best_effort, queue, limit).await;
        let mut progress = lock(&self.progress);
        progress.stepping = None;
        progress.problem = taken.as_ref().err().map(ToString::to_string);
        taken
    }

    async fn step_to(
        &self,
        setting: Setting,
        best_effort: bool,
        queue: &Queue,
        limit: Duration,
    ) -> Result<(), StepError> {
        let to = setting.phase;
        if to.writes_both() && !best_effort {
            return Err(StepError::NeedsBestEffort(to));
        }
        let from = match self.gate.now() {
            None => {
                self.begin(setting);
                return Ok(());
            }
            Some((from, _)) => from,
        };
        if from != to {
            if !from.is_adjacent(to) {
                return Err(StepError::NotAdjacent { from, to });
            }
            lock(&self.progress).stepping = Some(to);
            let deadline = Instant::now() + limit;
            let settle = async {
                if needs_second_writes(from, to) {
                    queue.settled().await;
                }
            };
            self.gate
                .step(from, to, deadline, settle)
                .await
                .map_err(|blocked| match blocked {
                    Blocked::Writes => StepError::WritesUnderWay(from),
                    Blocked::Calls => StepError::CallsUnderWay(to),
                })?;
        }
        self.set_sample(setting.sample);
        Ok(())
    }

    fn set_sample(&self, percent: f64) {
        self.sample.store(percent.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn status(&self) -> EntityStatus {
        let now = self.gate.now();
        let progress = lock(&self.progress);
        EntityStatus {
            entity: self.name.clone(),
            phase: now.map(|(phase, _)| phase),
            sample: self.sample(),
            epoch: now.map_or(0, |(_, epoch)| epoch),
            stepping: progress.stepping,
            problem: progress.problem.clone(),
        }
    }

    pub(crate) fn report(&self) -> EntityReport {
        let now = self.gate.now();
        EntityReport {
            entity: self.name.clone(),
            phase: now.map(|(phase, _)| phase),
            sample: self.sample(),
            epoch: now.map_or(0, |(_, epoch)| epoch),
            best_effort: now.is_some_and(|(phase, _)| phase.writes_both()),
            methods: lock(&self.methods).iter().map(|m| m.report()).collect(),
        }
    }
}

/// Whether a step must wait for the second writes so far: the store that lacks them answers reads,
/// or is written first, after it. A way back to the store that was written first needs none of them,
/// so that it stays open when the other one hangs.
fn needs_second_writes(from: Phase, to: Phase) -> bool {
    let behind = plan(from, Verb::Write).first.other();
    [Verb::Read, Verb::Write]
        .into_iter()
        .any(|verb| plan(to, verb).first == behind)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_from_a_store_that_hangs_needs_nothing_of_it() {
        use Phase::{DynamoDbLeads, DynamoDbRead, ShadowRead};
        assert!(needs_second_writes(ShadowRead, DynamoDbRead));
        assert!(!needs_second_writes(DynamoDbRead, ShadowRead));
        assert!(needs_second_writes(DynamoDbRead, DynamoDbLeads));
        assert!(needs_second_writes(DynamoDbLeads, DynamoDbRead));
    }
}
