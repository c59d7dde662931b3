//! Where the application's rules and normalizers run: on a thread of their own, one at a time, so
//! that many of them leave the processor to the callers. One that never returns is left behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicIsize, AtomicU8, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::compare::Why;
use crate::harness::spec::MethodSpec;

/// With so many threads left behind, nothing is compared until one of them comes back.
const MOST_STUCK: isize = 4;

type Job = Box<dyn FnOnce() + Send>;

/// Runs comparisons.
#[derive(Debug)]
pub(crate) struct Comparing {
    runtime: Handle,
    timeout: Duration,
    /// One permit: they run one at a time.
    turn: Semaphore,
    /// The thread that takes them; none before the first one, and after one got stuck.
    worker: Mutex<Option<Sender<Job>>>,
    /// Threads that were left behind and have not come back.
    stuck: Arc<AtomicIsize>,
}

const RUNS: u8 = 0;
const ENDED: u8 = 1;
const LEFT: u8 = 2;

impl Comparing {
    pub(crate) fn new(runtime: Handle, timeout: Duration) -> Self {
        Self {
            runtime,
            timeout,
            turn: Semaphore::new(1),
            worker: Mutex::default(),
            stuck: Arc::default(),
        }
    }

    /// Runs `work` for a method, when it is its turn; says why it has no result, when it has none.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        spec: &MethodSpec,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Why> {
        // An error would mean that the semaphore is closed, which it never is.
        let _turn = self.turn.acquire().await;
        if self.stuck.load(Ordering::SeqCst) >= MOST_STUCK {
            return Err(Why::Stuck);
        }
        let (sender, result) = mpsc::channel();
        let (progress, stuck) = (Arc::new(AtomicU8::new(RUNS)), Arc::clone(&self.stuck));
        let seen = Arc::clone(&progress);
        self.give(Box::new(move || {
            let ended = catch_unwind(AssertUnwindSafe(work));
            if seen.swap(ENDED, Ordering::SeqCst) == LEFT {
                stuck.fetch_sub(1, Ordering::SeqCst);
            }
            // Nothing waits for it when it was left behind.
            let _sent = sender.send(ended);
        }))?;
        // On the blocking pool and not by a notification: a test with a paused clock would see its
        // timeouts pass while a foreign thread works.
        let timeout = self.timeout;
        let waiting = self
            .runtime
            .spawn_blocking(move || result.recv_timeout(timeout));
        match waiting.await {
            Ok(Ok(Ok(result))) => Ok(result),
            Ok(Ok(Err(_panic))) => Err(Why::Panicked),
            Ok(Err(RecvTimeoutError::Timeout)) => {
                self.leave(spec, &progress);
                Err(Why::Stuck)
            }
            // The process is shutting down.
            Ok(Err(RecvTimeoutError::Disconnected)) | Err(_) => Err(Why::Abandoned),
        }
    }

    /// Gives the thread something to do; starts it when there is none.
    fn give(&self, job: Job) -> Result<(), Why> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.is_none() {
            *worker = started().ok();
        }
        let given = worker.as_ref().map(|worker| worker.send(job));
        if let Some(Ok(())) = given {
            return Ok(());
        }
        // It could not be started, or has ended.
        *worker = None;
        Err(Why::Abandoned)
    }

    /// The thread does not come back: another one takes what follows.
    fn leave(&self, spec: &MethodSpec, progress: &AtomicU8) {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        *worker = None;
        drop(worker);
        if progress.swap(LEFT, Ordering::SeqCst) == RUNS {
            self.stuck.fetch_add(1, Ordering::SeqCst);
        }
        tracing::error!(
            target: "dal_shadow",
            entity = spec.entity,
            method = spec.method,
            timeout = ?self.timeout,
            stuck = self.stuck.load(Ordering::SeqCst),
            most = MOST_STUCK,
            "a rule, a normalizer or a comparison does not return: its thread is left behind. With the most of them nothing is compared"
        );
    }
}

/// A thread that runs what it is given until nothing gives it anything.
fn started() -> std::io::Result<Sender<Job>> {
    let (sender, jobs) = mpsc::channel::<Job>();
    thread::Builder::new()
        .name("dal-shadow-compare".to_owned())
        .spawn(move || jobs.into_iter().for_each(|job| job()))?;
    Ok(sender)
}
