//! Reading DynamoDB's errors: by name ([`codes`]), by text ([`text`]), and by what failed on the way
//! ([`unsent`]).

use std::any::Any;
use std::error::Error as StdError;

use aws_sdk_dynamodb::Error as ServiceError;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::execute_statement::ExecuteStatementError;
use aws_sdk_dynamodb::operation::execute_transaction::ExecuteTransactionError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    BatchStatementError, BatchStatementErrorCodeEnum, CancellationReason,
};
use dal_traits::call::Reading;
use dal_traits::{Class, Effect, Error, ErrorKind, Retry};

use crate::advice::advice;
use crate::codes::short;
use crate::native::Native;
use crate::role::Role;
use crate::unsent::{self, Phase};
use crate::{Item, codes, skew, text};

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
    let phase = match error {
        SdkError::ServiceError(context) => {
            let service_error = context.err();
            return service(
                service_error,
                service_error.code(),
                service_error.message(),
                Some(context.raw()),
                roles,
            );
        }
        SdkError::ConstructionFailure(_) => Phase::Construction,
        SdkError::TimeoutError(_) => Phase::Timeout,
        SdkError::DispatchFailure(_) => Phase::Dispatch,
        _ => Phase::Response,
    };
    unsent::class(phase, error)
}

/// Reads the SDK's error of all operations (`aws_sdk_dynamodb::Error`), into which hand-written code
/// often turns the others. What failed on the way to the service is read from the error's sources,
/// as by [`classify`]. The HTTP status of a response that did not come from DynamoDB is lost there.
pub fn classify_any(error: &ServiceError) -> Class {
    match error.code() {
        Some(code) => service(error, Some(code), error.message(), None, &[]),
        None => unsent::class(unsent::phase(error).unwrap_or(Phase::Response), error),
    }
}

/// Reads the error of one statement of a `BatchExecuteStatement`, which arrives in a response of
/// its own; `role` says what the statement's condition stands for.
pub fn classify_statement(error: &BatchStatementError, role: &Role) -> Class {
    let code = error.code().map_or("", BatchStatementErrorCodeEnum::as_str);
    reason(code, error.message(), error.item(), role).1
}

/// The error of dal for an error of the SDK. The native error is kept as a [`Native`] source, its
/// text (which quotes values) is not repeated.
pub fn error<E>(operation: &'static str, table: &str, roles: &[Role], native: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    of(read(&native, roles), operation, table, native)
}

/// The error of dal for an error of the SDK that was read.
pub(crate) fn of<E>(
    reading: Reading,
    operation: &'static str,
    table: &str,
    native: SdkError<E>,
) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let message = advice(&reading.class);
    let error = Error::of(reading.class, message)
        .backend("dynamodb")
        .operation(operation)
        .entity(table);
    let error = match reading.status {
        Some(status) => error.with("status", status),
        None => error,
    };
    error.source(Native::new(native))
}

/// The class and the exception's name, for spans, metrics and errors.
pub(crate) fn read<E>(error: &SdkError<E>, roles: &[Role]) -> Reading
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    Reading {
        class: classify_as(error, roles),
        status: status_code(error),
    }
}

/// The exception's name, else the HTTP status.
fn status_code<E>(error: &SdkError<E>) -> Option<String>
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
    if let Some(ExecuteStatementError::ConditionalCheckFailedException(e)) = error.downcast_ref() {
        return e.item();
    }
    if let Some(ServiceError::ConditionalCheckFailedException(e)) = error.downcast_ref() {
        return e.item();
    }
    None
}

fn service(
    error: &dyn Any,
    code: Option<&str>,
    message: Option<&str>,
    response: Option<&HttpResponse>,
    roles: &[Role],
) -> Class {
    let message = message.unwrap_or_default();
    let code = code.map(short).unwrap_or_default();
    match code {
        "ConditionalCheckFailedException" => {
            let role = roles.first().cloned().unwrap_or_default();
            return role.class(old(error).is_some());
        }
        "TransactionCanceledException" => return cancelled(reasons(error), roles),
        "ValidationException" | "ValidationError" => return text::validation(message),
        _ if skew::refused(code, message, response) => {
            return Class::new(ErrorKind::Credentials).retry(Retry::Backoff);
        }
        _ => {}
    }
    codes::class(code)
        .unwrap_or_else(|| codes::by_status(response.map(|response| response.status().as_u16())))
}

fn cancelled(reasons: &[CancellationReason], roles: &[Role]) -> Class {
    decisive(reasons, roles).map_or(
        Class::new(ErrorKind::Unexpected).effect(Effect::None),
        |(_, class)| class,
    )
}

/// The action that decides why a transaction was cancelled, by position, and the class of its reason.
///
/// Mixed reasons: Invalid > Condition, Unique, Reference > Throttle > Conflict; of equals the first
/// by position. A reason that is not transient therefore always wins over one that is.
pub(crate) fn decisive(reasons: &[CancellationReason], roles: &[Role]) -> Option<(usize, Class)> {
    let mut worst: Option<(u8, usize, Class)> = None;
    for (position, found) in reasons.iter().enumerate() {
        let code = found.code().map_or("None", short);
        if code == "None" {
            continue;
        }
        let role = roles.get(position).cloned().unwrap_or_default();
        let (rank, class) = reason(code, found.message(), found.item(), &role);
        if worst.as_ref().is_none_or(|(known, ..)| rank > *known) {
            worst = Some((rank, position, class));
        }
    }
    worst.map(|(_, position, class)| (position, class))
}

/// One reason of a cancelled transaction, or the error of one statement of a batch: how much it
/// weighs, and its class. Neither had an effect.
fn reason(code: &str, message: Option<&str>, item: Option<&Item>, role: &Role) -> (u8, Class) {
    match code {
        "ConditionalCheckFailed" => (3, role.class(item.is_some_and(|item| !item.is_empty()))),
        "ValidationError" => (4, text::validation(message.unwrap_or_default())),
        _ => {
            // What is not known to be transient must not be repeated.
            let class = codes::class(code).unwrap_or(Class::new(ErrorKind::Unexpected));
            let rank = match class.kind {
                ErrorKind::Conflict => 1,
                kind if kind.is_transient() => 2,
                ErrorKind::AlreadyExists => 3,
                _ => 4,
            };
            (rank, class.effect(Effect::None))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn an_unknown_reason_is_not_repeated() {
        let class = cancelled(&[reason("TransactionConflict"), reason("NewReason")], &[]);
        assert_eq!((class.retry, class.effect), (Retry::Never, Effect::None));
    }
}
