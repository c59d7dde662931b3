//! `Store`'s backend on a real MySQL.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::large_futures,
    reason = "a test reports by panicking, and its helpers explain themselves"
)]

mod children;
mod conditions;
mod errors;
mod paging;
mod plans;
mod sessions;
mod support;
mod transact;
mod types;
mod writes;
