//! Run a trait on two stores at once: phases, dual writes, shadow reads with typed diffs.

pub mod answer;
pub mod compare;
pub mod diff;
mod if_ops;
#[cfg(feature = "ops")]
pub mod ops;
pub mod record;
pub mod redact;
pub mod rules;
pub mod sink;
pub mod tree;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use answer::Answer;
pub use dal_macros::{Classify, shadow};
pub use dal_traits::{Class, Classify, Effect, ErrorKind, Retry};

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// MySQL.
    MySql,
    /// DynamoDB.
    DynamoDb,
}

/// Stand-in.
#[derive(Clone)]
pub struct Harness;

/// Stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Stand-in.
    MySqlOnly,
    /// Stand-in.
    DualWrite,
}
