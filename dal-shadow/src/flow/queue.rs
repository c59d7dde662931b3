//! Second writes, in an order that nobody can tell from the first store's.
//!
//! A write that began after another one had ended may depend on it, whatever record it is of: it
//! waits until that one is in the second store as well. Writes that overlapped cannot depend on each
//! other; they go at the same time, unless they are of the same record.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// A moment in the order of second writes: everything up to it had ended on the first store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

/// The record that a write is of: entity and key hash, where there is one.
pub(crate) type Record = Option<(&'static str, u64)>;

pub(crate) type Work = Box<dyn FnOnce(Ticket) -> BoxFuture<'static, ()> + Send>;

/// The queue of one harness.
pub(crate) struct Queue {
    state: Mutex<State>,
    ended: Notify,
    runtime: Handle,
    limit: usize,
    at_once: usize,
}

#[derive(Default)]
struct State {
    newest: u64,
    /// Not ended yet, running or waiting.
    active: BTreeSet<u64>,
    /// Waiting, by the number that must have ended before.
    waiting: BTreeMap<(u64, u64), Waiting>,
    running: usize,
    /// Somebody is starting what may run.
    starting: bool,
    newest_of: HashMap<(&'static str, u64), u64>,
}

impl State {
    /// Takes the writes that may run now.
    fn ready(&mut self, at_once: usize) -> Vec<(u64, Waiting)> {
        let mut ready = Vec::new();
        let lowest = self.active.first().copied().unwrap_or(u64::MAX);
        while self.running < at_once
            && let Some(next) = self.waiting.first_entry()
            && next.key().0 < lowest
        {
            let (_, number) = *next.key();
            ready.push((number, next.remove()));
            self.running += 1;
        }
        ready
    }
}

struct Waiting {
    record: Record,
    work: Work,
}

/// A write that is running; it has ended when this is dropped.
pub(crate) struct Ticket {
    queue: Arc<Queue>,
    number: u64,
    record: Record,
}

impl Queue {
    /// At most `limit` writes that have not ended, `at_once` of them running.
    pub(crate) fn new(runtime: Handle, limit: usize, at_once: usize) -> Self {
        Self {
            state: Mutex::default(),
            ended: Notify::new(),
            runtime,
            limit,
            at_once: at_once.max(1),
        }
    }

    /// Now: before the first store is asked.
    pub(crate) fn now(&self) -> Moment {
        Moment(self.state().newest)
    }

    /// Takes the second half of a write that began at `begun` and has ended on the first store.
    ///
    /// # Errors
    /// Gives the write back when the queue is full.
    pub(crate) fn submit<T>(
        self: &Arc<Self>,
        begun: Moment,
        record: Record,
        write: T,
        work: impl FnOnce(T) -> Work,
    ) -> Result<(), T> {
        let mut state = self.state();
        if state.active.len() >= self.limit {
            return Err(write);
        }
        let work = work(write);
        state.newest += 1;
        let number = state.newest;
        state.active.insert(number);
        let same = record.and_then(|record| state.newest_of.insert(record, number));
        let after = begun.0.max(same.unwrap_or(0));
        state
            .waiting
            .insert((after, number), Waiting { record, work });
        self.start(state);
        Ok(())
    }

    #[cfg(test)]
    fn pending(&self) -> usize {
        self.state().active.len()
    }

    /// Waits until everything that was taken so far has ended.
    pub(crate) async fn settled(&self) {
        let newest = self.state().newest;
        self.ended_before(newest + 1).await;
    }

    async fn ended_before(&self, number: u64) {
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            ended.as_mut().enable();
            if self.state().active.range(..number).next().is_none() {
                return;
            }
            ended.await;
        }
    }

    /// Starts what may run. Unlocks first: a runtime that is shutting down drops the work at once,
    /// and with it the ticket, which comes back here and finds that somebody is starting already.
    fn start<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State>) {
        if state.starting {
            return;
        }
        state.starting = true;
        loop {
            let ready = state.ready(self.at_once);
            if ready.is_empty() {
                state.starting = false;
                return;
            }
            drop(state);
            for (number, Waiting { record, work }) in ready {
                self.runtime.spawn(work(Ticket {
                    queue: Arc::clone(self),
                    number,
                    record,
                }));
            }
            state = self.state();
        }
    }

    /// One of those that run waits.
    fn rest(self: &Arc<Self>) {
        let mut state = self.state();
        state.running = state.running.saturating_sub(1);
        self.start(state);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Whether something that was taken earlier has not ended yet: it overlapped with this write.
    pub(crate) fn overlaps(&self) -> bool {
        let state = self.queue.state();
        state.active.range(..self.number).next().is_some()
    }

    /// Waits until everything that was taken earlier has ended. Others run meanwhile.
    pub(crate) async fn last(&self) {
        let queue = &self.queue;
        queue.rest();
        let _back = Back(queue);
        queue.ended_before(self.number).await;
    }
}

/// Counts the write as running again, also when its task ends while it waits.
struct Back<'a>(&'a Queue);

