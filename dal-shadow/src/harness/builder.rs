//! The harness: phases, policies and sinks of all wrappers of a service.

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use dal_traits::{Clock, Error, ErrorKind, RetryPolicy, SystemClock};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::findings::delivery::Delivery;
use crate::findings::record::Recorder;
use crate::findings::redact::Redaction;
use crate::findings::sink::Sink;
use crate::flow::breaker::Breaker;
use crate::flow::converge::{Incomplete, Limits, RecordId};
use crate::flow::record_key::key_hash;
use crate::flow::writes::Writes;
use crate::harness::carry::{Capture, Carrier};
use crate::harness::core::{Core, Known};
use crate::harness::entity::{Asker, Entity, EntityStatus, StepError};
use crate::harness::evidence::Evidence;
use crate::harness::may_step::{MayStep, Reason};
use crate::harness::policy::{Order, Policy};
use crate::harness::reconcile::{first_reading, follow};
use crate::harness::report::Report;
use crate::harness::transfer::transfer;
use crate::phases::Checkpoint;
use crate::phases::source::PhaseSource;
use crate::phases::{Phase, Phases, Setting, Store, Verb, plan};
use crate::rules::{Rule, RuleSet};

/// A record whose transfers failed so often in a row is reported.
const PARKED_AFTER: u32 = 5;

/// What "no limit" means in practice: a later moment cannot always be named.
const LONGEST: Duration = Duration::from_hours(24);

/// How long a flush waits for findings that the sinks do not have yet.
const FLUSH: Duration = Duration::from_secs(2);

/// More reads than this are never under way.
const MOST_READS: usize = 1 << 20;

/// The phases, policies and sinks of all wrappers of a service. Cheap to clone; clones are the same
/// harness. Wrappers keep what they need of it alive.
///
/// ```
/// use std::time::Duration;
///
/// use dal_shadow::sink::{MetricsSink, TracingSink};
/// use dal_shadow::source::Fixed;
/// use dal_shadow::{Harness, Phase};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), dal_shadow::Error> {
/// let harness = Harness::builder(Fixed::new(Phase::ShadowRead))
///     .best_effort_writes() // a crash between the two writes loses the secondary one
///     .deadline(Duration::from_millis(500)) // of one shadow read; no caller waits for it
///     .reads_in_flight(64) // more of them are shed, and counted
///     .sink(TracingSink)
///     .sink(MetricsSink)
///     .start()
///     .await?;
/// assert!(harness.report().best_effort_writes);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Harness(Arc<Core>);

/// The moment at which a copy began: see [`Harness::repairing`].
#[derive(Clone, Debug)]
pub struct RepairMark {
    entity: String,
    store: Store,
    times: u64,
}

/// Settings of a [`Harness`] before it starts.
#[must_use]
pub struct HarnessBuilder {
    source: Box<dyn PhaseSource>,
    policy: Policy,
    sinks: Vec<Arc<dyn Sink>>,
    redaction: Redaction,
    rules: Vec<Rule>,
    remember: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    capture: Option<Capture>,
}

impl Harness {
    /// A harness whose phases come from `source`.
    pub fn builder(source: impl PhaseSource) -> HarnessBuilder {
        HarnessBuilder {
            source: Box::new(source),
            policy: Policy::default(),
            sinks: Vec::new(),
            redaction: Redaction::default(),
            rules: Vec::new(),
            remember: None,
            clock: Arc::new(SystemClock),
            capture: None,
        }
    }

    /// Steps an entity to a neighbouring phase. Returns once the step is acknowledged: from then on
    /// no call is answered by the store that answered before.
    ///
    /// A source that names another phase later moves the entity on from here.
    ///
    /// This step is refused while the store that gains a role lacks records. It asks for no
    /// evidence beyond that: ask [`may_step`](Self::may_step) first.
    ///
    /// # Errors
    /// See [`StepError`]: what is in force then is said there.
    pub async fn step(&self, entity: &str, to: Phase) -> Result<(), StepError> {
        let known = self.0.known().entities.get(entity).cloned();
        let entity = known.ok_or_else(|| StepError::NoPhase(entity.to_owned()))?;
        let setting = Setting {
            sample: entity.sample(),
            ..Setting::all(to)
        };
        let core = Arc::clone(&self.0);
        // On a task of its own: the caller may leave, and the gate must not stay closed.
        self.0
            .runtime
            .spawn(async move { core.take(&entity, setting, Asker::Hand).await })
            .await
            .map_err(|_| StepError::ShuttingDown)?
    }

