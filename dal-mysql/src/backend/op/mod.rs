//! One module for each operation.

mod check;
mod conditional;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod get_many;
pub(super) mod ids;
pub(super) mod insert;
pub(super) mod put;
pub(super) mod query;
pub(super) mod scan;
pub(super) mod transact;
pub(super) mod update;

use dal_traits::{Error, ErrorKind};

pub(super) fn not_found() -> Error {
    Error::new(
        ErrorKind::NotFound,
        "no record has this identity; insert it first",
    )
}

pub(super) fn condition_failed() -> Error {
    Error::new(
        ErrorKind::ConditionFailed,
        "the record does not fulfil the condition; read it again and decide anew",
    )
}

/// Whether MySQL refused what it judges before it has looked for the identity.
pub(super) fn is_constraint(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UniqueViolation | ErrorKind::ReferenceViolation | ErrorKind::ConstraintViolation
    )
}
