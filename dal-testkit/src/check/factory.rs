//! The factories of the two stores.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::FailureKind;
use super::fault::Fault;
use super::panics::{self, Panic};

/// Makes a store, or says how that panicked.
pub(super) type Factory<S> =
    Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<S>, Panic>> + Send + Sync>;

/// A store of a factory.
pub(super) async fn made<S: ?Sized>(factory: &Factory<S>, engine: &str) -> Result<Arc<S>, Fault> {
    // The factory may panic before it returns its future, too.
    panics::caught(async { factory().await })
        .await
        .flatten()
        .map_err(|panic| {
            let summary = format!("the factory of {engine} {panic}");
            Fault::new(FailureKind::Setup, 0, summary)
        })
}

/// Runs a factory as a task of its own: one that blocks because it starts a server must not stop the
/// connections of the other one.
pub(super) async fn own_task<T: Send + 'static>(
    factory: impl Future<Output = T> + Send + 'static,
) -> Result<T, Panic> {
    match tokio::spawn(panics::caught(factory)).await {
        Ok(made) => made,
        Err(error) => Err(Panic::of(&error)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::own_task;

    #[test]
    fn a_factory_that_blocks_does_not_stop_the_other_one() {
        const BLOCKED: Duration = Duration::from_millis(800);
        let other = crate::servers::runtime().block_on(async {
            let blocking = own_task(async { std::thread::sleep(BLOCKED) });
            let other = own_task(async {
                let began = Instant::now();
                tokio::time::sleep(Duration::from_millis(1)).await;
                began.elapsed()
            });
            futures::join!(blocking, other).1.unwrap()
        });
        assert!(
            other < BLOCKED / 2,
            "the other factory waited for {other:?}"
        );
    }
}