    /// Whether an entity may step to a phase: yes with the evidence, or no with the reasons.
    ///
    /// `mysql-only` → `dual-write` → `shadow-read` needs no evidence. Every further step forward
    /// needs that both stores are complete and nothing is dirty or on its way, and that comparisons
    /// since the last [`repaired`](Self::repaired) copy show enough: see [`Evidence`]. A step back
    /// needs only that the store that gains a role has every record.
    ///
    /// A step that the phase source asks for is taken only when the answer is yes, and is tried
    /// again until then. `!` in the setting (`dynamodb-read!`) takes it without the evidence, but
    /// never while a store lacks records.
    pub fn may_step(&self, entity: &str, to: Phase) -> MayStep {
        let known = self.0.known().entities.get(entity).cloned();
        match known {
            Some(known) => known.may_step(to, &self.0.policy, &self.0.writes),
            None => MayStep::new(entity, None, to, vec![Reason::NoPhase]),
        }
    }

    /// A copy of an entity's records to the secondary store for writes begins. Take the mark before
    /// the first record is read, and give it to [`repaired`](Self::repaired) when the copy has
    /// ended.
    ///
    /// # Errors
    /// [`StepError::NoPhase`] when the entity is not known or has no phase yet,
    /// [`StepError::WritesOneStore`] when its phase does not write the store.
    pub fn repairing(&self, entity: &str) -> Result<RepairMark, StepError> {
        let (entity, store) = self.copied_to(entity)?;
        let times = entity.completeness.times(store);
        Ok(RepairMark {
            entity: entity.name.clone(),
            store,
            times,
        })
    }

    /// The copy that began with this mark has ended: the store holds every record, or knows it to
    /// be dirty. False when something made the store incomplete after the mark, so that the copy
    /// must be made again, or when the phase no longer writes both stores.
    ///
    /// # Errors
    /// [`StepError::NoPhase`] when the entity is not known or has no phase.
    pub fn repaired(&self, mark: &RepairMark) -> Result<bool, StepError> {
        let (entity, store) = self.behind(&mark.entity)?;
        let both = entity
            .gate
            .now()
            .is_some_and(|(phase, _)| phase.writes_both());
        if !both || store != mark.store {
            return Ok(false);
        }
        // First, so that nothing counts that was compared while the store was incomplete.
        entity.copied();
        Ok(entity.completeness.filled(store, mark.times))
    }

