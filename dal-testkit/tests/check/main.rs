//! `check`, on stores in memory with planted defects.

#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports by panicking, and its traits explain themselves"
)]

mod failure;
mod finds;
mod flaws;
mod handles;
mod independent;
mod memory;
mod options;
mod regressions;
mod transfers;
mod useless;
mod wrapper;
