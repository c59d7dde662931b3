//! What of the caller's task goes along with work that is done on another one.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::oneshot;

type Wrap = Arc<dyn Fn(BoxFuture<'static, ()>) -> BoxFuture<'static, ()> + Send + Sync>;

/// Runs a future inside of what was captured on the caller's task: task-locals such as a tenant.
#[derive(Clone)]
pub struct Carrier(Wrap);

impl Carrier {
    /// A carrier that wraps each future.
    pub fn new(
        wrap: impl Fn(BoxFuture<'static, ()>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(wrap))
    }

    pub(crate) fn carry(&self, future: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        (self.0)(future)
    }

    /// The same for a future with a value; `otherwise` when the wrapper loses it.
    pub(crate) fn carry_value<T: Send + 'static>(
        &self,
        future: BoxFuture<'static, T>,
        otherwise: T,
    ) -> BoxFuture<'static, T> {
        let (sender, value) = oneshot::channel();
        let carried = self.carry(Box::pin(async move {
            // Nothing waits for the value any more when the task was given up.
            let _sent = sender.send(future.await);
        }));
        Box::pin(async move {
            carried.await;
            value.await.unwrap_or(otherwise)
        })
    }
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier")
    }
}

/// Captures what goes along; called on the caller's task.
pub(crate) type Capture = Arc<dyn Fn() -> Carrier + Send + Sync>;
