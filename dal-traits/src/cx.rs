//! The context of one operation: who asks, until when, and what time it is.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A source of wall-clock time, so that tests can set it.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> SystemTime;
}

/// The system's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where dal asks the system for the time"
    )]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// The context of one operation. Cheap to clone.
#[derive(Clone)]
pub struct OpCx(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    correlation_id: Arc<str>,
    deadline: Option<Instant>,
    token: Option<Arc<str>>,
    clock: Arc<dyn Clock>,
}

tokio::task_local! {
    static CURRENT: OpCx;
}

impl OpCx {
    /// A context with a fresh correlation id, no deadline, no token and the system's clock.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            correlation_id: fresh_id(),
            deadline: None,
            token: None,
            clock: Arc::new(SystemClock),
        }))
    }

    /// The context of the call that this task is in (see [`OpCx::scope`]), else a new one.
    pub fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or_default()
    }

    /// Runs `future` with this context as the current one.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// The id that spans and reports of one call share on both stores.
    pub fn correlation_id(&self) -> &str {
        &self.0.correlation_id
    }

    /// When the result is no longer of use. Retries stop there, and so does a pause before one.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// Whether the deadline comes before `pause` is over.
    pub fn ends_within(&self, pause: Duration) -> bool {
        self.deadline()
            .is_some_and(|deadline| Instant::now() + pause >= deadline)
    }

    /// The idempotency token: the same token, the same effect, once.
    pub fn token(&self) -> Option<&str> {
        self.0.token.as_deref()
    }

    /// The wall-clock time, from this context's clock.
    pub fn now(&self) -> SystemTime {
        self.0.clock.now()
    }

    /// Sets the correlation id, for instance from an incoming request.
    #[must_use]
    pub fn with_correlation_id(self, id: impl Into<Arc<str>>) -> Self {
        self.change(|inner| inner.correlation_id = id.into())
    }

    /// Sets the absolute deadline; an earlier one that is set already stays.
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        self.change(|inner| {
            inner.deadline = Some(inner.deadline.map_or(deadline, |old| old.min(deadline)));
        })
    }

    /// Sets the idempotency token.
    #[must_use]
    pub fn with_token(self, token: impl Into<Arc<str>>) -> Self {
        self.change(|inner| inner.token = Some(token.into()))
    }

    /// Sets the clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        self.change(|inner| inner.clock = clock)
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Default for OpCx {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for OpCx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpCx")
            .field("correlation_id", &self.0.correlation_id)
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}

/// Sixteen random hexadecimal digits of the process, then a count: unique, cheap, readable.
fn fresh_id() -> Arc<str> {
    static PROCESS: std::sync::LazyLock<u64> = std::sync::LazyLock::new(|| fastrand::u64(..));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    Arc::from(format!("{:016x}-{count:x}", *PROCESS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_scope_is_seen_inside_and_gone_outside() {
        let cx = OpCx::new().with_correlation_id("abc");
        let inside = cx
            .scope(async { OpCx::current().correlation_id().to_owned() })
            .await;
        assert_eq!(inside, "abc");
        assert_ne!(OpCx::current().correlation_id(), "abc");
    }

    #[tokio::test]
    async fn a_later_deadline_does_not_extend_an_earlier_one() {
        let early = Instant::now();
        let late = early + Duration::from_secs(1);
        let cx = OpCx::new().with_deadline(early).with_deadline(late);
        assert_eq!(cx.deadline(), Some(early));
    }
}