    /// Makes the record with this key equal on the secondary store for writes, beside traffic;
    /// returns when it is. A copy is this call for every key of either store, between
    /// [`repairing`](Self::repairing) and [`repaired`](Self::repaired).
    ///
    /// `K` is the type of the argument of the read that `repair` names on the trait.
    ///
    /// # Errors
    /// As [`repairing`](Self::repairing), and
    /// [`StepError::Incomplete`] when its trait has no `repair`.
    pub async fn repair_record<K: Serialize + Send + Sync + 'static>(
        &self,
        entity: &str,
        key: K,
    ) -> Result<(), StepError> {
        let (entity, store) = self.copied_to(entity)?;
        if entity.repairer().is_none() {
            let phase = entity
                .gate
                .now()
                .map_or(Phase::MySqlOnly, |(phase, _)| phase);
            let why = Incomplete::NoRepair;
            return Err(StepError::Incomplete { phase, store, why });
        }
        let record = RecordId {
            entity: entity.id,
            key: key_hash(&key),
        };
        let carrier = self.0.capture();
        let transfer = transfer(&self.0, entity.id, Arc::new(key), None, carrier);
        self.0.writes.mark(record, transfer);
        self.0.writes.settled(record).await;
        Ok(())
    }

    /// The entity, and the store that a copy fills: it must be written as well, or what is written
    /// beside the copy would be missing in it.
    fn copied_to(&self, entity: &str) -> Result<(Arc<Entity>, Store), StepError> {
        let (entity, store) = self.behind(entity)?;
        match entity.gate.now() {
            Some((phase, _)) if !phase.writes_both() => Err(StepError::WritesOneStore(phase)),
            _ => Ok((entity, store)),
        }
    }

    /// The entity, and the secondary store for its writes.
    fn behind(&self, entity: &str) -> Result<(Arc<Entity>, Store), StepError> {
        let no_phase = || StepError::NoPhase(entity.to_owned());
        let known = self.0.known().entities.get(entity).cloned();
        let known = known.ok_or_else(no_phase)?;
        let (phase, _) = known.gate.now().ok_or_else(no_phase)?;
        Ok((known, plan(phase, Verb::Write).primary.other()))
    }

    /// Where each entity is.
    pub fn status(&self) -> Vec<EntityStatus> {
        self.0
            .entities()
            .iter()
            .map(|e| e.status(&self.0.writes))
            .collect()
    }

    /// Everything counted since the start of the process.
    pub fn report(&self) -> Report {
        let known = self.0.known();
        let (problem, unused) = (known.problem.clone(), known.unused());
        drop(known);
        Report {
            source: self.0.source.clone(),
            problem,
            unused,
            best_effort_writes: self.0.policy.best_effort_writes,
            entities: self.0.entities().iter().map(|e| e.report()).collect(),
            rules: self.0.rules.report(),
            sinks: self.0.delivery.report(),
        }
    }

    /// Waits until writes, shadow reads and the transfers of dirty records have ended; false when
    /// they have not after `limit`. For a graceful shutdown: what has not ended then is lost to the
    /// secondary store.
    pub async fn drain(&self, limit: Duration) -> bool {
        self.0.drain(limit).await
    }

    /// Waits, for a bounded time, until the sinks have written what they took.
    pub fn flush(&self) {
        self.0.delivery.wait(FLUSH);
        self.0.delivery.flush();
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.0
    }
}

impl HarnessBuilder {
    /// Accepts that a secondary write is lost when the process ends between the two: without it the
    /// phases that write both stores are refused.
    pub fn best_effort_writes(mut self) -> Self {
        self.policy.best_effort_writes = true;
        self
    }

    /// Says that both stores hold the same records when the harness starts: two empty ones, or
    /// stores that were compared. Without it the secondary store for writes is incomplete until
    /// [`Harness::repaired`], and gains no role.
    pub fn stores_hold_the_same(mut self) -> Self {
        self.policy.hold_the_same = true;
        self
    }

    /// Captures, on the caller's task, what the stores need of it on other tasks: task-locals such
    /// as a tenant. The tracing span and dal's own [`OpCx`](dal_traits::OpCx) go along by
    /// themselves.
    ///
    /// ```
    /// use dal_shadow::source::Fixed;
    /// use dal_shadow::{Carrier, Harness, Phase};
    ///
    /// tokio::task_local! { static TENANT: u32; }
    ///
    /// let builder = Harness::builder(Fixed::new(Phase::DualWrite)).carry(|| {
    ///     let tenant = TENANT.try_with(|tenant| *tenant).ok();
    ///     Carrier::new(move |future| match tenant {
    ///         Some(tenant) => Box::pin(TENANT.scope(tenant, future)),
    ///         None => future,
    ///     })
    /// });
    /// ```
    pub fn carry(mut self, capture: impl Fn() -> Carrier + Send + Sync + 'static) -> Self {
        self.capture = Some(Arc::new(capture));
        self
    }

    /// How long an effect of unknown outcome may take to land on a store; by default 60 s. A record
    /// is transferred at once after such an outcome, and again after this time.
    pub fn late_effect(mut self, time: Duration) -> Self {
        self.policy.late_effect = time.min(LONGEST);
        self
    }

