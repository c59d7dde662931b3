//! Run a trait on two stores at once: phases, dual writes, shadow reads with typed diffs.

pub mod answer;
pub mod compare;
pub mod diff;
#[cfg(feature = "ops")]
pub mod ops;
pub mod record;
pub mod redact;
pub mod rules;
pub mod sink;
pub mod tree;
