//! What is kept of a finding: nothing in it is an unredacted value.

mod fingerprint;

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::ser::{Serialize, SerializeStruct, Serializer};

pub use crate::compare::{CallOutcome, Share};
use fingerprint::Known;
pub use fingerprint::{Fingerprint, Seen};

use crate::compare::{MAX_DIFFERENCES, render};
use crate::findings::redact::Redaction;
use crate::tree::Difference;
use crate::tree::answer::Answer;

/// At most so many characters of a correlation id are kept.
const MAX_CORRELATION_ID: usize = 128;

/// A call whose outcome is worth a record, with the answers as they were.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// The entity.
    pub entity: &'static str,
    /// The method.
    pub method: &'static str,
    /// The phase that was in force.
    pub phase: &'static str,
    /// The phase's epoch, where its source counts them.
    pub epoch: Option<u64>,
    /// The store that answered the caller.
    pub answered_by: &'static str,
    /// The sampling hash of the record's key.
    pub key_hash: Option<u64>,
    /// How the call ended.
    pub outcome: CallOutcome,
    /// Where the answers differ.
    pub differences: &'a [Difference],
    /// The answering store's answer and the other's, where both are there.
    pub answers: Option<(&'a Answer, &'a Answer)>,
    /// The id of the caller's operation.
    pub correlation_id: &'a str,
    /// When.
    pub at: SystemTime,
}

/// What is kept of a finding. Redacted: see [`Redaction`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The entity.
    pub entity: &'static str,
    /// The method.
    pub method: &'static str,
    /// The phase that was in force.
    pub phase: &'static str,
    /// The phase's epoch, where its source counts them.
    pub epoch: Option<u64>,
    /// The store that answered the caller.
    pub answered_by: &'static str,
    /// A hash of the record's key, comparable within one process only.
    pub key_hash: Option<u64>,
    /// How the call ended.
    pub outcome: CallOutcome,
    /// Where the answers differ.
    pub differences: Vec<RecordedDifference>,
    /// Both answers as lines of text, the differing ones marked `-` (answering store) and `+`.
    pub diff: String,
    /// The same for the same defect.
    pub fingerprint: Fingerprint,
    /// How often, first and last.
    pub seen: Seen,
    /// The id of the caller's operation.
    pub correlation_id: String,
}

/// A differing place, redacted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RecordedDifference {
    /// Where: `items[3].email`.
    pub path: String,
    /// Where, without indices and keys: `items[].email`.
    pub shape: String,
    /// What the answering store has there.
    pub first: Option<String>,
    /// What the other store has there.
    pub second: Option<String>,
}

/// Makes records of findings: redacts them and counts their repetitions.
#[derive(Debug, Default)]
pub struct Recorder {
    redaction: Redaction,
    known: Mutex<Known>,
}

impl Recorder {
    /// A recorder that lets through what `redaction` allows.
    pub fn new(redaction: Redaction) -> Self {
        Self {
            redaction,
            known: Mutex::default(),
        }
    }

    /// The finding's record.
    pub fn record(&self, finding: &Finding<'_>) -> Record {
        let fingerprint = Fingerprint::of(finding);
        let seen = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .note(fingerprint, finding.at);
        let entity = finding.entity;
        let (redaction, differences) = (&self.redaction, finding.differences);
        Record {
            entity,
            method: finding.method,
            phase: finding.phase,
            epoch: finding.epoch,
            answered_by: finding.answered_by,
            key_hash: finding.key_hash.map(|hash| redaction.key(hash)),
            outcome: finding.outcome.clone(),
            differences: differences
                .iter()
                .take(MAX_DIFFERENCES)
                .map(|difference| self.difference(entity, difference))
                .collect(),
            diff: finding.answers.map_or_else(String::new, |(first, second)| {
                let first = redaction.answer(entity, first);
                render::trees(&first, &redaction.answer(entity, second))
            }),
            fingerprint,
            seen,
            correlation_id: finding
                .correlation_id
                .chars()
                .take(MAX_CORRELATION_ID)
                .collect(),
        }
    }

    fn difference(&self, entity: &str, difference: &Difference) -> RecordedDifference {
        let path = &difference.path;
        let side = |tree: &Option<_>| {
            tree.as_ref()
                .map(|tree| self.redaction.tree(entity, path, tree).to_string())
        };
        RecordedDifference {
            path: self.redaction.path(entity, path),
            shape: path.shape(),
            first: side(&difference.first),
            second: side(&difference.second),
        }
    }
}

/// Hashes are hexadecimal texts, times are milliseconds since 1970.
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Record", 15)?;
        fields.serialize_field("entity", self.entity)?;
        fields.serialize_field("method", self.method)?;
        fields.serialize_field("phase", self.phase)?;
        fields.serialize_field("epoch", &self.epoch)?;
        fields.serialize_field("answered_by", self.answered_by)?;
        fields.serialize_field(
            "key_hash",
            &self.key_hash.map(|hash| format!("{hash:016x}")),
        )?;
        fields.serialize_field("outcome", self.outcome.as_str())?;
        fields.serialize_field("detail", &self.outcome.detail())?;
        fields.serialize_field("differences", &self.differences)?;
        fields.serialize_field("diff", &self.diff)?;
        fields.serialize_field("fingerprint", &self.fingerprint.to_string())?;
        fields.serialize_field("count", &self.seen.count)?;
        fields.serialize_field("first_seen_ms", &milliseconds(self.seen.first))?;
        fields.serialize_field("last_seen_ms", &milliseconds(self.seen.last))?;
        fields.serialize_field("correlation_id", &self.correlation_id)?;
        fields.end()
    }
}

fn milliseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| u64::try_from(since.as_millis()).ok())
        .unwrap_or_default()
}
