//! Records as lines of JSON in a file.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::rotation::RotatingFile;
use super::{FileLimits, Sink};
use crate::findings::record::Record;

/// Waiting for the disk ends after this time.
const PATIENCE: Duration = Duration::from_secs(2);

/// Writes findings as lines of JSON. A thread of its own writes; when the disk cannot keep up,
/// lines are dropped and counted.
pub struct JsonLinesSink {
    sender: SyncSender<Message>,
    lost: Arc<Lost>,
}

enum Message {
    Line(String),
    Flush(SyncSender<()>),
}

#[derive(Default)]
struct Lost {
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl JsonLinesSink {
    /// Opens the file for appending and starts the writer.
    ///
    /// # Errors
    /// When the file cannot be opened or the thread cannot be started.
    pub fn open(path: impl Into<PathBuf>, limits: FileLimits) -> io::Result<Self> {
        let file = RotatingFile::open(path.into(), limits)?;
        let (sender, receiver) = sync_channel(limits.lines.max(1));
        let lost = Arc::new(Lost::default());
        let counted = Arc::clone(&lost);
        thread::Builder::new()
            .name("dal-shadow-records".to_owned())
            .spawn(move || write_all(file, &receiver, &counted))?;
        Ok(Self { sender, lost })
    }

    /// Lines dropped because too many were waiting.
    pub fn dropped(&self) -> u64 {
        self.lost.dropped.load(Ordering::Relaxed)
    }

    /// Times the disk refused a line.
    pub fn failed(&self) -> u64 {
        self.lost.failed.load(Ordering::Relaxed)
    }
}

impl Sink for JsonLinesSink {
    fn record(&self, record: &Record) {
        let sent = serde_json::to_string(record)
            .ok()
            .and_then(|line| self.sender.try_send(Message::Line(line)).ok());
        if sent.is_none() {
            self.lost.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn flush(&self) {
        let end = Instant::now() + PATIENCE;
        let (done, wait) = sync_channel(1);
        let mut message = Message::Flush(done);
        while let Err(TrySendError::Full(back)) = self.sender.try_send(message) {
            if Instant::now() >= end {
                return;
            }
            message = back;
            thread::sleep(Duration::from_millis(5));
        }
        // An error means that the time is over or the writer is gone: either way there is nothing
        // left to wait for.
        wait.recv_timeout(end.saturating_duration_since(Instant::now()))
            .unwrap_or_default();
    }
}

impl Drop for JsonLinesSink {
    fn drop(&mut self) {
        self.flush();
    }
}

impl fmt::Debug for JsonLinesSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLinesSink")
            .field("dropped", &self.dropped())
            .field("failed", &self.failed())
            .finish_non_exhaustive()
    }
}

fn write_all(mut file: RotatingFile, receiver: &Receiver<Message>, lost: &Lost) {
    let note = |result: io::Result<()>| {
        if let Err(error) = result
            && lost.failed.fetch_add(1, Ordering::Relaxed) == 0
        {
            tracing::error!(target: "dal_shadow", %error, "records cannot be written");
        }
    };
    loop {
        let message = match receiver.try_recv() {
            Ok(message) => message,
            Err(TryRecvError::Disconnected) => break,
            Err(TryRecvError::Empty) => {
                // Idle: what was written is worth seeing.
                note(file.flush());
                match receiver.recv() {
                    Ok(message) => message,
                    Err(_) => break,
                }
            }
        };
        match message {
            Message::Line(line) => note(file.write_line(&line)),
            Message::Flush(done) => {
                note(file.flush());
                // Who asked may have stopped waiting.
                done.try_send(()).unwrap_or_default();
            }
        }
    }
    note(file.flush());
}
