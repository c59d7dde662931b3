//! From a record to its item.

use super::ItemValue;
use crate::{Record, Result};

/// The attributes of the record's item, by their place in the entity; one that is NULL is absent, as
/// is a key of an index that a token leaves empty.
///
/// # Errors
/// [`InvalidValue`](crate::ErrorKind::InvalidValue) for what no item can hold: NULL or an empty text
/// in a key of the table, an empty text in a key of an index that is a column, a separator inside a
/// part of a key.
pub fn encode(_record: &Record) -> Result<Vec<(usize, ItemValue)>> {
    Ok(Vec::new())
}

/// The value of one attribute (a key, usually) of the record's item.
///
/// # Errors
/// As [`encode`].
pub fn key(_record: &Record, _attribute: usize) -> Result<Option<ItemValue>> {
    Ok(None)
}
