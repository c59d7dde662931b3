//! Phases from a file that is watched.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;

use super::{PhaseSource, Reading, poll};
use crate::phases::Phases;

/// Phases from a JSON file, read again five times a second:
/// `{"user": "shadow-read@5", "*": "mysql-only"}`.
///
/// Write it under another name and rename it, so that no process reads half of it; half a file is
/// refused as garbage, and the last accepted phases stay.
#[derive(Clone, Debug)]
pub struct WatchedFile {
    path: PathBuf,
    every: Duration,
}

impl WatchedFile {
    /// The file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            every: Duration::from_millis(200),
        }
    }

    /// Sets how often it is read.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }
}

impl PhaseSource for WatchedFile {
    fn name(&self) -> String {
        format!("file {}", self.path.display())
    }

    fn watch(self: Box<Self>) -> watch::Receiver<Reading> {
        let read = |text: std::io::Result<String>| {
            text.map_err(|error| error.to_string())
                .and_then(|text| Phases::from_json(&text))
        };
        let first = read(std::fs::read_to_string(&self.path));
        let path = self.path;
        poll(self.every, first, move || {
            let path = path.clone();
            Box::pin(async move { read(tokio::fs::read_to_string(path).await) })
        })
    }
}
