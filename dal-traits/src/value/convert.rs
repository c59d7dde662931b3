//! Values from and to the types of a program.

use std::fmt;

use super::Value;

/// A value that is not of the type asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The type asked for.
    pub wanted: &'static str,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value is not a {}", self.wanted)
    }
}

impl std::error::Error for Mismatch {}

/// A type that a [`Value`] can be read as.
pub trait FromValue: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// When the value is of another type or outside its range.
    fn from_value(value: Value) -> Result<Self, Mismatch>;
}