impl Drop for Back<'_> {
    fn drop(&mut self) {
        self.0.state().running += 1;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.active.remove(&self.number);
        state.running = state.running.saturating_sub(1);
        if let Some(record) = self.record
            && state.newest_of.get(&record) == Some(&self.number)
        {
            state.newest_of.remove(&record);
        }
        self.queue.start(state);
        self.queue.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    type Log = Arc<Mutex<Vec<&'static str>>>;

    fn queue(limit: usize, at_once: usize) -> Arc<Queue> {
        Arc::new(Queue::new(Handle::current(), limit, at_once))
    }

    fn work(log: &Log, name: &'static str, millis: u64) -> Work {
        let log = Arc::clone(log);
        Box::new(move |ticket| {
            Box::pin(async move {
                log.lock().unwrap().push(name);
                tokio::time::sleep(Duration::from_millis(millis)).await;
                log.lock().unwrap().push("end");
                drop(ticket);
            })
        })
    }

    fn submit(queue: &Arc<Queue>, begun: Moment, record: Record, work: Work) -> Result<(), ()> {
        queue
            .submit(begun, record, work, |work| work)
            .map_err(|_| ())
    }

    fn names(log: &Log) -> Vec<&'static str> {
        log.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn a_write_that_began_after_another_had_ended_waits_for_it() {
        let (queue, log) = (queue(9, 9), Log::default());
        let begun = queue.now();
        submit(&queue, begun, None, work(&log, "a", 20)).unwrap();
        let begun = queue.now();
        submit(&queue, begun, None, work(&log, "b", 0)).unwrap();
        queue.settled().await;
        assert_eq!(names(&log), ["a", "end", "b", "end"]);
        assert_eq!(queue.pending(), 0);
    }

    #[tokio::test]
    async fn writes_that_overlapped_go_at_once_unless_they_are_of_one_record() {
        let (queue, log) = (queue(9, 9), Log::default());
        let begun = queue.now();
        submit(&queue, begun, Some(("user", 1)), work(&log, "a", 20)).unwrap();
        submit(&queue, begun, Some(("user", 1)), work(&log, "b", 0)).unwrap();
        submit(&queue, begun, Some(("user", 2)), work(&log, "c", 40)).unwrap();
        queue.settled().await;
        assert_eq!(names(&log), ["a", "c", "end", "b", "end", "end"]);
    }

    #[tokio::test]
    async fn the_queue_is_bounded_and_so_is_what_runs() {
        let (queue, log) = (queue(2, 1), Log::default());
        let begun = queue.now();
        submit(&queue, begun, None, work(&log, "a", 10)).unwrap();
        submit(&queue, begun, None, work(&log, "b", 0)).unwrap();
        assert!(submit(&queue, begun, None, work(&log, "c", 0)).is_err());
        queue.settled().await;
        assert_eq!(names(&log), ["a", "end", "b", "end"]);
    }

    #[tokio::test]
    async fn a_write_can_wait_for_those_that_it_overlapped_with_even_when_nothing_else_could_run() {
        let (queue, log) = (queue(9, 1), Log::default());
        let begun = queue.now();
        submit(&queue, begun, Some(("user", 1)), work(&log, "a", 5)).unwrap();
        submit(&queue, begun, Some(("user", 1)), work(&log, "b", 5)).unwrap();
        let seen = Arc::clone(&log);
        let patient: Work = Box::new(move |ticket| {
            Box::pin(async move {
                assert!(ticket.overlaps());
                ticket.last().await;
                assert!(!ticket.overlaps());
                seen.lock().unwrap().push("patient");
            })
        });
        submit(&queue, begun, None, patient).unwrap();
        queue.settled().await;
        assert_eq!(names(&log), ["a", "end", "b", "end", "patient"]);
    }

    #[test]
    fn a_runtime_that_ends_with_a_full_queue_ends() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let queue = Arc::new(Queue::new(runtime.handle().clone(), 100_000, 1));
        let begun = queue.now();
        for _ in 0..100_000 {
            let hung: Work = Box::new(|ticket| {
                Box::pin(async move {
                    let _ticket = ticket;
                    std::future::pending::<()>().await;
                })
            });
            submit(&queue, begun, None, hung).unwrap();
        }
        drop(runtime);
        assert_eq!(queue.pending(), 0);
    }

    #[tokio::test]
    async fn work_that_panics_or_is_dropped_at_once_has_ended() {
        let queue = queue(9, 1);
        let begun = queue.now();
        let broken: Work = Box::new(|ticket| {
            Box::pin(async move {
                let _ticket = ticket;
                panic!("planted")
            })
        });
        submit(&queue, begun, None, broken).unwrap();
        let dropped: Work = Box::new(|ticket| {
            drop(ticket);
            Box::pin(std::future::ready(()))
        });
        submit(&queue, begun, None, dropped).unwrap();
        queue.settled().await;
        assert_eq!(queue.pending(), 0);
    }
}
