//! The servers that the tests of one process share, and starting them without blocking a runtime.

use std::sync::OnceLock;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::choose::ServersError;
use super::runtime;

/// The place of one shared server.
pub(super) type Slot<T> = OnceLock<Result<T, ServersError>>;

/// The shared server, started if need be. Blocks its caller for as long as that takes; on a worker
/// of a multi-threaded runtime, the worker's other tasks go on meanwhile.
pub(super) fn get<T: Send + Sync>(
    slot: &'static Slot<T>,
    start: impl FnOnce() -> Result<T, ServersError> + Send + 'static,
) -> Result<&'static T, &'static ServersError> {
    if let Some(started) = slot.get() {
        return started.as_ref();
    }
    let wait = move || {
        let started = std::thread::spawn(move || slot.get_or_init(start)).join();
        started.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    };
    let on_worker = Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    let started = if on_worker {
        tokio::task::block_in_place(wait)
    } else {
        wait()
    };
    started.as_ref()
}

/// The shared server, started if need be on a thread of its own: nothing is blocked.
pub(super) async fn get_async<T: Send + Sync>(
    slot: &'static Slot<T>,
    start: impl FnOnce() -> Result<T, ServersError> + Send + 'static,
) -> Result<&'static T, &'static ServersError> {
    if let Some(started) = slot.get() {
        return started.as_ref();
    }
    let started = runtime::runtime()
        .spawn_blocking(move || slot.get_or_init(start))
        .await;
    match started {
        Ok(started) => started.as_ref(),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// Longer than a task that nothing blocks needs for a millisecond's sleep.
    const START: Duration = Duration::from_millis(800);

    #[expect(clippy::unnecessary_wraps, reason = "as a server starts")]
    fn slow() -> Result<u32, ServersError> {
        std::thread::sleep(START);
        Ok(7)
    }

    async fn slept() -> Duration {
        let began = Instant::now();
        tokio::time::sleep(Duration::from_millis(1)).await;
        began.elapsed()
    }

    fn one_worker() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    }

    #[test]
    fn a_start_inside_one_task_leaves_the_worker_to_the_others() {
        static SLOT: Slot<u32> = OnceLock::new();
        let others = one_worker().block_on(async {
            let starting = tokio::spawn(async { *get(&SLOT, slow).unwrap() });
            tokio::time::sleep(Duration::from_millis(50)).await;
            let others = tokio::spawn(slept()).await.unwrap();
            assert_eq!(starting.await.unwrap(), 7);
            others
        });
        assert!(others < START / 2, "another task waited for {others:?}");
    }

    #[test]
    fn an_awaited_start_does_not_block_its_own_task() {
        static SLOT: Slot<u32> = OnceLock::new();
        let (started, beside) = one_worker().block_on(async {
            tokio::spawn(async { futures::join!(get_async(&SLOT, slow), slept()) })
                .await
                .unwrap()
        });
        assert_eq!(started.copied().ok(), Some(7));
        assert!(beside < START / 2, "the same task waited for {beside:?}");
    }
}
