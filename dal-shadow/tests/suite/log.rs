//! What the log says.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Level, Subscriber};

/// What this thread traces goes to this subscriber, until the guard is dropped.
pub fn here(subscriber: impl Subscriber + Send + Sync) -> DefaultGuard {
    /// As long as there is one subscriber alone, a thread without one that comes first to a place
    /// switches it off for all.
    static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
    ANOTHER.get_or_init(|| Dispatch::new(NoSubscriber::default()));
    tracing::subscriber::set_default(subscriber)
}

/// The log of this thread, as text. Only of a runtime with one thread it holds everything.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// What is logged from now on, at this level and above, until the guard is dropped.
    pub fn from(level: Level) -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, here(subscriber))
    }

    /// The warnings and errors from now on.
    pub fn warnings() -> (Self, DefaultGuard) {
        Self::from(Level::WARN)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// How often this is said.
    pub fn times(&self, text: &str) -> usize {
        self.text().matches(text).count()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
