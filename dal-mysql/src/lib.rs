#![doc = include_str!("../README.md")]

mod error;
mod handle;
mod native;
mod release;
mod session;

pub use dal_traits::telemetry::describe_metrics;
pub use error::{classify, error};
pub use handle::{MySql, connect, from_pool};
pub use native::Native;
pub use release::release;
pub use session::{SESSION_RULES, connect_options, pool_options, verify};
