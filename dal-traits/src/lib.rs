#![doc = include_str!("../README.md")]

mod attempts;
pub mod call;
pub mod catalog;
mod class;
mod cx;
mod error;
mod failed;
mod kind;
pub mod model;
mod retry;
pub mod telemetry;

pub use attempts::{GaveUp, attempts, retry};
pub use class::{Class, Classify};
pub use cx::{Clock, OpCx, SystemClock};
pub use error::Error;
pub use kind::{Effect, ErrorKind, Retry};
pub use retry::{Idempotency, RetryBudget, RetryPolicy};

/// A result with dal's own error.
pub type Result<T, E = Error> = std::result::Result<T, E>;
