//! One server for all processes of a run: of the test binaries of one `cargo test`, or of the one
//! process for each test that nextest starts.
//!
//! A run is the children of one process. Its folder in the cache has, for each kind of server, a
//! lock and the place of the server's own folder, with a named pipe that every user keeps open.
//!
//! | process of the run | supervisor of the server |
//! |---|---|
//! | J1 opens the pipe and writes a line | S1 waits until no process has the pipe open |
//! | J2 reads `published`; none: not this server | S2 lingers; a line has come: S1 |
//! | J3 uses the server until it ends | S3 removes `published` |
//! | | S4 waits as S1 does, then kills the server |
//!
//! J2 after S3 finds nothing. J2 before S3 means J1 before S4, which waits: no server is killed in
//! use. A server is published when it is ready, so that one whose starter is killed ends at once.
//! The lock is of those who join or start; a process that is killed gives it back, and the pipe.
//! A supervisor holds a lock on the pipe: what a crash has left is not believed.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::place;
use super::process::Process;
use super::supervise::{Lifeline, Supervised};

/// While one of these lives, more processes of its run may come.
const RUNNERS: [&str; 2] = ["cargo", "cargo-nextest"];

/// What the processes of a run tell each other about a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Published {
    /// Its URL.
    pub(super) address: String,
    pub(super) version: String,
}

/// The right to join or to start the server of one kind, for one process of a run at a time.
#[derive(Debug)]
pub(super) struct Turn {
    parent: Process,
    /// Names the folder of the server.
    place: PathBuf,
    _lock: File,
}

/// What a server lives by.
#[derive(Debug)]
pub(super) enum Alive {
    /// It goes on without us: it was given, or is part of this process.
    Elsewhere,
    /// Its drop stops the server.
    Process(#[expect(dead_code, reason = "held")] Supervised),
    /// It lives as long as a process of the run holds one.
    Run(#[expect(dead_code, reason = "held")] Lifeline),
}

impl Turn {
    /// Waits for the turn of this process; none where processes cannot share a server.
    pub(super) fn take(what: &str) -> Option<Self> {
        // What a run is, is read from Linux's /proc.
        let parent = Process::parent()?;
        // A run that must use one kind of server does not use the other one.
        let only = std::env::var("DAL_SERVERS").unwrap_or_default();
        let what = match only.as_str() {
            "local" | "containers" => format!("{what}-{only}"),
            _ => what.to_owned(),
        };
        Self::of(&place::cache().ok()?.join("runs"), parent, &what).ok()
    }

    fn of(runs: &Path, parent: Process, what: &str) -> io::Result<Self> {
        let folder = runs.join(parent.key());
        if !folder.is_dir() {
            fs::create_dir_all(&folder)?;
            remove_ended(runs);
        }
        let lock = File::create(folder.join(format!("{what}.lock")))?;
        lock.lock()?;
        Ok(Self {
            parent,
            place: folder.join(what),
            _lock: lock,
        })
    }

    /// The server that another process of the run has started, and what keeps it alive.
    pub(super) fn found(&self) -> Option<(Published, Lifeline)> {
        let folder = PathBuf::from(fs::read_to_string(&self.place).ok()?);
        let pipe = Lifeline::open(&folder).ok()?;
        if !matches!(pipe.try_lock(), Err(TryLockError::WouldBlock)) {
            return None;
        }
        (&pipe).write_all(b"\n").ok()?;
        let published = fs::read(folder.join(Lifeline::PUBLISHED)).ok()?;
        let published = serde_json::from_slice(&published).ok()?;
        Some((published, Lifeline::Named(pipe)))
    }

    /// From now on the other processes of the run find the server.
    fn publish(&self, folder: &Path, published: &Published) -> io::Result<()> {
        let name = folder.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
        fs::write(&self.place, name)?;
        let half = folder.join("half");
        fs::write(&half, serde_json::to_vec(published)?)?;
        fs::rename(half, folder.join(Lifeline::PUBLISHED))
    }

    /// What the supervisor must know: the run's process, its start, and whether it is a runner.
    pub(super) fn run(&self) -> [String; 3] {
        let is_runner = RUNNERS.contains(&self.parent.name.as_str());
        [
            self.parent.id.to_string(),
            self.parent.start.to_string(),
            if is_runner { "runner" } else { "" }.to_owned(),
        ]
    }
}

impl Alive {
    /// A server that is ready, and was started for the run whose turn it is, or for this process.
    pub(super) fn of(process: Supervised, turn: Option<&Turn>, published: &Published) -> Self {
        match turn {
            // One that cannot be published ends with this process.
            Some(turn) if turn.publish(process.folder(), published).is_ok() => {
                process.release().map_or(Self::Elsewhere, Self::Run)
            }
            _ => Self::Process(process),
        }
    }
}

/// Removes the folders of runs that have ended.
fn remove_ended(runs: &Path) {
    for entry in fs::read_dir(runs).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let has_ended = name.to_str().is_some_and(Process::has_ended);
        if has_ended {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod interleavings;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
