#![doc = include_str!("../README.md")]

pub mod check;
pub mod clean;
pub mod faults;
pub mod servers;
mod volume;

pub use volume::{is_nightly, volume};
