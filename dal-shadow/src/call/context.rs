//! Where a call was made.

use std::sync::Arc;

use crate::phases::{Phase, Store};

/// Where a call was made, for its finding.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) phase: Phase,
    pub(crate) epoch: u64,
    pub(crate) primary: Store,
    pub(crate) key: Option<u64>,
    pub(crate) correlation_id: Arc<str>,
}
