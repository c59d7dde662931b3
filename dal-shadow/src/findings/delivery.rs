//! Findings and counts on their way to the sinks: a bounded queue, and one thread behind it.
//!
//! Rendering and sinks take time and may panic. Here neither costs a caller, nor a worker of its
//! runtime, anything.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::runtime::Handle;

use super::measure::Measure;
use super::record::{CallOutcome, Finding, Recorder};
use super::sink::Sink;
use crate::compare::Why;

/// So many findings wait; each holds both answers.
const MAX_WAITING: usize = 64;

/// Counts alone are handed on together, so that not every call wakes the thread.
const GATHERED: Duration = Duration::from_millis(20);

/// The sinks get a measurement this often.
const MEASURED: Duration = Duration::from_secs(1);

/// What the sinks did not take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SinkReport {
    /// Findings that no sink got, because too many were waiting. They are counted all the same.
    pub dropped: u64,
    /// Calls of a sink that panicked.
    pub panicked: u64,
}

/// Hands findings and counts to the sinks. Dropped, it ends the thread once all is handed on.
#[derive(Debug)]
pub(crate) struct Delivery(Arc<Shared>);

struct Shared {
    sinks: Vec<Arc<dyn Sink>>,
    recorder: Recorder,
    measure: OnceLock<Measure>,
    queue: Mutex<Queue>,
    /// There is something to do.
    wake: Condvar,
    /// Something was done.
    done: Condvar,
}

type Counted = (&'static str, &'static str, CallOutcome);

#[derive(Default)]
struct Queue {
    findings: VecDeque<Finding>,
    counts: HashMap<Counted, u64>,
    /// Somebody wants a measurement now.
    measure: bool,
    /// Handed in and handed on, findings and batches of counts alike.
    given: u64,
    taken: u64,
    /// Of these, the findings that no sink has yet.
    findings_left: usize,
    waited_for: bool,
    closed: bool,
    report: SinkReport,
}

