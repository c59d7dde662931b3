//! What is kept of a finding: nothing in it is an unredacted value.

mod fingerprint;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::ser::{Serialize, SerializeStruct, Serializer};

pub use crate::compare::{CallOutcome, Share};
use fingerprint::Known;
pub use fingerprint::{Fingerprint, Seen};

use crate::compare::{MAX_DIFFERENCES, render};
use crate::findings::redact::Redaction;
use crate::tree::answer::Answer;
use crate::tree::{Difference, Tree};

/// At most so many characters of a correlation id are kept.
const MAX_CORRELATION_ID: usize = 128;

/// A call whose outcome is worth a record, with the answers as they were.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The entity.
    pub entity: &'static str,
    /// The method.
    pub method: &'static str,
    /// The phase that was in force.
    pub phase: &'static str,
    /// The phase's epoch, where its source counts them.
    pub epoch: Option<u64>,
    /// The primary: the store whose answer the caller got.
    pub answered_by: &'static str,
    /// The sampling hash of the record's key.
    pub key_hash: Option<u64>,
    /// How the call ended.
    pub outcome: CallOutcome,
    /// Where the answers differ.
    pub differences: Vec<Difference>,
    /// The primary's answer and the secondary's, where both are there.
    pub answers: Option<(Answer, Answer)>,
    /// The id of the caller's operation.
    pub correlation_id: Arc<str>,
    /// When.
    pub at: SystemTime,
}

/// That a finding was made again; nothing of it is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// The entity.
    pub entity: &'static str,
    /// The method.
    pub method: &'static str,
    /// How the call ended.
    pub outcome: CallOutcome,
    /// The differing places, without indices and keys: `items[].email`.
    pub shapes: Vec<String>,
    /// The same for the same defect.
    pub fingerprint: Fingerprint,
    /// How often, first and last.
    pub seen: Seen,
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
    /// The primary: the store whose answer the caller got.
    pub answered_by: &'static str,
    /// A hash of the record's key, comparable within one process only.
    pub key_hash: Option<u64>,
    /// How the call ended.
    pub outcome: CallOutcome,
    /// Where the answers differ.
    pub differences: Vec<RecordedDifference>,
    /// Both answers as lines of text, the differing ones marked `-` (primary) and `+`.
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
    /// What the primary has there.
    pub primary: Option<String>,
    /// What the secondary has there.
    pub secondary: Option<String>,
    /// The fields that [`Redaction::allow`] shows in the structs around the place, such as the id of
    /// the record: `items[3].id: 7`.
    pub beside: Vec<String>,
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
    pub fn record(&self, finding: &Finding) -> Record {
        let again = self.repetition(finding);
        self.render(finding, &again)
    }

    /// Counts the finding and renders nothing, which costs little: most findings are repetitions.
    pub fn repetition(&self, finding: &Finding) -> Repetition {
        let fingerprint = Fingerprint::of(finding);
        let seen = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .note(fingerprint, finding.at);
        let places = finding.differences.iter().take(MAX_DIFFERENCES);
        Repetition {
            entity: finding.entity,
            method: finding.method,
            outcome: finding.outcome.clone(),
            shapes: places.map(|place| place.path.shape()).collect(),
            fingerprint,
            seen,
        }
    }

    /// The record of a finding that was counted.
    pub(crate) fn render(&self, finding: &Finding, again: &Repetition) -> Record {
        let (entity, redaction) = (finding.entity, &self.redaction);
        Record {
            entity,
            method: finding.method,
            phase: finding.phase,
            epoch: finding.epoch,
            answered_by: finding.answered_by,
            key_hash: finding.key_hash.map(|hash| redaction.key(hash)),
            outcome: finding.outcome.clone(),
            differences: finding
                .differences
                .iter()
                .take(MAX_DIFFERENCES)
                .map(|difference| self.difference(finding, difference))
                .collect(),
            diff: finding
                .answers
                .as_ref()
                .map_or_else(String::new, |(primary, secondary)| {
                    let primary = redaction.answer(entity, primary);
                    render::trees(&primary, &redaction.answer(entity, secondary))
                }),
            fingerprint: again.fingerprint,
            seen: again.seen,
            correlation_id: finding
                .correlation_id
                .chars()
                .take(MAX_CORRELATION_ID)
                .collect(),
        }
    }

    fn difference(&self, finding: &Finding, difference: &Difference) -> RecordedDifference {
        let (entity, path) = (finding.entity, &difference.path);
        let side = |tree: &Option<_>| {
            tree.as_ref()
                .map(|tree| self.redaction.tree(entity, path, tree).to_string())
        };
        RecordedDifference {
            path: self.redaction.path(entity, path),
            shape: path.shape(),
            primary: side(&difference.primary),
            secondary: side(&difference.secondary),
            beside: answer_of(finding, difference)
                .map(|tree| self.redaction.beside(entity, path, tree))
                .unwrap_or_default(),
        }
    }
}

/// An answer that has at the place what the difference says: after a rule has sorted a list, the
/// place may be another one.
fn answer_of<'a>(finding: &'a Finding, difference: &Difference) -> Option<&'a Tree> {
    let (primary, secondary) = finding.answers.as_ref()?;
    let sides = [
        (primary, &difference.primary),
        (secondary, &difference.secondary),
    ];
    sides.into_iter().find_map(|(answer, side)| match answer {
        Answer::Value(tree) if side.is_some() => {
            (difference.path.in_tree(tree) == side.as_ref()).then_some(tree)
        }
        _ => None,
    })
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
