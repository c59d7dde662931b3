//! Reading DynamoDB's errors: the only place that knows exception names.
//!
//! Names are those of the Developer Guide's "Error handling with DynamoDB" and of the API
//! reference's "`TransactWriteItems`".

use std::any::Any;
use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::Error as ServiceError;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::execute_transaction::ExecuteTransactionError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::CancellationReason;
use dal_traits::{Class, Effect, Error, ErrorKind};

use crate::advice::advice;
use crate::native::Native;
use crate::role::Role;
use crate::{Item, text};

/// Reads any error of the SDK: what went wrong, whether trying again can help, and whether a write
/// may have been applied.
///
/// A false condition is [`ErrorKind::ConditionFailed`] here; [`classify_as`] can say more.
pub fn classify<E>(error: &SdkError<E>) -> Class
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    classify_as(error, &[])
}

/// As [`classify`], with what each condition stands for: one role for a single write, one for each
/// action of a transaction, by position. A position without a role is [`Role::Condition`].
pub fn classify_as<E>(error: &SdkError<E>, roles: &[Role]) -> Class
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match error {
        SdkError::ServiceError(context) => service(
            context.err(),
            context.err().code(),
            context.err().message(),
            Some(context.raw().status().as_u16()),
            roles,
        ),
        SdkError::TimeoutError(_) => Class::new(ErrorKind::Timeout),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            sent(error).unwrap_or(Class::new(ErrorKind::Timeout))
        }
        SdkError::ConstructionFailure(_) => {
            sent(error).unwrap_or(Class::new(ErrorKind::InvalidValue))
        }
        SdkError::DispatchFailure(failure) if failure.is_user() => {
            sent(error).unwrap_or(Class::new(ErrorKind::Config))
        }
        // A response that cannot be read says nothing about the effect.
        _ => sent(error).unwrap_or(Class::new(ErrorKind::Unavailable)),
    }
}

/// Reads the SDK's error of all operations (`aws_sdk_dynamodb::Error`), into which hand-written code
/// often turns the others. What was not an answer of the service arrives there as unhandled, without
/// its phase: [`ErrorKind::Unavailable`] with unknown effect.
pub fn classify_any(error: &ServiceError) -> Class {
    match error.code() {
        None => Class::new(ErrorKind::Unavailable),
        code => service(error, code, error.message(), None, &[]),
    }
}

/// The error of dal for an error of the SDK. The native error is kept as a [`Native`] source, its
/// text (which quotes values) is not repeated.
pub fn error<E>(operation: &'static str, table: &str, roles: &[Role], native: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    of(classify_as(&native, roles), operation, table, native)
}

/// The error of dal for an error of the SDK whose class was refined.
pub(crate) fn of<E>(
    class: Class,
    operation: &'static str,
    table: &str,
    native: SdkError<E>,
) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let message = advice(class.kind);
    let error = Error::of(class, message)
        .backend("dynamodb")
        .operation(operation)
        .entity(table);
    let error = match status_code(&native) {
        Some(status) => error.with("status", status),
        None => error,
    };
    error.source(Native::new(native))
}

/// The exception's name, else the HTTP status, for spans, metrics and messages.
pub(crate) fn status_code<E>(error: &SdkError<E>) -> Option<String>
where
    E: ProvideErrorMetadata,
{
    let name = error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        .map(short);
    match name {
        // A name comes from the wire: keep it only when it looks like one.
        Some(name) if name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric()) => {
            Some(name.to_owned())
        }
        _ => error
            .raw_response()
            .map(|response| response.status().as_u16().to_string()),
    }
}

/// Why each action of a cancelled transaction was cancelled, by position; empty for any other error.
pub fn cancellation_reasons<E>(error: &SdkError<E>) -> &[CancellationReason]
where
    E: StdError + 'static,
{
    error.as_service_error().map_or(&[], |error| reasons(error))
}

/// The item that made the condition of a single write false, when the write asked for it with
/// `return_values_on_condition_check_failure(AllOld)`.
pub fn old_item<E>(error: &SdkError<E>) -> Option<&Item>
where
    E: StdError + 'static,
{
    error.as_service_error().and_then(|error| old(error))
}

