//! Run a trait on two stores at once: phases, dual writes, shadow reads with typed diffs.

pub mod answer;
pub mod compare;
#[cfg(feature = "ops")]
pub mod ops;
pub mod diff;
pub mod record;
pub mod redact;
pub mod rules;
pub mod sink;
pub mod tree;
