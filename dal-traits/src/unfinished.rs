//! What a read had found when its read budget was used up.

use std::error::Error as StdError;
use std::fmt;

use crate::{Cursor, Error, Record};

/// What a query or scan had found when its read budget was used up: the source of a
/// [`BudgetExceeded`](crate::ErrorKind::BudgetExceeded).
///
/// The same request, [after](crate::op::Query::after) `next`, goes on where it ended. Records hold
/// values, so neither `Display` nor `Debug` repeats them.
pub struct Unfinished {
    /// The records that were found, at most as many as the page may have.
    pub records: Vec<Record>,
    /// Behind the last record that was read. There may be no further one that matches.
    pub next: Cursor,
}

impl Unfinished {
    /// What the read that ended with this error had found. None for another error, and for a read
    /// that met no record of its entity: only a greater budget helps there.
    pub fn of(error: &Error) -> Option<&Self> {
        StdError::source(error)?.downcast_ref()
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} records until then (withheld, they hold values)",
            self.records.len()
        )
    }
}

impl fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unfinished")
            .field("records", &self.records.len())
            .finish_non_exhaustive()
    }
}

impl StdError for Unfinished {}
