//! The removal of a record.

use dal_traits::op::{Delete, Reply};
use dal_traits::{Error, ErrorKind, Result};

use super::update::condition_failed;
use crate::rows::Table;

/// A missing record is no error, except under a condition.
pub(super) fn delete(table: &mut Table, delete: &Delete) -> Result<Reply> {
    match (table.get(&delete.identity), &delete.when) {
        (None, Some(_)) => Err(Error::new(ErrorKind::NotFound, "there is no such record")),
        (None, None) => Ok(Reply::Existed(false)),
        (Some(record), Some(when)) if !when.holds(record) => Err(condition_failed()),
        (Some(_), _) => {
            table.remove(&delete.identity);
            Ok(Reply::Existed(true))
        }
    }
}