    /// The pause after a transfer that failed, doubled each time, and the longest one; by default
    /// 50 ms and 30 s.
    pub fn transfer_pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.policy.transfer_pauses = (first.min(longest), longest.min(LONGEST));
        self
    }

    /// How long a hand-over may keep writes waiting; by default 250 ms.
    pub fn closed_at_most(mut self, time: Duration) -> Self {
        self.policy.closed_at_most = time.min(LONGEST);
        self
    }

    /// In which order both stores are read; by default the caller waits for nothing.
    pub fn order(mut self, order: Order) -> Self {
        self.policy.order = order;
        self
    }

    /// How long one shadow read may take; by default 1 s. A store that does not answer ten reads in
    /// a row, because it is late or refuses connections, is left alone for ten deadlines: further
    /// reads are shed, then one tries again.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.policy.deadline = deadline.min(LONGEST);
        self
    }

    /// How many shadow reads may be under way before further ones are shed; by default 64.
    pub fn reads_in_flight(mut self, reads: usize) -> Self {
        self.policy.reads_in_flight = reads.min(MOST_READS);
        self
    }

    /// How many bytes the snapshot of one answer may take; by default 1 MiB. A snapshot is made
    /// before the caller has its answer; a larger one is given up, and the call counts as
    /// inconclusive (`too_large`).
    pub fn snapshot_limit(mut self, bytes: usize) -> Self {
        self.policy.snapshot = bytes;
        self
    }

    /// How often both stores are read again before a difference is confirmed, and the pause before
    /// each time; by default twice, after 100 ms. With 0 the first difference counts.
    pub fn rereads(mut self, times: u32, pause: Duration) -> Self {
        self.policy.rereads = times;
        self.policy.reread_pause = pause;
        self
    }

    /// How long a caller waits for the secondary write in `dynamodb-read`; by default 5 s. The
    /// write goes on after that.
    pub fn secondary_write_wait(mut self, wait: Duration) -> Self {
        self.policy.secondary_write_wait = wait;
        self
    }

    /// Lets every caller wait for the secondary write, in every phase: for tests, and for entities
    /// whose writes need each other's records while they are in different phases (a checkout that
    /// reads the cart which another repository wrote).
    pub fn await_secondary_writes(mut self) -> Self {
        self.policy.await_secondary_writes = true;
        self
    }

    /// How long one attempt of a secondary write may take, and how it is repeated; by default 10 s
    /// and [`RetryPolicy::default`] with a budget of its own.
    pub fn secondary_write_attempts(mut self, limit: Duration, retry: RetryPolicy) -> Self {
        self.policy.secondary_write_attempt = limit.min(LONGEST);
        self.policy.secondary_write_retry = retry;
        self
    }

    /// How many secondary writes may wait or be under way before further ones become transfers of
    /// their records, and how many writes and transfers of one entity run at once; by default 1024
    /// and 32.
    pub fn secondary_writes(mut self, waiting: usize, at_once: usize) -> Self {
        self.policy.secondary_writes_queue = waiting;
        self.policy.secondary_writes_in_flight = at_once;
        self
    }

    /// How long the start waits for a source to become readable; by default 5 s.
    pub fn start_wait(mut self, wait: Duration) -> Self {
        self.policy.start_wait = wait;
        self
    }

    /// How long a step may wait for calls to end, and for what the other store lacks, before it is
    /// given up; by default 10 s. Writes wait for [`closed_at_most`](Self::closed_at_most).
    pub fn step_deadline(mut self, deadline: Duration) -> Self {
        self.policy.step_deadline = deadline.min(LONGEST);
        self
    }

    /// What comparisons must show before a step forward is taken that the source asks for; by
    /// default 100 comparisons of each read method, no difference, and one per cent of each of the
    /// outcomes that show nothing. See [`Harness::may_step`].
    pub const fn evidence(mut self, evidence: Evidence) -> Self {
        self.policy.evidence = evidence;
        self
    }

    /// The same, for one entity.
    pub fn evidence_for(mut self, entity: impl Into<String>, evidence: Evidence) -> Self {
        self.policy.evidence_for.insert(entity.into(), evidence);
        self
    }

    /// Rules given as data, beside the words of the traits.
    pub fn rules(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.rules.extend(rules);
        self
    }

    /// What of the answers may leave the process; by default nothing.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Adds a sink.
    pub fn sink(mut self, sink: impl Sink + 'static) -> Self {
        self.sinks.push(Arc::new(sink));
        self
    }

    /// Keeps the phases in force in this file, so that a start without the source goes on with
    /// them, and a start with another phase is a step like any other.
    pub fn remember(mut self, path: impl Into<PathBuf>) -> Self {
        self.remember = Some(path.into());
        self
    }

    /// Sets the clock for records and for the expiry of rules.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Reads the phases and starts.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when no phase can be read and none is remembered (there is no default
    /// phase: a wrong guess would write to the wrong store), when a phase needs
    /// [`best_effort_writes`](Self::best_effort_writes), when a rule is not valid, or outside of a
    /// tokio runtime.
    pub async fn start(self) -> Result<Harness, Error> {
        let refuse = |message: String| Error::new(ErrorKind::Config, message);
        let runtime = Handle::try_current()
            .map_err(|_| refuse("the harness starts inside a tokio runtime".to_owned()))?;
        let source = self.source.name();
        let mut readings = self.source.watch();
        let memory = self.remember.map(Checkpoint::new);
        let remembered = match &memory {
            Some(memory) => memory.recall().map_err(refuse)?,
            None => None,
        };
        let reading = first_reading(&mut readings, self.policy.start_wait).await;
        let (wanted, problem) = match (reading, &remembered) {
            (Ok(phases), _) => (phases, None),
            (Err(problem), Some(phases)) => {
                tracing::warn!(target: "dal_shadow", source, problem, "no phases from the source: the remembered ones stay in force");
                (phases.clone(), Some(problem))
            }
            (Err(problem), None) => {
                return Err(refuse(format!(
                    "no phases from {source}: {problem}. There is no default phase: make the source readable, or keep the last phases with `remember(path)`"
                )));
            }
        };
        if !self.policy.best_effort_writes
            && let Some((entity, setting)) = wanted
                .entities()
                .chain(remembered.iter().flat_map(Phases::entities))
                .find(|(_, setting)| setting.phase.writes_both())
        {
            let reason = StepError::NeedsBestEffort(setting.phase);
            return Err(refuse(format!("{source}: entity `{entity}`: {reason}")));
        }
        if self.policy.best_effort_writes {
            tracing::warn!(
                target: "dal_shadow",
                "secondary writes are best effort: one that is under way when the process ends is lost"
            );
        }
        let policy = self.policy;
        let rules = RuleSet::new(self.rules, Arc::clone(&self.clock))
            .map_err(|error| refuse(error.to_string()))?;
        let delivery =
            Delivery::start(self.sinks, Recorder::new(self.redaction)).map_err(|error| {
                refuse("the thread of the sinks cannot be started".to_owned()).source(error)
            })?;
        let limits = Limits {
            queued: policy.secondary_writes_queue,
            dirty: policy.dirty_records,
            refused_wait: policy.refused_wait,
            late_effect: policy.late_effect,
            pause: policy.transfer_pauses.0,
            longest_pause: policy.transfer_pauses.1,
            parked_after: PARKED_AFTER,
        };
        let core = Arc::new_cyclic(|core: &Weak<Core>| Core {
            writes: Writes::new(runtime.clone(), limits, {
                let core = Weak::clone(core);
                Box::new(move |entity, why| {
                    if let Some(core) = core.upgrade()
                        && let Some(entity) = core.entity_numbered(entity)
                    {
                        entity.lacks(why);
                    }
                })
            }),
            capture: self.capture,
            numbers: Mutex::default(),
            tokens: AtomicU64::new(0),
            reads: Arc::new(Semaphore::new(policy.reads_in_flight)),
            breakers: [Store::MySql, Store::DynamoDb]
                .map(|store| Breaker::new(store, policy.deadline)),
            policy,
            delivery,
            comparing: Semaphore::new(1),
            rules,
            clock: self.clock,
            runtime,
            source,
            memory,
            phases: Mutex::new(Known {
                wanted,
                remembered: remembered.unwrap_or_default(),
                problem,
                taken: std::collections::BTreeMap::new(),
                entities: std::collections::BTreeMap::new(),
            }),
        });
        core.runtime.spawn(follow(Arc::downgrade(&core), readings));
        Ok(Harness(core))
    }
}
