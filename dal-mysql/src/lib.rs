#![doc = include_str!("../README.md")]

mod advice;
mod backend;
mod call;
mod catalog;
mod cause;
mod client;
mod closed;
mod codes;
mod dropped;
mod error;
mod failover;
mod native;
mod pool;
mod release;
mod session;

pub use backend::MySqlBackend;
pub use catalog::catalog;
pub use cause::cause;
pub use client::{MySql, connect, from_pool};
pub use codes::{ERROR_TABLE, ErrorRow, SQLSTATES};
pub use dal_traits::telemetry::describe_metrics;
pub use error::{classify, classify_commit, commit_error, error};
pub use failover::is_current;
pub use native::Native;
pub use pool::{connect_options, pool, pool_options};
pub use release::release;
pub use session::Session;
