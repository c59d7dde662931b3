//! The program `dal`, as a person or a script runs it.

#![cfg(feature = "kit")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reports by panicking"
)]

mod demo;
mod readme;
mod servers;
