//! The phases in force, kept in a file for the next start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Phases;

/// A file that holds the phases last accepted.
pub(crate) struct Checkpoint {
    path: PathBuf,
    last: Mutex<Option<Phases>>,
}

impl Checkpoint {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            last: Mutex::default(),
        }
    }

    /// What the file holds; nothing when there is no such file yet.
    ///
    /// # Errors
    /// With the reason, when there is a file and it cannot be read.
    pub(crate) fn recall(&self) -> Result<Option<Phases>, String> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Phases::from_json(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
        .map_err(|reason| format!("{}: {reason}", self.path.display()))
    }

    /// Keeps the phases. A disk that refuses is reported, and does not stop anything.
    pub(crate) fn keep(&self, phases: &Phases) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() == Some(phases) {
            return;
        }
        match write(&self.path, phases) {
            Ok(()) => *last = Some(phases.clone()),
            Err(error) => {
                tracing::error!(target: "dal_shadow", path = %self.path.display(), %error, "the phases in force cannot be remembered");
            }
        }
    }
}

/// Written aside and renamed: a crash leaves the old text or the new one.
fn write(path: &Path, phases: &Phases) -> io::Result<()> {
    let text = serde_json::to_string_pretty(phases)?;
    let mut aside = path.to_path_buf().into_os_string();
    aside.push(".new");
    fs::write(&aside, text)?;
    fs::rename(aside, path)
}