fn reasons(error: &dyn Any) -> &[CancellationReason] {
    if let Some(TransactWriteItemsError::TransactionCanceledException(e)) = error.downcast_ref() {
        return e.cancellation_reasons();
    }
    if let Some(TransactGetItemsError::TransactionCanceledException(e)) = error.downcast_ref() {
        return e.cancellation_reasons();
    }
    if let Some(ExecuteTransactionError::TransactionCanceledException(e)) = error.downcast_ref() {
        return e.cancellation_reasons();
    }
    if let Some(ServiceError::TransactionCanceledException(e)) = error.downcast_ref() {
        return e.cancellation_reasons();
    }
    &[]
}

fn old(error: &dyn Any) -> Option<&Item> {
    if let Some(PutItemError::ConditionalCheckFailedException(e)) = error.downcast_ref() {
        return e.item();
    }
    if let Some(UpdateItemError::ConditionalCheckFailedException(e)) = error.downcast_ref() {
        return e.item();
    }
    if let Some(DeleteItemError::ConditionalCheckFailedException(e)) = error.downcast_ref() {
        return e.item();
    }
    if let Some(ServiceError::ConditionalCheckFailedException(e)) = error.downcast_ref() {
        return e.item();
    }
    None
}

/// The class of an error that came before the request was sent, read from its sources.
fn sent(error: &(dyn StdError + 'static)) -> Option<Class> {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<CredentialsError>() {
            return Some(Class::new(ErrorKind::Credentials));
        }
        if let Some(io) = cause.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::ConnectionRefused
        {
            return Some(Class::new(ErrorKind::Unavailable).effect(Effect::None));
        }
        source = cause.source();
    }
    None
}

/// Exception names may carry a namespace: `com.amazonaws.dynamodb.v20120810#Name`.
fn short(code: &str) -> &str {
    code.rsplit_once('#').map_or(code, |(_, name)| name)
}

fn service(
    error: &dyn Any,
    code: Option<&str>,
    message: Option<&str>,
    status: Option<u16>,
    roles: &[Role],
) -> Class {
    let message = message.unwrap_or_default();
    let kind = match code.map(short).unwrap_or_default() {
        "ConditionalCheckFailedException" => {
            let role = roles.first().cloned().unwrap_or_default();
            return role.class(old(error).is_some());
        }
        "TransactionCanceledException" => return cancelled(reasons(error), roles),
        "TransactionConflictException"
        | "ReplicatedWriteConflictException"
        | "ResourceInUseException" => ErrorKind::Conflict,
        // The first request with this token still runs: it may yet be applied.
        "TransactionInProgressException" => {
            return Class::new(ErrorKind::Conflict).effect(Effect::Unknown);
        }
        "ProvisionedThroughputExceededException"
        | "ProvisionedThroughputExceeded"
        | "ThrottlingException"
        | "ThrottlingError"
        | "Throttling"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "TooManyRequestsException"
        | "LimitExceededException" => ErrorKind::Throttled,
        "InternalServerError"
        | "InternalFailure"
        | "InternalServerException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => ErrorKind::Unavailable,
        "RequestTimeout" | "RequestTimeoutException" => ErrorKind::Timeout,
        "ItemCollectionSizeLimitExceededException" | "RequestEntityTooLarge" => ErrorKind::TooLarge,
        "ValidationException" | "ValidationError" => text::validation(message),
        "DuplicateItemException" | "DuplicateItem" => ErrorKind::AlreadyExists,
        "IdempotentParameterMismatchException" | "SerializationException" => {
            ErrorKind::InvalidValue
        }
        "ResourceNotFoundException" | "TableNotFoundException" | "IndexNotFoundException" => {
            ErrorKind::NoSuchTable
        }
        "AccessDeniedException" | "AccessDenied" | "OptInRequired" => ErrorKind::AccessDenied,
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidClientTokenId"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired" => ErrorKind::Credentials,
        "UnknownOperationException" => ErrorKind::Unsupported,
        _ => return by_status(status),
    };
    Class::new(kind)
}

