//! Attributes of items: how values become attributes and attributes values.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_dynamodb::Item;
use dal_traits::{Error, ErrorKind};
use time::OffsetDateTime;

use crate::error::RepoError;
use crate::model::{from_micros, micros};

/// A text.
pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number, exact to its last digit.
pub(super) fn n(number: impl Into<u64>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// A time, in microseconds since 1970.
pub(super) fn t(time: OffsetDateTime) -> Result<AttributeValue, RepoError> {
    micros(time).map(n).ok_or(RepoError::Invalid("time"))
}

/// A number of twenty digits, as part of a key.
pub(super) fn digits(number: u64) -> String {
    format!("{number:020}")
}

/// Two numbers as a sort key.
pub(super) fn pair(first: u64, second: u64) -> String {
    format!("{first:020}#{second:020}")
}

/// The text of an attribute.
pub(super) fn text(item: &Item, name: &'static str) -> Result<String, RepoError> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text.clone()),
        _ => Err(unreadable(name)),
    }
}

/// The number of an attribute.
pub(super) fn number<N: TryFrom<u64>>(item: &Item, name: &'static str) -> Result<N, RepoError> {
    match item.get(name) {
        Some(AttributeValue::N(digits)) => digits
            .parse::<u64>()
            .ok()
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| unreadable(name)),
        _ => Err(unreadable(name)),
    }
}

/// The time of an attribute.
pub(super) fn time(item: &Item, name: &'static str) -> Result<OffsetDateTime, RepoError> {
    from_micros(number(item, name)?).ok_or_else(|| unreadable(name))
}

/// The error for an attribute that is not as this code writes it.
pub(super) fn unreadable(name: &'static str) -> RepoError {
    RepoError::Store(
        Error::new(
            ErrorKind::Decode,
            "an attribute is missing or not of the type that the shop writes",
        )
        .backend("dynamodb")
        .with("attribute", name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit_and_keys_sort_as_numbers() {
        let item = Item::from([("n".to_owned(), n(u64::MAX))]);
        assert_eq!(number::<u64>(&item, "n").unwrap(), u64::MAX);
        assert!(number::<u32>(&item, "n").is_err());
        assert!(pair(9, 10) < pair(10, 0) && pair(9, 9) < pair(9, 10));
    }
}
