//! Test kit of dal: real servers for tests, fault injection, and property tests for any shadowed trait.

pub mod check;
pub mod faults;
pub mod servers;
mod volume;

pub use volume::{is_nightly, volume};
