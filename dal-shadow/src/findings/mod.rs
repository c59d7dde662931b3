//! What comparisons found: records, their fingerprints and redaction, and the sinks they go to.

pub(crate) mod delivery;
pub(crate) mod measure;
pub mod record;
pub mod redact;
pub mod sink;
