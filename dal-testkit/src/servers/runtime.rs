//! The runtime that servers, and pools to them, live on.

use std::sync::OnceLock;

use tokio::runtime::Runtime;

/// The one runtime of this process: servers and pools that outlive one test live on it.
///
/// # Panics
/// When the operating system gives no threads.
#[expect(clippy::panic, reason = "without threads no test can run")]
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap_or_else(|error| panic!("cannot start a runtime: {error}"))
    })
}

/// Runs a future on [`runtime`] from any thread, also from inside another runtime.
pub(super) fn block_on<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> Result<T, String> {
    let (give, take) = std::sync::mpsc::channel();
    runtime().spawn(async move {
        let _ = give.send(future.await);
    });
    take.recv().map_err(|_| "the runtime is gone".to_owned())
}

/// Runs a future on [`runtime`], whose connections outlive the caller's own runtime.
pub(crate) async fn on_runtime<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    match runtime().spawn(future).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
