//! One entity: its gate, its sample, its methods, and what it shows.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::Semaphore;

use crate::flow::converge::EntityId;
use crate::flow::gate::Gate;
use crate::flow::writes::Writes;
use crate::harness::alarm::Alarm;
use crate::harness::evidence::MethodEvidence;
use crate::harness::may_step::Facts;
use crate::harness::method::{Method, MethodReport};
use crate::harness::policy::Policy;
use crate::harness::repairer::Repairer;
use crate::harness::spec::MethodSpec;
use crate::harness::step_error::StepError;
use crate::phases::{Phase, Setting, Store, Verb, plan};

/// An entity of a harness.
pub(crate) struct Entity {
    pub(crate) name: String,
    pub(crate) id: EntityId,
    pub(crate) gate: Arc<Gate>,
    /// One permit for each secondary write or transfer under way.
    slots: Arc<Semaphore>,
    /// How its records are repaired, from the wrapper made last.
    repairer: Mutex<Option<Repairer>>,
    transfers: Transfers,
    sample: AtomicU64,
    progress: Mutex<Progress>,
    methods: Mutex<Vec<Arc<Method>>>,
    alarm: Alarm,
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

/// Where an entity is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntityStatus {
    /// The entity.
    pub entity: String,
    /// The entities that step together, itself among them: those that writes name with `also`.
    pub group: Vec<String>,
    /// The phase in force; none while no source has named the entity.
    pub phase: Option<Phase>,
    /// Per cent of the reads that are compared.
    pub sample: f64,
    /// Counts the steps since the start of the process.
    pub epoch: u64,
    /// The phase of a step that is not acknowledged yet.
    pub stepping: Option<Phase>,
    /// Why the last step of its group that was asked for was not taken; each entity of the group shows
    /// it.
    pub problem: Option<String>,
    /// What the last step of its group was forced past (`!` in the setting), when it was.
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
    /// Stores that may lack records, without knowing which, and why.
    pub incomplete: BTreeMap<&'static str, &'static str>,
}

impl Entity {
    pub(crate) fn new(name: String, id: EntityId, slots: usize) -> Self {
        Self {
            name,
            id,
            gate: Arc::default(),
            slots: Arc::new(Semaphore::new(slots.clamp(1, Semaphore::MAX_PERMITS))),
            repairer: Mutex::default(),
            transfers: Transfers::default(),
            sample: AtomicU64::new(100_f64.to_bits()),
            progress: Mutex::default(),
            methods: Mutex::default(),
            alarm: Alarm::default(),
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
        *lock(&self.repairer) = Some(repairer.clone());
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

    /// Sets which share of the reads is compared.
    pub(crate) fn set_sample(&self, percent: f64) {
        self.sample.store(percent.to_bits(), Ordering::Relaxed);
    }

    /// The phase in force.
    pub(crate) fn phase(&self) -> Option<Phase> {
        self.gate.now().map(|(phase, _)| phase)
    }

    /// A step to this phase was asked for.
    pub(crate) fn steps_to(&self, to: Phase) {
        lock(&self.progress).stepping = Some(to);
    }

    /// A step was taken, past this if it was forced.
    pub(crate) fn was_forced(&self, past: Option<String>) {
        lock(&self.progress).forced = past;
    }

    /// What was asked for was taken, or was not.
    pub(crate) fn ended(&self, setting: Setting, problem: Option<&StepError>) {
        let mut progress = lock(&self.progress);
        progress.stepping = None;
        progress.problem = problem.map(ToString::to_string);
        progress.refused = problem.is_some().then_some(setting);
    }

    /// Shows a problem; false when it shows the same one already.
    pub(crate) fn complains(&self, problem: &str) -> bool {
        let mut progress = lock(&self.progress);
        let new = progress.problem.as_deref() != Some(problem);
        progress.problem = Some(problem.to_owned());
        new
    }

    /// The source wants this, which is in force: why another step was not taken is of no interest
    /// any more.
    pub(crate) fn is_wanted(&self, setting: Setting) {
        let mut progress = lock(&self.progress);
        if progress.refused.is_some_and(|refused| refused != setting) {
            progress.problem = None;
            progress.refused = None;
        }
    }

    /// Whether this very step is being tried again.
    pub(crate) fn was_refused(&self, setting: Setting) -> bool {
        lock(&self.progress).refused == Some(setting)
    }

    /// What is known when a step is asked for.
    pub(crate) fn facts(&self, policy: &Policy, writes: &Writes) -> Facts {
        let has_wrapper = !lock(&self.methods).is_empty();
        Facts {
            best_effort: policy.best_effort_writes,
            incomplete: [Store::MySql, Store::DynamoDb]
                .into_iter()
                .filter_map(|store| Some((store, writes.why(self.id, store)?)))
                .collect(),
            standing: writes.standing(self.id),
            has_wrapper,
            methods: self.evidence(),
            evidence: policy.evidence_of(&self.name),
        }
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

    /// Where it is; `group` are the names of its group.
    pub(crate) fn status(&self, writes: &Writes, group: Vec<String>) -> EntityStatus {
        let now = self.gate.now();
        let standing = writes.standing(self.id);
        let incomplete = [Store::MySql, Store::DynamoDb]
            .into_iter()
            .filter_map(|store| Some((store.as_str(), writes.why(self.id, store)?.as_str())))
            .collect();
        let progress = lock(&self.progress);
        EntityStatus {
            entity: self.name.clone(),
            group,
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

    /// A secondary write was not made, which may have left a store incomplete.
    pub(crate) fn not_made(&self, method: &str, writes: &Writes) {
        let repaired = self.repairer().is_some();
        self.alarm.not_made(&self.name, method, repaired);
        self.may_lack(writes);
    }

    /// Says so when the secondary store for writes has become incomplete.
    pub(crate) fn may_lack(&self, writes: &Writes) {
        if let Some(phase) = self.phase() {
            let behind = plan(phase, Verb::Write).primary.other();
            let why = writes.why(self.id, behind);
            self.alarm.incomplete(&self.name, behind, why);
        }
    }

    pub(crate) fn methods(&self) -> Vec<Arc<Method>> {
        lock(&self.methods).clone()
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
