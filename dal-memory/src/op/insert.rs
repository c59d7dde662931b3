//! New records, and whole records in the place of others.

use dal_traits::op::{Insert, Put, Reply};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Result};

use crate::rows::{Table, generated_place};

/// Existence comes first, then the unique keys. A record whose id the store gives takes the next one
/// even when it is refused afterwards: ids have gaps.
pub(super) fn insert(table: &mut Table, insert: Insert) -> Result<Reply> {
    let mut record = insert.record;
    let generated = generated_place(record.entity()).filter(|at| record.value(*at).is_null());
    if let Some(place) = generated {
        let id = table.next_id(record.entity())?;
        record.set(place, Value::Int(id));
    }
    if table.get(&record.identity()).is_some() {
        let message = "a record with this identity exists";
        return Err(Error::new(ErrorKind::AlreadyExists, message));
    }
    table.check_unique(&record)?;
    table.pass_record(&record);
    table.put(record.clone());
    Ok(Reply::Inserted(record))
}

pub(super) fn put(table: &mut Table, put: Put) -> Result<Reply> {
    table.check_unique(&put.record)?;
    table.pass_record(&put.record);
    table.put(put.record);
    Ok(Reply::Done)
}
