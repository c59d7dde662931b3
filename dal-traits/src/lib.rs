#![doc = include_str!("../README.md")]

mod attempts;
pub mod call;
mod capability;
pub mod catalog;
mod class;
pub mod condition;
mod cursor;
mod cx;
mod error;
mod failed;
pub mod item;
mod kind;
pub mod model;
pub mod op;
mod position;
mod record;
mod retry;
mod service;
pub mod store;
pub mod telemetry;
mod unfinished;
pub mod value;

pub use attempts::{GaveUp, attempts, retry};
pub use capability::Capability;
pub use class::{Class, Classify};
pub use cursor::{Cursor, NoCursor};
pub use cx::{Clock, OpCx, SystemClock};
pub use error::Error;
pub use kind::{Effect, ErrorKind, Retry};
pub use record::Record;
pub use retry::{Idempotency, RetryBudget, RetryPolicy};
pub use service::Service;
pub use unfinished::Unfinished;

/// A result with dal's own error.
pub type Result<T, E = Error> = std::result::Result<T, E>;
