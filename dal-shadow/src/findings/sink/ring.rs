//! The latest findings, in memory.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::Sink;
use crate::findings::record::{Finding, Record, Repetition};
use crate::tree::Difference;
use crate::tree::answer::Answer;

/// Keeps the latest findings in memory, for an admin page and for tests. Clones share them.
#[derive(Clone)]
pub struct RingSink {
    capacity: usize,
    unredacted: bool,
    kept: Arc<Mutex<VecDeque<Kept>>>,
}

struct Kept {
    record: Record,
    raw: Option<Raw>,
}

/// A finding with its values.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Its record.
    pub record: Record,
    /// Where the answers differ.
    pub differences: Vec<Difference>,
    /// The primary's answer and the secondary's.
    pub answers: Option<(Answer, Answer)>,
}

impl RingSink {
    /// Keeps `capacity` findings, at least one; the oldest gives way. Of a finding that was made
    /// several times the latest record is kept, with the count.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            unredacted: false,
            kept: Arc::default(),
        }
    }

    /// Keeps every finding by itself, with its values: for tests, never for a service.
    #[must_use]
    pub fn unredacted(mut self) -> Self {
        self.unredacted = true;
        self
    }

    /// The records, the latest last.
    pub fn records(&self) -> Vec<Record> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|kept| kept.record.clone()).collect()
    }

    /// The findings with their values, the latest last; none unless built
    /// [`unredacted`](Self::unredacted).
    pub fn raw(&self) -> Vec<Raw> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().filter_map(|kept| kept.raw.clone()).collect()
    }

    /// Forgets all findings.
    pub fn clear(&self) {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn keep(&self, record: &Record, raw: Option<Raw>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.unredacted {
            kept.retain(|kept| kept.record.fingerprint != record.fingerprint);
        }
        if kept.len() >= self.capacity {
            kept.pop_front();
        }
        kept.push_back(Kept {
            record: record.clone(),
            raw,
        });
    }
}

impl fmt::Debug for RingSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.records()).finish()
    }
}

impl Sink for RingSink {
    fn record(&self, record: &Record) {
        self.keep(record, None);
    }

    fn repeated(&self, again: &Repetition) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept
            .iter()
            .position(|kept| kept.record.fingerprint == again.fingerprint);
        if let Some(mut same) = place.and_then(|place| kept.remove(place)) {
            same.record.seen = again.seen;
            kept.push_back(same);
        }
    }

    fn wants_values(&self) -> bool {
        self.unredacted
    }

    fn record_unredacted(&self, record: &Record, finding: &Finding) {
        let raw = self.unredacted.then(|| Raw {
            record: record.clone(),
            differences: finding.differences.clone(),
            answers: finding.answers.clone(),
        });
        self.keep(record, raw);
    }
}