impl Delivery {
    /// Starts the thread, where there are sinks.
    pub(crate) fn start(sinks: Vec<Arc<dyn Sink>>, recorder: Recorder) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            sinks,
            recorder,
            measure: OnceLock::new(),
            queue: Mutex::default(),
            wake: Condvar::new(),
            done: Condvar::new(),
        });
        if !shared.sinks.is_empty() {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name("dal-shadow-sinks".to_owned())
                .spawn(move || shared.deliver())?;
        }
        Ok(Self(shared))
    }

    /// How the harness is measured, once it has begun.
    pub(crate) fn measured_by(&self, measure: Measure) {
        // It is said once.
        let _said = self.0.measure.set(measure);
    }

    /// Something is new: the sinks get a measurement.
    pub(crate) fn measure(&self) {
        if self.0.sinks.is_empty() {
            return;
        }
        let mut queue = self.0.queue();
        if !queue.measure {
            queue.measure = true;
            queue.given += 1;
            self.0.wake.notify_one();
        }
    }

    /// There is such a method: each outcome of it was counted no times so far, so that a metric
    /// exists before its first call.
    pub(crate) fn announce(&self, entity: &'static str, method: &'static str) {
        for outcome in CallOutcome::WITHOUT_DETAIL {
            self.counted(entity, method, outcome, 0);
        }
        for why in Why::ALL {
            self.counted(entity, method, &CallOutcome::Inconclusive(why), 0);
        }
    }

    /// An eligible call ended like this.
    pub(crate) fn count(&self, entity: &'static str, method: &'static str, outcome: &CallOutcome) {
        self.counted(entity, method, outcome, 1);
    }

    fn counted(
        &self,
        entity: &'static str,
        method: &'static str,
        outcome: &CallOutcome,
        times: u64,
    ) {
        if self.0.sinks.is_empty() {
            return;
        }
        let mut queue = self.0.queue();
        if queue.counts.is_empty() {
            queue.given += 1;
            self.0.wake.notify_one();
        }
        *queue
            .counts
            .entry((entity, method, outcome.clone()))
            .or_default() += times;
    }

    /// A finding for the sinks; dropped and counted when too many wait.
    pub(crate) fn finding(&self, finding: Finding) {
        if self.0.sinks.is_empty() {
            return;
        }
        let mut queue = self.0.queue();
        if queue.findings.len() < MAX_WAITING {
            queue.findings.push_back(finding);
            queue.findings_left += 1;
            queue.given += 1;
            self.0.wake.notify_one();
            return;
        }
        queue.report.dropped += 1;
        if queue.report.dropped.is_power_of_two() {
            let dropped = queue.report.dropped;
            drop(queue);
            tracing::warn!(
                target: "dal_shadow",
                dropped,
                "findings come faster than the sinks take them: some are counted, but not recorded"
            );
        }
    }

    /// Waits until the sinks have what was given so far; false when they have not after `limit`.
    /// Blocks the thread.
    pub(crate) fn wait(&self, limit: Duration) -> bool {
        self.0.wait(limit)
    }

    /// The same, without blocking a worker.
    pub(crate) async fn delivered(&self, runtime: &Handle, limit: Duration) -> bool {
        let shared = Arc::clone(&self.0);
        // On the blocking pool and not by a notification: a test with a paused clock would see its
        // timeouts pass while a foreign thread works.
        let waited = runtime.spawn_blocking(move || shared.wait(limit));
        waited.await.unwrap_or(false)
    }

    /// Whether every finding was handed on.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.queue().findings_left == 0
    }

    /// Waits, for a bounded time, until the sinks have written what they took.
    pub(crate) fn flush(&self) {
        for sink in &self.0.sinks {
            self.0.contained(|| sink.flush());
        }
    }

    pub(crate) fn report(&self) -> SinkReport {
        self.0.queue().report
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.0.queue().closed = true;
        self.0.wake.notify_one();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("sinks", &self.sinks.len())
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, limit: Duration) -> bool {
        let end = Instant::now().checked_add(limit);
        let mut queue = self.queue();
        let given = queue.given;
        while !self.sinks.is_empty() && queue.taken < given {
            queue.waited_for = true;
            self.wake.notify_one();
            let left = end.map_or(limit, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return false;
            }
            queue = self
                .done
                .wait_timeout(queue, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// The thread: hands on what there is until the harness is gone.
    fn deliver(&self) {
        let mut due = Instant::now();
        while let Some((findings, counts, wanted)) = self.next(due) {
            if wanted || Instant::now() >= due {
                due = Instant::now() + MEASURED;
                self.measured();
            }
            for ((entity, method, outcome), times) in &counts {
                for sink in &self.sinks {
                    self.contained(|| sink.count(entity, method, outcome, *times));
                }
            }
            let handed_on = findings.len();
            for finding in findings {
                self.contained(|| self.hand_on(&finding));
            }
            let taken = handed_on + usize::from(!counts.is_empty()) + usize::from(wanted);
            let mut queue = self.queue();
            queue.taken += u64::try_from(taken).unwrap_or(u64::MAX);
            queue.findings_left -= handed_on;
            drop(queue);
            self.done.notify_all();
        }
    }

    /// What is to be handed on next, and whether a measurement is wanted; there may be nothing when
    /// one is `due`. Nothing more when the harness is gone.
    fn next(&self, due: Instant) -> Option<(VecDeque<Finding>, HashMap<Counted, u64>, bool)> {
        let mut queue = self.queue();
        let mut gathered = false;
        loop {
            let counts_alone = queue.findings.is_empty() && !queue.counts.is_empty();
            let at_once = queue.closed || queue.waited_for;
            if counts_alone && !gathered && !at_once {
                gathered = true;
                queue = self
                    .wake
                    .wait_timeout(queue, GATHERED)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
                continue;
            }
            let nothing = queue.findings.is_empty() && queue.counts.is_empty() && !queue.measure;
            if nothing && queue.closed {
                return None;
            }
            let left = due.saturating_duration_since(Instant::now());
            if !nothing || left.is_zero() {
                queue.waited_for = false;
                return Some((
                    std::mem::take(&mut queue.findings),
                    std::mem::take(&mut queue.counts),
                    std::mem::take(&mut queue.measure),
                ));
            }
            queue = self
                .wake
                .wait_timeout(queue, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn measured(&self) {
        let Some(measure) = self.measure.get() else {
            return;
        };
        let now = measure();
        if !now.is_empty() {
            for sink in &self.sinks {
                self.contained(|| sink.measured(&now));
            }
        }
    }

    fn hand_on(&self, finding: &Finding) {
        let again = self.recorder.repetition(finding);
        let mut record = None;
        for sink in &self.sinks {
            let unredacted = sink.wants_values();
            if !unredacted && !again.seen.is_news() {
                self.contained(|| sink.repeated(&again));
                continue;
            }
            let record = record.get_or_insert_with(|| self.recorder.render(finding, &again));
            self.contained(|| {
                if unredacted {
                    sink.record_unredacted(record, finding);
                } else {
                    sink.record(record);
                }
            });
        }
    }

    /// Runs a sink where its panic ends nothing.
    fn contained(&self, run: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(run)).is_ok() {
            return;
        }
        let panicked = {
            let mut queue = self.queue();
            queue.report.panicked += 1;
            queue.report.panicked
        };
        if panicked.is_power_of_two() {
            tracing::error!(target: "dal_shadow", panicked, "a sink panicked: what it was given is lost to it");
        }
    }
}
