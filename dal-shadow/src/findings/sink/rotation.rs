//! A file of bounded size with a bounded number of predecessors.
//!
//! Why not a crate: `tracing-appender` rotates by time alone; `file-rotate` cuts a line in two at the
//! limit or lets a file exceed it, panics where a folder cannot be made, and loses lines without an
//! error while its file cannot be opened. Each of these breaks a promise of `JsonLinesSink`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// How much a file sink may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// The size in bytes at which a file is put aside. A single longer line makes it longer.
    pub bytes: u64,
    /// How many files that were put aside are kept: `name.1` is the latest.
    pub files: usize,
    /// How many lines wait for the disk before further ones are dropped and counted.
    pub lines: usize,
}

impl Default for FileLimits {
    /// 16 MiB, 4 files put aside, 1024 lines.
    fn default() -> Self {
        Self {
            bytes: 16 * 1024 * 1024,
            files: 4,
            lines: 1024,
        }
    }
}

pub(super) struct RotatingFile {
    path: PathBuf,
    limits: FileLimits,
    file: BufWriter<File>,
    size: u64,
}

impl RotatingFile {
    /// Opens the file for appending.
    pub(super) fn open(path: PathBuf, limits: FileLimits) -> io::Result<Self> {
        let (file, size) = append_to(&path)?;
        Ok(Self {
            path,
            limits,
            file,
            size,
        })
    }

    pub(super) fn write_line(&mut self, line: &str) -> io::Result<()> {
        let length = u64::try_from(line.len())
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        if self.size > 0 && self.size.saturating_add(length) > self.limits.bytes {
            self.rotate()?;
        }
        self.file.write_all(line.as_bytes())?;
        self.file.write_all(b"\n")?;
        self.size = self.size.saturating_add(length);
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file.flush()?;
        for number in (1..self.limits.files).rev() {
            moved(&self.aside(number), &self.aside(number + 1))?;
        }
        if self.limits.files == 0 {
            fs::remove_file(&self.path)?;
        } else {
            moved(&self.path, &self.aside(1))?;
        }
        (self.file, self.size) = append_to(&self.path)?;
        Ok(())
    }

    fn aside(&self, number: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

fn append_to(path: &Path) -> io::Result<(BufWriter<File>, u64)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let size = file.metadata()?.len();
    Ok((BufWriter::new(file), size))
}

fn moved(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
