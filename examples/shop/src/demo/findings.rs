//! The differences that were found, each once.

use std::collections::HashMap;

use dal_shadow::Store;
use dal_shadow::diff;
use dal_shadow::sink::{Raw, RingSink};
use serde::Serialize;

/// At most so many differing places of one finding are shown.
const PLACES: usize = 8;

/// A difference between the two stores, with the values: those of the demo are invented.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// `entity.method`.
    pub(super) method: String,
    /// `different`, `missing_in_secondary`, …
    pub(super) outcome: &'static str,
    /// How often the same was found.
    pub(super) count: u64,
    /// The primary store.
    pub(super) answered_by: &'static str,
    pub(super) fields: Vec<Field>,
    /// Both answers as lines, `-` MySQL's, `+` DynamoDB's.
    pub(super) diff: String,
}

/// A field with both values; none where a store has nothing there.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Field {
    pub(super) path: String,
    pub(super) mysql: Option<String>,
    pub(super) dynamodb: Option<String>,
}

/// One finding for each defect, the most frequent first.
pub(super) fn distinct(found: &RingSink) -> Vec<Finding> {
    let mut known: HashMap<String, Finding> = HashMap::new();
    for raw in found.raw() {
        let record = &raw.record;
        if !record.outcome.is_mismatch() {
            continue;
        }
        let entry = known.entry(record.fingerprint.to_string());
        let finding = entry.or_insert_with(|| finding(&raw));
        finding.count = finding.count.max(record.seen.count);
    }
    let mut all: Vec<Finding> = known.into_values().collect();
    all.sort_by(|a, b| (b.count, &a.method, a.outcome).cmp(&(a.count, &b.method, b.outcome)));
    all
}

fn finding(raw: &Raw) -> Finding {
    let record = &raw.record;
    // The first answer is that of the primary store.
    let turned = record.answered_by == Store::DynamoDb.as_str();
    let fields = raw.differences.iter().take(PLACES).map(|difference| {
        let text = |side: &Option<_>| side.as_ref().map(ToString::to_string);
        let (first, second) = (text(&difference.primary), text(&difference.secondary));
        let (mysql, dynamodb) = if turned {
            (second, first)
        } else {
            (first, second)
        };
        Field {
            path: difference.path.to_string(),
            mysql,
            dynamodb,
        }
    });
    Finding {
        method: format!("{}.{}", record.entity, record.method),
        outcome: record.outcome.as_str(),
        count: record.seen.count,
        answered_by: record.answered_by,
        fields: fields.collect(),
        diff: match &raw.answers {
            Some((dynamodb, mysql)) if turned => diff::render(mysql, dynamodb),
            Some((mysql, dynamodb)) => diff::render(mysql, dynamodb),
            None => String::new(),
        },
    }
}
