//! Where the next page begins.

use std::fmt;
use std::str::FromStr;

use crate::value::Value;

/// A position behind a record: opaque, and good for the same query in the same direction only.
///
/// Its text is safe in URLs. It survives the deletion of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Says of which query it is: entity, path, key, range, filter and direction.
    pub fingerprint: u64,
    /// The values that place the record: first those that the path orders by, then others that the
    /// backend needs.
    pub position: Vec<Value>,
}

/// A text that is not a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCursor;

impl fmt::Display for NoCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a cursor: give back the `next` of the page before, unchanged")
    }
}

impl std::error::Error for NoCursor {}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.fingerprint)
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(_text: &str) -> Result<Self, NoCursor> {
        Err(NoCursor)
    }
}
