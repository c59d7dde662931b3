//! One line of the file, as far as the summary needs it.

use serde::Deserialize;

/// A record, as `dal_shadow::record::Record` is serialised.
#[derive(Deserialize)]
pub(super) struct Line {
    pub(super) entity: String,
    pub(super) method: String,
    pub(super) outcome: String,
    #[serde(default)]
    pub(super) detail: Option<String>,
    #[serde(default)]
    pub(super) differences: Vec<Place>,
    pub(super) fingerprint: String,
    pub(super) count: u64,
    pub(super) first_seen_ms: u64,
    pub(super) last_seen_ms: u64,
}

#[derive(Deserialize)]
pub(super) struct Place {
    /// Without indices and keys: `items[].email`.
    pub(super) shape: String,
}
