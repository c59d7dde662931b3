//! Why a record that was read refuses a write.

use dal_traits::condition::Condition;
use dal_traits::{Error, ErrorKind, Record, Result};

/// # Errors
/// [`ErrorKind::ConditionFailed`] when the record does not fulfil the condition.
pub(super) fn check(when: Option<&Condition>, held: &Record) -> Result<()> {
    if when.is_none_or(|when| when.holds(held)) {
        return Ok(());
    }
    let message = "the condition of the write was false; read the record and decide";
    Err(Error::new(ErrorKind::ConditionFailed, message))
}

pub(super) fn not_found() -> Error {
    Error::new(ErrorKind::NotFound, "the record does not exist")
}

/// The item holds what the condition wants, but not in the form in which DynamoDB compares.
pub(super) fn foreign() -> Error {
    let message = "the item fulfils the condition, but holds a value in a form that another program \
                   wrote and DynamoDB does not compare; put the record to write it anew";
    Error::new(ErrorKind::Decode, message)
}

pub(super) fn null_key() -> Error {
    let message = "a part of the table's key would be NULL, which no item can hold";
    Error::new(ErrorKind::InvalidValue, message)
}

/// The fields that a condition looks at.
pub(super) fn fields_of(condition: Option<&Condition>) -> Vec<usize> {
    let mut fields = Vec::new();
    fields_in(condition, &mut fields);
    fields
}

fn fields_in(condition: Option<&Condition>, fields: &mut Vec<usize>) {
    match condition {
        Some(
            Condition::Compare(field, ..)
            | Condition::In(field, _)
            | Condition::BeginsWith(field, _)
            | Condition::IsNull(field),
        ) => fields.push(*field),
        Some(Condition::And(all) | Condition::Or(all)) => {
            for condition in all {
                fields_in(Some(condition), fields);
            }
        }
        Some(Condition::Not(condition)) => fields_in(Some(condition), fields),
        _ => {}
    }
}
