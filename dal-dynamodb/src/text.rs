//! DynamoDB's error texts: the only place that reads them.
//!
//! A `ValidationException` has one code for many causes, so the text must tell them apart. The texts
//! of the service and of DynamoDB Local differ in details; fragments are matched without case.

use dal_traits::{Class, Effect, ErrorKind};

/// Fragments of the text of a `ValidationException`, in small letters, and what they mean; the first
/// match counts. Any other text is [`ErrorKind::InvalidValue`]. None of them had an effect.
pub const VALIDATION_TEXTS: &[(&str, ErrorKind)] = &[
    // "Item size has exceeded the maximum allowed size", "Item size to update has exceeded …".
    ("item size", ErrorKind::TooLarge),
    ("exceeded the maximum size limit", ErrorKind::TooLarge),
    ("exceeds the maximum size limit", ErrorKind::TooLarge),
    // Key sizes: "Size of hashkey has exceeded the maximum size limit of2048 bytes".
    ("size of hashkey", ErrorKind::TooLarge),
    ("size of rangekey", ErrorKind::TooLarge),
    ("aggregated size of all range keys", ErrorKind::TooLarge),
    // dynoxide: "Hash primary key values must be under 2048 bytes, and range primary key values …".
    ("hash primary key values must be under", ErrorKind::TooLarge),
    // "Transaction request cannot include more than 4 MB of data", "Collection size of items …".
    ("cannot include more than", ErrorKind::TooLarge),
    // DynamoDB Local: "Transaction payload size cannot exceed 4MB. Payload Size: …".
    ("payload size cannot exceed", ErrorKind::TooLarge),
    ("collection size of items", ErrorKind::TooLarge),
    ("total size of items", ErrorKind::TooLarge),
    // More actions, keys or requests than a call may carry.
    (
        "member must have length less than or equal to",
        ErrorKind::TooLarge,
    ),
    ("too many items requested", ErrorKind::TooLarge),
    ("nesting levels have exceeded", ErrorKind::TooLarge),
    // "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; …".
    ("expression size has exceeded", ErrorKind::TooLarge),
    ("expressionattributevalues exceeds max", ErrorKind::TooLarge),
    // "The expression contains too many operators", "The IN operator is provided with too many
    // operands", "Too many decomposed read operations for a given query".
    ("too many op", ErrorKind::TooLarge),
    ("too many decomposed", ErrorKind::TooLarge),
    // An index that is still being filled can be read later.
    ("backfilling", ErrorKind::Unavailable),
    ("does not have the specified index", ErrorKind::NoSuchTable),
    ("exclusivestartkey", ErrorKind::InvalidCursor),
    ("exclusive start key", ErrorKind::InvalidCursor),
    ("provided starting key", ErrorKind::InvalidCursor),
    ("consistent reads are not supported", ErrorKind::Unsupported),
    (
        "query condition missed key schema element",
        ErrorKind::NoPath,
    ),
    ("query key condition not supported", ErrorKind::NoPath),
    (
        "not supported on global secondary indexes",
        ErrorKind::Unsupported,
    ),
];

/// The class of a `ValidationException` by its text.
pub(crate) fn validation(text: &str) -> Class {
    let text = text.to_lowercase();
    let kind = VALIDATION_TEXTS
        .iter()
        .find(|(fragment, _)| text.contains(fragment))
        .map_or(ErrorKind::InvalidValue, |(_, kind)| *kind);
    Class::new(kind).effect(Effect::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_the_limits_are_told_from_refused_values() {
        for (text, kind) in [
            (
                "Item size has exceeded the maximum allowed size",
                ErrorKind::TooLarge,
            ),
            (
                "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
                ErrorKind::TooLarge,
            ),
            (
                "1 validation error detected: Value '[..]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100",
                ErrorKind::TooLarge,
            ),
            (
                "Transaction payload size cannot exceed 4MB. Payload Size: 4400177",
                ErrorKind::TooLarge,
            ),
            (
                "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; expression size: 5872",
                ErrorKind::TooLarge,
            ),
            (
                "Invalid ConditionExpression: The IN operator is provided with too many operands; number of operands: 101",
                ErrorKind::TooLarge,
            ),
            (
                "Cannot read from backfilling global secondary index: by_mail",
                ErrorKind::Unavailable,
            ),
            (
                "The table does not have the specified index: by_mail",
                ErrorKind::NoSuchTable,
            ),
            (
                "The provided starting key is invalid",
                ErrorKind::InvalidCursor,
            ),
            (
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
                ErrorKind::InvalidValue,
            ),
        ] {
            assert_eq!(validation(text).kind, kind, "{text}");
        }
    }
}
