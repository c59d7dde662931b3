//! The change of a record that exists, and the look at one.

use dal_traits::op::{Check, Reply, Update};
use dal_traits::{Error, ErrorKind, Result};

use super::change;
use crate::Prepared;
use crate::rows::Table;

/// Existence first, then the condition, then overflow, then the unique keys.
pub(super) fn update(prepared: &Prepared, table: &mut Table, update: Update) -> Result<Reply> {
    let Some(record) = table.get(&update.identity) else {
        return Err(not_found());
    };
    if update.when.is_some_and(|when| !when.holds(record)) {
        return Err(condition_failed());
    }
    let mut record = record.clone();
    for change in update.changes {
        change::apply(prepared, &mut record, change)?;
    }
    table.check_unique(&record)?;
    table.put(record);
    Ok(Reply::Done)
}

/// What the record must be, though it is not written.
pub(super) fn check(table: &Table, check: &Check) -> Result<Reply> {
    match (table.get(&check.identity), &check.when) {
        (None, _) => Err(not_found()),
        (Some(record), Some(when)) if !when.holds(record) => Err(condition_failed()),
        (Some(_), _) => Ok(Reply::Done),
    }
}

pub(super) fn not_found() -> Error {
    Error::new(ErrorKind::NotFound, "there is no such record")
}

pub(super) fn condition_failed() -> Error {
    let message = "the record does not fulfil the condition";
    Error::new(ErrorKind::ConditionFailed, message)
}