fn by_status(status: Option<u16>) -> Class {
    match status {
        Some(413) => Class::new(ErrorKind::TooLarge),
        Some(429) => Class::new(ErrorKind::Throttled),
        Some(401 | 403) => Class::new(ErrorKind::AccessDenied),
        Some(400..=499) => Class::new(ErrorKind::Unexpected).effect(Effect::None),
        // A success that cannot be read, or a failure of the service: it may have been applied.
        Some(200..=299 | 500..=599) => Class::new(ErrorKind::Unavailable),
        _ => Class::new(ErrorKind::Unexpected),
    }
}

/// Mixed reasons: Invalid > Condition, Unique, Reference > Throttle > Conflict; of equals the first
/// by position. A reason that is not transient therefore always wins over one that is.
fn cancelled(reasons: &[CancellationReason], roles: &[Role]) -> Class {
    let mut worst: Option<(u8, Class)> = None;
    for (position, reason) in reasons.iter().enumerate() {
        let (rank, class) = match reason.code().map_or("None", short) {
            "None" => continue,
            "ValidationError" => (
                4,
                Class::new(text::validation(reason.message().unwrap_or_default())),
            ),
            "ItemCollectionSizeLimitExceeded" => (4, Class::new(ErrorKind::TooLarge)),
            "AccessDenied" => (4, Class::new(ErrorKind::AccessDenied)),
            "ConditionalCheckFailed" => {
                let role = roles.get(position).cloned().unwrap_or_default();
                (
                    3,
                    role.class(reason.item().is_some_and(|item| !item.is_empty())),
                )
            }
            "DuplicateItem" => (3, Class::new(ErrorKind::AlreadyExists)),
            "ProvisionedThroughputExceeded" | "ThrottlingError" => {
                (2, Class::new(ErrorKind::Throttled))
            }
            "TransactionConflict" => (1, Class::new(ErrorKind::Conflict)),
            // Not known to be transient, so it must not be repeated; a cancelled transaction has
            // had no effect.
            _ => (4, Class::new(ErrorKind::Unexpected).effect(Effect::None)),
        };
        if worst.as_ref().is_none_or(|(known, _)| rank > *known) {
            worst = Some((rank, class));
        }
    }
    worst.map_or(
        Class::new(ErrorKind::Unexpected).effect(Effect::None),
        |(_, class)| class,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use dal_traits::Retry;

    fn reason(code: &str) -> CancellationReason {
        CancellationReason::builder().code(code).build()
    }

    #[test]
    fn the_position_of_the_reason_tells_which_condition_failed() {
        let reasons = [reason("None"), reason("ConditionalCheckFailed")];
        let roles = [Role::Insert, Role::unique("email")];
        let class = cancelled(&reasons, &roles);
        assert_eq!(class.kind, ErrorKind::UniqueViolation);
        assert_eq!(class.constraint.as_deref(), Some("email"));
        let class = cancelled(&[reason("ConditionalCheckFailed"), reason("None")], &roles);
        assert_eq!(class.kind, ErrorKind::AlreadyExists);
    }

    #[test]
    fn mixed_reasons_follow_the_precedence() {
        let all = [
            ("TransactionConflict", ErrorKind::Conflict, Retry::Backoff),
            ("ThrottlingError", ErrorKind::Throttled, Retry::Backoff),
            (
                "ConditionalCheckFailed",
                ErrorKind::ConditionFailed,
                Retry::Never,
            ),
            ("ValidationError", ErrorKind::InvalidValue, Retry::Never),
        ];
        for count in 1..=all.len() {
            let mut reasons: Vec<_> = all[..count].iter().map(|(code, ..)| reason(code)).collect();
            let (_, kind, retry) = all[count - 1];
            for _ in 0..2 {
                let class = cancelled(&reasons, &[]);
                assert_eq!((class.kind, class.retry), (kind, retry));
                assert_eq!(class.effect, Effect::None);
                reasons.reverse();
            }
        }
    }

    #[test]
    fn a_reason_nobody_knows_is_not_repeated() {
        let class = cancelled(&[reason("TransactionConflict"), reason("NewReason")], &[]);
        assert_eq!((class.retry, class.effect), (Retry::Never, Effect::None));
    }
}
