//! The phases in force, kept in a file for the next start.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Phases;

/// A file that holds the phases last accepted. After a clean stop it also holds which stores were
/// complete.
pub(crate) struct Checkpoint {
    path: PathBuf,
    last: Mutex<Option<Phases>>,
}

/// What was in force when the process ended the last time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remembered {
    pub(crate) phases: Phases,
    /// The names of the stores that held every record, by entity; none unless the stop was clean.
    pub(crate) complete: BTreeMap<String, Vec<String>>,
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
    pub(crate) fn recall(&self) -> Result<Option<Remembered>, String> {
        match fs::read_to_string(&self.path) {
            Ok(text) => read(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
        .map_err(|reason| format!("{}: {reason}", self.path.display()))
    }

    /// Keeps the phases in force, which are looked up under the lock of the file, so that an older
    /// state never follows a newer one. A disk that refuses is reported, and does not stop anything;
    /// false then.
    pub(crate) fn keep(&self, in_force: impl FnOnce() -> Phases) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let phases = in_force();
        if last.as_ref() == Some(&phases) {
            return true;
        }
        let kept = self.written(&phases);
        if kept {
            *last = Some(phases);
        }
        kept
    }

    /// Keeps what a clean stop leaves behind; false when the disk refuses.
    pub(crate) fn close(&self, left: &Remembered) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // The same phases are not written over it.
        *last = Some(left.phases.clone());
        self.written(left)
    }

    fn written(&self, value: &impl Serialize) -> bool {
        let written = write(&self.path, value);
        if let Err(error) = &written {
            tracing::error!(target: "dal_shadow", path = %self.path.display(), %error, "the phases in force cannot be remembered");
        }
        written.is_ok()
    }
}

impl Phases {
    /// Reads the file of [`HarnessBuilder::remember`](crate::HarnessBuilder::remember).
    ///
    /// # Errors
    /// With place and reason, when the text is anything else.
    pub fn from_remembered(text: &str) -> Result<Self, String> {
        Ok(read(text)?.phases)
    }
}

fn read(text: &str) -> Result<Remembered, String> {
    if let Ok(remembered) = serde_json::from_str::<Remembered>(text) {
        return Ok(remembered);
    }
    let phases = Phases::from_json(text)?;
    let complete = BTreeMap::new();
    Ok(Remembered { phases, complete })
}

/// Written aside and renamed, file and folder to the disk: a crash leaves the old text or the new
/// one, and what was written before it is not back after it.
fn write(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    let mut aside = path.to_path_buf().into_os_string();
    aside.push(".new");
    let mut file = File::create(&aside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(aside, path)?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
