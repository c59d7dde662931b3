//! What stands between every store and its backend.

mod capability;
mod context;

pub(super) use capability::CapabilityCheck;
pub(super) use context::ErrorContext;
