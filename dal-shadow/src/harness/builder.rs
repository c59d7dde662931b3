//! The settings of a harness, and its start.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dal_traits::{Clock, Error, ErrorKind, SystemClock};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use crate::findings::delivery::Delivery;
use crate::findings::record::Recorder;
use crate::findings::redact::Redaction;
use crate::findings::sink::Sink;
use crate::flow::breaker::Breaker;
use crate::flow::converge::Limits;
use crate::flow::writes::Writes;
use crate::harness::carry::{Capture, Carrier};
use crate::harness::comparing::Comparing;
use crate::harness::core::{Core, Known};
use crate::harness::evidence::Evidence;
use crate::harness::measure::measure;
use crate::harness::policy::Policy;
use crate::harness::public::Harness;
use crate::harness::reconcile::{first_reading, follow};
use crate::harness::settings::{MethodSettings, Repairs, SecondaryWrites, ShadowReads, Steps};
use crate::harness::step_error::StepError;
use crate::phases::Checkpoint;
use crate::phases::source::PhaseSource;
use crate::phases::{Remembered, Store};
use crate::rules::{Rule, RuleSet};

/// A record whose transfers failed so often in a row is reported.
const PARKED_AFTER: u32 = 5;

/// The first pause of a hand-over whose writes did not end in time; each further one is twice as
/// long.
const STEP_PAUSE: Duration = Duration::from_millis(50);

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

    /// How reads of the secondary store are made, and when a difference counts.
    pub fn shadow_reads(mut self, reads: ShadowReads) -> Self {
        self.policy.reads = reads.bounded();
        self
    }

    /// What differs for one read method of an entity. A name that no wrapper has is logged, and is
    /// in [`Report::unused_settings`](crate::Report::unused_settings).
    pub fn method(
        mut self,
        entity: impl Into<String>,
        method: impl Into<String>,
        settings: MethodSettings,
    ) -> Self {
        let name = (entity.into(), method.into());
        self.policy.methods.insert(name, settings.bounded());
        self
    }

    /// How secondary writes are made.
    pub fn secondary_writes(mut self, writes: SecondaryWrites) -> Self {
        self.policy.writes = writes.bounded();
        self
    }

    /// How dirty records are repaired.
    pub fn repairs(mut self, repairs: Repairs) -> Self {
        self.policy.repairs = repairs.bounded();
        self
    }

    /// How the harness starts and steps.
    pub fn steps(mut self, steps: Steps) -> Self {
        self.policy.steps = steps.bounded();
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
    /// After a clean stop ([`Harness::shut_down`]) it also holds which stores are complete, until the
    /// next start.
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
    /// [`best_effort_writes`](Self::best_effort_writes), when a rule or the sample of a method is
    /// not valid, or outside of a tokio runtime.
    pub async fn start(self) -> Result<Harness, Error> {
        let refuse = |message: String| Error::new(ErrorKind::Config, message);
        let runtime = Handle::try_current()
            .map_err(|_| refuse("the harness starts inside a tokio runtime".to_owned()))?;
        if let Some(problem) = self.policy.problem() {
            return Err(refuse(problem));
        }
        let source = self.source.name();
        let mut readings = self.source.watch();
        let memory = self.remember.map(Checkpoint::new);
        let remembered = match &memory {
            Some(memory) => memory.recall().map_err(refuse)?,
            None => None,
        };
        let reading = first_reading(&mut readings, self.policy.steps.start_timeout).await;
        let (wanted, problem) = match (reading, &remembered) {
            (Ok(phases), _) => (phases, None),
            (Err(problem), Some(Remembered { phases, .. })) => {
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
                .chain(remembered.iter().flat_map(|it| it.phases.entities()))
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
            queued: policy.writes.queued,
            dirty: policy.repairs.dirty_records,
            refused_wait: policy.writes.refused_timeout,
            late_effect: policy.repairs.late_effect,
            pause: policy.repairs.first_pause,
            longest_pause: policy.repairs.longest_pause,
            parked_after: PARKED_AFTER,
            step_deadline: policy.steps.timeout,
            closed_at_most: policy.steps.closed_at_most,
            step_pause: STEP_PAUSE,
            hold_the_same: policy.hold_the_same,
        };
        let mut remembered = remembered.unwrap_or_default();
        if let Some(memory) = &memory
            && !remembered.complete.is_empty()
            && !memory.keep(|| remembered.phases.clone())
        {
            // A crash from here on could not be told from the clean stop before it.
            remembered.complete.clear();
        }
        let (grown, wrappers) = watch::channel(());
        let core = Arc::new(Core {
            grown,
            writes: Writes::new(runtime.clone(), limits),
            capture: self.capture,
            numbers: Mutex::default(),
            tokens: AtomicU64::new(0),
            only_transfers: AtomicBool::new(false),
            reads: Arc::new(Semaphore::new(policy.reads.in_flight)),
            breakers: [Store::MySql, Store::DynamoDb]
                .map(|store| Breaker::new(store, policy.reads.timeout)),
            comparing: Comparing::new(runtime.clone(), policy.reads.compare_timeout),
            policy,
            delivery,
            rules,
            clock: self.clock,
            runtime,
            source,
            memory,
            phases: Mutex::new(Known {
                wanted,
                remembered,
                problem,
                taken: std::collections::BTreeMap::new(),
                entities: std::collections::BTreeMap::new(),
            }),
        });
        core.runtime
            .spawn(follow(Arc::downgrade(&core), readings, wrappers));
        Ok(Harness::new(measured(core)))
    }
}

/// From now on the sinks get measurements.
fn measured(core: Arc<Core>) -> Arc<Core> {
    core.delivery.measured_by(measure(Arc::downgrade(&core)));
    core.delivery.measure();
    core
}
