//! The removal of a record.

use dal_traits::Result;
use dal_traits::op::{Delete, Reply};

use super::update::{condition_failed, not_found};
use crate::rows::Table;

/// A missing record is no error, except under a condition.
pub(super) fn delete(table: &mut Table, delete: &Delete) -> Result<Reply> {
    match (table.get(&delete.identity), &delete.when) {
        (None, Some(_)) => Err(not_found()),
        (None, None) => Ok(Reply::Existed(false)),
        (Some(record), Some(when)) if !when.holds(record) => Err(condition_failed()),
        (Some(_), _) => {
            table.remove(&delete.identity);
            Ok(Reply::Existed(true))
        }
    }
}
