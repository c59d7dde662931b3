//! One entity: its gate, its sample, its methods, and how a step changes its phase.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::flow::converge::{EntityId, Incomplete, Standing};
use crate::flow::gate::{Blocked, Gate};
use crate::flow::writes::Writes;
use crate::harness::completeness::Completeness;
use crate::harness::evidence::MethodEvidence;
use crate::harness::may_step::{Facts, MayStep, Reason, needs_evidence, needs_secondary};
use crate::harness::method::{Method, MethodReport};
use crate::harness::policy::Policy;
use crate::harness::repairer::Repairer;
use crate::harness::spec::MethodSpec;
use crate::phases::Setting;
use crate::phases::{Phase, SecondaryRole, Store, Verb, plan};

/// The first pause of a step that found the secondary store busy; each further one is twice as
/// long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// An entity of a harness.
pub(crate) struct Entity {
    pub(crate) name: String,
    pub(crate) id: EntityId,
    pub(crate) gate: Arc<Gate>,
    pub(crate) completeness: Completeness,
    /// One permit for each secondary write or transfer under way.
    slots: Arc<Semaphore>,
    /// How its records are repaired, from the wrapper made last.
    repairer: Mutex<Option<Repairer>>,
    transfers: Transfers,
    sample: AtomicU64,
    steps: tokio::sync::Mutex<()>,
    progress: Mutex<Progress>,
    methods: Mutex<Vec<Arc<Method>>>,
}

/// Transfers so far.
#[derive(Debug, Default)]
struct Transfers {
    done: AtomicU64,
    failed: AtomicU64,
}

#[derive(Debug, Default)]
struct Progress {
    stepping: Option<Phase>,
    problem: Option<String>,
    forced: Option<String>,
    /// What the source asked for when the last step was not taken.
    refused: Option<Setting>,
}

/// Who asks for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// The application, in code: it need not give evidence.
    Hand,
    /// The phase source.
    Source,
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
    /// What the last step was forced past (`!` in the setting), when it was.
    pub forced: Option<String>,
    /// Secondary writes that wait or are under way.
    pub pending: usize,
    /// Records in which the stores may differ, until a transfer has made them equal.
    pub dirty: usize,
    /// Those of them whose transfers keep failing.
    pub parked: usize,
    /// Transfers that made a record equal, since the start of the process.
    pub transferred: u64,
    /// Transfers that failed, and were tried again.
    pub failed_transfers: u64,
    /// Stores that may lack records, nobody knows which, and why.
    pub incomplete: BTreeMap<&'static str, &'static str>,
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
    /// The phase writes both stores, and a secondary write could be lost.
    NeedsBestEffort(Phase),
    /// Writes, secondary writes or transfers did not end in time. The old phase is in force.
    WritesUnderWay {
        /// The phase in force.
        phase: Phase,
        /// Secondary writes that wait or are under way.
        pending: usize,
        /// Records that need a transfer.
        dirty: usize,
    },
    /// The store that would gain a role may lack records. The old phase is in force.
    Incomplete {
        /// The phase in force.
        phase: Phase,
        /// The store.
        store: Store,
        /// Why.
        why: Incomplete,
    },
    /// The source asked for the step, and comparisons speak against it, or say too little. The old
    /// phase is in force.
    NoEvidence {
        /// The phase in force.
        phase: Phase,
        /// The phase that was asked for.
        to: Phase,
        /// What is missing.
        reasons: Vec<Reason>,
    },
    /// The new phase is in force, but calls of the old one are still under way.
    CallsUnderWay(Phase),
    /// A copy was asked for in a phase that writes one store only.
    WritesOneStore(Phase),
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
                "{to} writes both stores, and nothing keeps a secondary write durably: say `best_effort_writes()` when the harness is built"
            ),
            Self::WritesUnderWay {
                phase,
                pending,
                dirty,
            } => write!(
                f,
                "{pending} secondary writes and {dirty} dirty records did not come to rest in time; {phase} stays: try again when the slow store has recovered"
            ),
            Self::Incomplete { phase, store, why } => write!(
                f,
                "{store} is incomplete ({why}); {phase} stays: take a mark with `repairing`, copy every record, and give the mark to `repaired`"
            ),
            Self::NoEvidence { phase, to, reasons } => write!(
                f,
                "{}; {phase} stays until the evidence is there: see `may_step`, or write `{to}!` in the phase source to force the step",
                joined(reasons)
            ),
            Self::CallsUnderWay(to) => write!(
                f,
                "{to} is in force, but calls that began before it are still under way"
            ),
            Self::WritesOneStore(phase) => write!(
                f,
                "{phase} writes one store only, so a copy would miss what is written beside it: step to a phase that writes both, then copy"
            ),
            Self::ShuttingDown => f.write_str("the process is shutting down"),
        }
    }
}

