//! The program `dal`, as a person or a script runs it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports by panicking"
)]

#[cfg(feature = "kit")]
mod clean;
mod contracts;
#[cfg(feature = "kit")]
mod copy;
#[cfg(feature = "kit")]
mod demo;
mod generate;
mod operators;
#[cfg(feature = "kit")]
mod readme;
#[cfg(feature = "kit")]
mod servers;
