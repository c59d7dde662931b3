//! The error table of DynamoDB: every exception that an application meets, and what it means.
//!
//! Names are those of the Developer Guide's "Error handling with DynamoDB", of the API reference's
//! "Common errors" and "`TransactWriteItems`", and of `BatchStatementError`.

#[cfg_attr(
    not(test),
    expect(
        clippy::enum_glob_use,
        reason = "a row names one of two dozen kinds, and nothing else"
    )
)]
use dal_traits::ErrorKind::{self, *};
use dal_traits::{Class, Effect, Retry};

/// One exception of DynamoDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorRow {
    /// The exception's name, without its namespace.
    pub name: &'static str,
    /// What it means. Three are read more finely: a false condition by its
    /// [`Role`](crate::Role), a cancelled transaction by its reasons, a `ValidationException` by its
    /// text.
    pub kind: ErrorKind,
    /// Whether trying again can help.
    pub retry: Retry,
    /// Whether a write may have been applied all the same.
    pub effect: Effect,
}

impl ErrorRow {
    /// The class of an error with this name.
    pub const fn class(&self) -> Class {
        Class::new(self.kind).retry(self.retry).effect(self.effect)
    }
}

/// The request was refused.
const fn row(name: &'static str, kind: ErrorKind) -> ErrorRow {
    ErrorRow {
        name,
        kind,
        retry: if kind.is_transient() {
            Retry::Backoff
        } else {
            Retry::Never
        },
        effect: Effect::None,
    }
}

/// Refused for the moment: the same request is accepted when clock or credentials are right again.
const fn moment(name: &'static str) -> ErrorRow {
    ErrorRow {
        retry: Retry::Backoff,
        ..row(name, Credentials)
    }
}

/// The request may yet be, or may have been, applied.
const fn uncertain(name: &'static str, kind: ErrorKind) -> ErrorRow {
    ErrorRow {
        effect: Effect::Unknown,
        ..row(name, kind)
    }
}

/// Every exception that is read on purpose, in the order of the alphabet.
#[rustfmt::skip]
pub const ERROR_TABLE: &[ErrorRow] = &[
    row("AccessDenied", AccessDenied),
    row("AccessDeniedException", AccessDenied),
    row("BackupInUseException", Conflict),
    row("BandwidthLimitExceeded", Throttled),
    row("ConditionalCheckFailed", ConditionFailed),
    row("ConditionalCheckFailedException", ConditionFailed),
    row("DuplicateItem", AlreadyExists),
    row("DuplicateItemException", AlreadyExists),
    moment("ExpiredToken"),
    moment("ExpiredTokenException"),
    row("GlobalTableNotFoundException", NoSuchTable),
    row("IdempotentParameterMismatchException", InvalidValue),
    row("IncompleteSignature", Credentials),
    row("IncompleteSignatureException", Credentials),
    row("IndexNotFoundException", NoSuchTable),
    uncertain("InternalFailure", Unavailable),
    uncertain("InternalServerError", Unavailable),
    uncertain("InternalServerException", Unavailable),
    row("InvalidClientTokenId", Credentials),
    row("InvalidSignatureException", Credentials),
    row("ItemCollectionSizeLimitExceeded", TooLarge),
    row("ItemCollectionSizeLimitExceededException", TooLarge),
    row("KMSAccessDeniedException", AccessDenied),
    row("LimitExceededException", Throttled),
    row("MissingAuthenticationToken", Credentials),
    row("MissingAuthenticationTokenException", Credentials),
    row("NotAuthorized", AccessDenied),
    row("OptInRequired", AccessDenied),
    row("ProvisionedThroughputExceeded", Throttled),
    row("ProvisionedThroughputExceededException", Throttled),
    row("ReplicatedWriteConflictException", Conflict),
    row("RequestEntityTooLarge", TooLarge),
    moment("RequestExpired"),
    row("RequestLimitExceeded", Throttled),
    row("RequestThrottled", Throttled),
    row("RequestThrottledException", Throttled),
    moment("RequestTimeTooSkewed"),
    uncertain("RequestTimeout", Timeout),
    uncertain("RequestTimeoutException", Timeout),
    row("ResourceInUseException", Conflict),
    row("ResourceNotFoundException", NoSuchTable),
    row("SerializationException", InvalidValue),
    uncertain("ServiceUnavailable", Unavailable),
    uncertain("ServiceUnavailableException", Unavailable),
    row("SignatureDoesNotMatch", Credentials),
    row("SlowDown", Throttled),
    row("TableInUseException", Conflict),
    row("TableNotFoundException", NoSuchTable),
    row("ThrottledException", Throttled),
    row("Throttling", Throttled),
    row("ThrottlingError", Throttled),
    row("ThrottlingException", Throttled),
    row("TooManyRequestsException", Throttled),
    row("TransactionConflict", Conflict),
    row("TransactionConflictException", Conflict),
    uncertain("TransactionInProgressException", Conflict),
    row("UnknownOperationException", Unsupported),
    row("UnrecognizedClientException", Credentials),
    row("ValidationError", InvalidValue),
    row("ValidationException", InvalidValue),
];

/// The class of an exception by its name.
pub(crate) fn class(name: &str) -> Option<Class> {
    let index = ERROR_TABLE.binary_search_by_key(&name, |row| row.name);
    let row = index.ok().and_then(|index| ERROR_TABLE.get(index));
    row.map(ErrorRow::class)
}

/// Exception names may carry a namespace: `com.amazonaws.dynamodb.v20120810#Name`.
pub(crate) fn short(code: &str) -> &str {
    code.rsplit_once('#').map_or(code, |(_, name)| name)
}

/// The class of a response without a name that is known, as a proxy or load balancer sends it.
pub(crate) fn by_status(status: Option<u16>) -> Class {
    match status {
        Some(413) => Class::new(TooLarge),
        Some(429) => Class::new(Throttled),
        Some(401 | 403) => Class::new(AccessDenied),
        // A proxy that wants a log-in, or that does not know the host.
        Some(407) => Class::new(Config),
        Some(400..=499) => Class::new(Unexpected).effect(Effect::None),
        // A success that cannot be read, or a failure on the way: it may have been applied.
        _ => Class::new(Unavailable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_no_exception_twice() {
        assert!(ERROR_TABLE.is_sorted_by(|one, next| one.name < next.name));
    }

    #[test]
    fn credentials_for_the_moment_are_tried_again_and_wrong_ones_are_not() {
        let retry = |name| class(name).map(|class| (class.kind, class.retry, class.effect));
        let now = Some((Credentials, Retry::Backoff, Effect::None));
        assert_eq!(retry("ExpiredTokenException"), now);
        assert_eq!(retry("RequestExpired"), now);
        let wrong = Some((Credentials, Retry::Never, Effect::None));
        assert_eq!(retry("UnrecognizedClientException"), wrong);
    }
}
