//! What the user can do next, by kind of error.

use dal_traits::{Class, ErrorKind, Retry};

pub(crate) fn advice(class: &Class) -> &'static str {
    match class.kind {
        ErrorKind::AlreadyExists => "an item with this key exists",
        ErrorKind::UniqueViolation => "the value of a unique key is taken",
        ErrorKind::ReferenceViolation => "the parent item is missing, or a child item still exists",
        ErrorKind::NotFound => "the item to change does not exist",
        ErrorKind::ConditionFailed => "the condition of the write was false",
        ErrorKind::Conflict => "another transaction or table operation was in the way; try later",
        ErrorKind::Throttled => "the store asked for less load; raise the capacity or try later",
        ErrorKind::Unavailable => {
            "the service cannot be reached or did not reply properly; try again"
        }
        ErrorKind::Timeout => "no reply in time",
        ErrorKind::TooLarge => "an item, key or request is larger than DynamoDB allows",
        ErrorKind::InvalidValue => "DynamoDB refused a value or expression of the request",
        ErrorKind::NoPath => "the query does not fit the keys of the table or index",
        ErrorKind::Unsupported => "DynamoDB cannot do this",
        ErrorKind::InvalidCursor => "the start key does not belong to this query",
        ErrorKind::NoSuchTable => "a table or index is missing; create it",
        ErrorKind::AccessDenied => "the credentials do not allow this; see the role's policies",
        ErrorKind::Credentials if class.retry == Retry::Backoff => {
            "the credentials or the clock are not right for the moment; check both if it goes on"
        }
        ErrorKind::Credentials => "no usable credentials; check the credential chain",
        ErrorKind::Config => {
            "the client's configuration is wrong; check region, endpoint and proxy"
        }
        _ => "DynamoDB refused the request; the native error is the source",
    }
}