impl std::error::Error for StepError {}

fn joined(reasons: &[Reason]) -> String {
    let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}

impl Entity {
    pub(crate) fn new(name: String, id: EntityId, slots: usize) -> Self {
        Self {
            name,
            id,
            gate: Arc::default(),
            completeness: Completeness::default(),
            slots: Arc::new(Semaphore::new(slots.clamp(1, Semaphore::MAX_PERMITS))),
            repairer: Mutex::default(),
            transfers: Transfers::default(),
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

    /// Permits for secondary writes and transfers.
    pub(crate) fn slots(&self) -> Arc<Semaphore> {
        Arc::clone(&self.slots)
    }

    pub(crate) fn repairer(&self) -> Option<Repairer> {
        lock(&self.repairer).clone()
    }

    pub(crate) fn repaired_by(&self, repairer: &Repairer) {
        *lock(&self.repairer) = Some(Arc::clone(repairer));
    }

    /// A transfer ended.
    pub(crate) fn transferred(&self, done: bool) {
        let count = if done {
            &self.transfers.done
        } else {
            &self.transfers.failed
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Some records may be missing in the secondary store for writes.
    pub(crate) fn lacks(&self, why: Incomplete) {
        if let Some((phase, _)) = self.gate.now() {
            let behind = plan(phase, Verb::Write).primary.other();
            self.completeness.lacks(behind, why);
        }
    }

    /// The entity's first phase. Nothing says that the secondary store for writes was ever filled,
    /// unless the application does.
    pub(crate) fn begin(&self, setting: Setting, hold_the_same: bool) {
        self.set_sample(setting.sample);
        let writes = plan(setting.phase, Verb::Write);
        if !hold_the_same && writes.secondary != SecondaryRole::None {
            let behind = writes.primary.other();
            self.completeness.lacks(behind, Incomplete::NeverFilled);
        }
        self.completeness.enters(setting.phase);
        self.gate.begin(setting.phase);
    }

    /// The method with this specification, made by `make` when it is new: every wrapper of one
    /// trait has the same.
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
        asker: Asker,
        policy: &Policy,
        writes: &Arc<Writes>,
    ) -> Result<(), StepError> {
        let _one_at_a_time = self.steps.lock().await;
        let taken = self.step_to(setting, asker, policy, writes).await;
        let mut progress = lock(&self.progress);
        progress.stepping = None;
        progress.problem = taken.as_ref().err().map(ToString::to_string);
        progress.refused = taken.is_err().then_some(setting);
        taken
    }

    /// Whether this very step is being tried again.
    pub(crate) fn was_refused(&self, setting: Setting) -> bool {
        lock(&self.progress).refused == Some(setting)
    }

    async fn step_to(
        &self,
        setting: Setting,
        asker: Asker,
        policy: &Policy,
        writes: &Arc<Writes>,
    ) -> Result<(), StepError> {
        let to = setting.phase;
        if to.writes_both() && !policy.best_effort_writes {
            return Err(StepError::NeedsBestEffort(to));
        }
        let from = match self.gate.now() {
            None => {
                self.begin(setting, policy.hold_the_same);
                return Ok(());
            }
            Some((from, _)) => from,
        };
        if from != to {
            if !from.is_adjacent(to) {
                return Err(StepError::NotAdjacent { from, to });
            }
            let deadline = Instant::now() + policy.steps.timeout;
            let proven = asker == Asker::Source && needs_evidence(from, to);
            let forced = if proven {
                self.proven(from, setting, policy, writes)?
            } else {
                None
            };
            lock(&self.progress).stepping = Some(to);
            if proven {
                self.at_rest(from, deadline, writes).await?;
            }
            if to.writes_both() {
                writes.resume(self.id);
            }
            let stepped = self.change(from, to, deadline, policy, writes).await;
            if let Ok(()) | Err(StepError::CallsUnderWay(_)) = &stepped {
                if let Some(forced) = &forced {
                    tracing::warn!(target: "dal_shadow", entity = self.name, %from, %to, forced, "the step was forced: it was taken without the evidence that it needs");
                }
                lock(&self.progress).forced = forced;
                self.completeness.enters(to);
                if !to.writes_both() {
                    writes.give_up(self.id);
                }
            }
            stepped?;
        }
        self.set_sample(setting.sample);
        Ok(())
    }

    /// Whether there is evidence for a step that the source asks for; what it is forced past, when
    /// there is not. What is dirty or on its way may be transferred yet.
    fn proven(
        &self,
        from: Phase,
        setting: Setting,
        policy: &Policy,
        writes: &Writes,
    ) -> Result<Option<String>, StepError> {
        let to = setting.phase;
        let mut reasons = self.may_step(to, policy, writes).reasons;
        for reason in &reasons {
            if let Reason::Incomplete { store, why } = *reason {
                let phase = from;
                return Err(StepError::Incomplete { phase, store, why });
            }
        }
        reasons.retain(Reason::can_be_forced);
        if reasons.is_empty() {
            Ok(None)
        } else if setting.forced {
            Ok(Some(joined(&reasons)))
        } else {
            let phase = from;
            Err(StepError::NoEvidence { phase, to, reasons })
        }
    }

    /// Waits for a moment at which nothing is dirty or on its way.
    async fn at_rest(
        &self,
        phase: Phase,
        deadline: Instant,
        writes: &Writes,
    ) -> Result<(), StepError> {
        let drained = writes.stands(self.id, |all| all.pending == 0 && all.dirty == 0);
        tokio::time::timeout_at(deadline, drained)
            .await
            .map_err(|_| self.under_way(phase, writes))
    }

    /// Whether the step to `to` may be taken, and why not.
    pub(crate) fn may_step(&self, to: Phase, policy: &Policy, writes: &Writes) -> MayStep {
        let Some((from, _)) = self.gate.now() else {
            return MayStep::new(&self.name, None, to, vec![Reason::NoPhase]);
        };
        let facts = Facts {
            best_effort: policy.best_effort_writes,
            incomplete: [Store::MySql, Store::DynamoDb]
                .into_iter()
                .filter_map(|store| Some((store, self.completeness.why(store)?)))
                .collect(),
            standing: writes.standing(self.id),
            methods: self.evidence(),
            evidence: policy.evidence_of(&self.name),
        };
        MayStep::judge(&self.name, from, to, facts)
    }

    /// What the read methods that were called since the last copy have shown.
    fn evidence(&self) -> Vec<MethodEvidence> {
        lock(&self.methods)
            .iter()
            .filter(|method| method.spec.verb == Verb::Read)
            .map(|method| method.evidence())
            .filter(|evidence| evidence.calls > 0)
            .collect()
    }

    /// The entity was copied: what was compared before counts as evidence no more.
    pub(crate) fn copied(&self) {
        for method in lock(&self.methods).iter() {
            method.copied();
        }
    }

    /// Changes the phase. A hand-over to a secondary store waits, with the gate open,
    /// until that store has everything; then the gate is closed to writes for a moment, in which
    /// the last ones end. When they do not, the gate opens again, and all is tried once more.
    async fn change(
        &self,
        from: Phase,
        to: Phase,
        deadline: Instant,
        policy: &Policy,
        writes: &Arc<Writes>,
    ) -> Result<(), StepError> {
        let needed = needs_secondary(from, to);
        let mut pause = FIRST_PAUSE;
        loop {
            let at_rest = |all: Standing| all.pending == 0 && all.dirty == 0;
            if let Some(store) = needed {
                self.is_complete(store, from)?;
                self.at_rest(from, deadline, writes).await?;
            }
            let settle = async {
                match needed {
                    None => true,
                    Some(store) => {
                        let none = |all: Standing| all.under_way == 0 && at_rest(all);
                        writes.stands(self.id, none).await;
                        self.completeness.why(store).is_none()
                    }
                }
            };
            let closed_until = deadline.min(Instant::now() + policy.steps.closed_at_most);
            let stepped = self.gate.step(from, to, closed_until, deadline, settle);
            match stepped.await {
                Ok(()) => return Ok(()),
                Err(Blocked::Calls) => return Err(StepError::CallsUnderWay(to)),
                // Found to be incomplete at the next look.
                Err(Blocked::Refused) => continue,
                Err(Blocked::Writes) if Instant::now() + pause >= deadline => {
                    return Err(self.under_way(from, writes));
                }
                Err(Blocked::Writes) => {}
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    fn is_complete(&self, store: Store, phase: Phase) -> Result<(), StepError> {
        match self.completeness.why(store) {
            None => Ok(()),
            Some(why) => Err(StepError::Incomplete { phase, store, why }),
        }
    }

    fn under_way(&self, phase: Phase, writes: &Writes) -> StepError {
        let standing = writes.standing(self.id);
        StepError::WritesUnderWay {
            phase,
            pending: standing.pending,
            dirty: standing.dirty,
        }
    }

    fn set_sample(&self, percent: f64) {
        self.sample.store(percent.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn status(&self, writes: &Writes) -> EntityStatus {
        let now = self.gate.now();
        let standing = writes.standing(self.id);
        let incomplete = [Store::MySql, Store::DynamoDb]
            .into_iter()
            .filter_map(|store| Some((store.as_str(), self.completeness.why(store)?.as_str())))
            .collect();
        let progress = lock(&self.progress);
        EntityStatus {
            entity: self.name.clone(),
            phase: now.map(|(phase, _)| phase),
            sample: self.sample(),
            epoch: now.map_or(0, |(_, epoch)| epoch),
            stepping: progress.stepping,
            problem: progress.problem.clone(),
            forced: progress.forced.clone(),
            pending: standing.pending,
            dirty: standing.dirty,
            parked: standing.parked,
            transferred: self.transfers.done.load(Ordering::Relaxed),
            failed_transfers: self.transfers.failed.load(Ordering::Relaxed),
            incomplete,
        }
    }

    /// Whether a write of it is being compared.
    pub(crate) fn is_comparing_writes(&self) -> bool {
        lock(&self.methods)
            .iter()
            .any(|method| method.is_comparing_writes())
    }

    /// Whether a wrapper has a read method with this name.
    pub(crate) fn reads_by(&self, method: &str) -> bool {
        let methods = lock(&self.methods);
        let mut reads = methods.iter().filter(|it| it.spec.verb == Verb::Read);
        reads.any(|it| it.spec.method == method)
    }

    /// What was counted of its methods.
    pub(crate) fn report(&self) -> Vec<MethodReport> {
        lock(&self.methods).iter().map(|m| m.report()).collect()
    }
}

impl std::fmt::Debug for Entity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entity")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
