//! The harness of a service: steps, status, reports.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::harness::core::Core;
use crate::harness::entity::EntityStatus;
use crate::harness::may_step::MayStep;
use crate::harness::reason::Reason;
use crate::harness::report::{EntityReport, Report};
use crate::harness::step::Asker;
use crate::harness::step_error::StepError;
use crate::harness::unused::unused_settings;
use crate::phases::{Phase, Setting};

/// How long a flush waits for findings that the sinks do not have yet.
const FLUSH: Duration = Duration::from_secs(2);

/// The phases, policies and sinks of all wrappers of a service. Cheap to clone; clones are the same
/// harness. Wrappers keep what they need of it alive.
///
/// ```
/// use std::time::Duration;
///
/// use dal_shadow::sink::{MetricsSink, TracingSink};
/// use dal_shadow::source::Fixed;
/// use dal_shadow::{Harness, Phase, ShadowReads};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), dal_shadow::Error> {
/// let harness = Harness::builder(Fixed::new(Phase::ShadowRead))
///     .best_effort_writes() // a crash between the two writes loses the secondary one
///     .shadow_reads(ShadowReads {
///         timeout: Duration::from_millis(500), // of one shadow read; no caller waits for it
///         in_flight: 64,                       // more of them are shed, and counted
///         ..ShadowReads::default()
///     })
///     .sink(TracingSink)
///     .sink(MetricsSink)
///     .start()
///     .await?;
/// assert!(harness.report().best_effort_writes);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Harness(Arc<Core>);

impl Harness {
    /// Steps an entity, and all that are written together with it (`also`), to a neighbouring phase.
    /// Returns once the step is acknowledged: from then on no call is answered by the store that
    /// answered before.
    ///
    /// A source that names another phase later moves the entity on from here.
    ///
    /// This step is refused while the store that gains a role lacks records. It asks for no
    /// evidence beyond that: ask [`may_step`](Self::may_step) first.
    ///
    /// # Errors
    /// See [`StepError`]: what is in force then is said there.
    pub async fn step(&self, entity: &str, to: Phase) -> Result<(), StepError> {
        let entity = self.0.known().named_entity(entity)?;
        let setting = Setting {
            sample: entity.sample(),
            ..Setting::all(to)
        };
        let core = Arc::clone(&self.0);
        // On a task of its own: the step goes on when the caller leaves.
        self.0
            .runtime
            .spawn(async move {
                let wishes = [(entity, setting)];
                core.take(&wishes, Asker::Hand, std::future::pending())
                    .await
            })
            .await
            .map_err(|_| StepError::ShuttingDown)?
    }

    /// Whether an entity may step to a phase: yes with the evidence, or no with the reasons.
    ///
    /// `mysql-only` → `dual-write` → `shadow-read` needs no evidence. Every further step forward
    /// needs that both stores are complete and nothing is dirty or on its way, and that comparisons
    /// since the last [`repaired`](Self::repaired) copy show enough: see
    /// [`Evidence`](crate::Evidence). A step back needs only that the store that gains a role has
    /// every record.
    ///
    /// A step that the phase source asks for is taken only when the answer is yes, and is tried
    /// again until then. `!` in the setting (`dynamodb-read!`) takes it without the evidence, but
    /// never while a store lacks records.
    pub fn may_step(&self, entity: &str, to: Phase) -> MayStep {
        let known = self.0.known().entities.get(entity).cloned();
        match known {
            Some(known) => self.0.may_step(&known, to),
            None => MayStep::new(entity, None, to, vec![Reason::NoPhase]),
        }
    }

    /// Where each entity is.
    pub fn status(&self) -> Vec<EntityStatus> {
        self.0.status()
    }

    /// Everything counted since the start of the process.
    pub fn report(&self) -> Report {
        let known = self.0.known();
        let (problem, unused) = (known.problem.clone(), known.unused());
        drop(known);
        let mut methods = self.0.methods();
        let reported = |status: EntityStatus| EntityReport {
            best_effort: status.phase.is_some_and(Phase::writes_both),
            methods: methods.remove(&status.entity).unwrap_or_default(),
            status,
        };
        Report {
            source: self.0.source.clone(),
            problem,
            unused,
            unused_settings: unused_settings(&self.0.policy, &self.0.entities()),
            best_effort_writes: self.0.policy.best_effort_writes,
            entities: self.0.status().into_iter().map(reported).collect(),
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

    /// Ends what the harness does, before the process ends: lets no write in any more (they wait),
    /// and waits until those under way have ended and nothing is dirty. With
    /// [`remember`](crate::HarnessBuilder::remember) the next start goes on with the stores that
    /// were complete; without this call, or when it returns false, it finds them incomplete
    /// ([`Incomplete::UncleanStop`](crate::Incomplete::UncleanStop)). False when something did not
    /// end in this time: a record with an unknown effect stays dirty for
    /// [`late_effect`](crate::Repairs::late_effect).
    ///
    /// Call it when the service takes no requests any more. There is no way back.
    pub async fn shut_down(&self, limit: Duration) -> bool {
        self.0.shut_down(limit).await
    }

    /// Waits until the sinks have written what they took, at most 2 s. Blocks the thread meanwhile:
    /// on a runtime, call it from `spawn_blocking`.
    pub fn flush(&self) {
        self.0.delivery.measure();
        self.0.delivery.wait(FLUSH);
        self.0.delivery.flush();
    }

    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self(core)
    }

    /// From now on leaves the secondary writes out and transfers the records that each call names: a
    /// method that changes a record which it does not name then leaves the stores different. Entities
    /// without `repair`, and writes with `key = all`, are written as usual. For the test kit.
    #[doc(hidden)]
    pub fn only_transfers(&self) {
        self.0.only_transfers.store(true, Ordering::Relaxed);
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.0
    }
}
