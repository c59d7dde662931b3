//! One call of the SDK: traced, measured, ended at the deadline, repeated by the retry rules.

use std::error::Error as StdError;
use std::future::Future;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use dal_traits::call::{self, Call, Cause, Failed};
use dal_traits::{Error, Idempotency, Result};

use crate::client::DynamoDb;
use crate::error;
use crate::role::Role;

/// DynamoDB among the database systems of OpenTelemetry.
const SYSTEM: &str = "aws.dynamodb";

impl DynamoDb {
    /// Makes one call: each attempt in a span and measured, repeated by the retry rules, ended at
    /// the deadline of [`dal_traits::OpCx::current`].
    ///
    /// `operation` (such as `PutItem`) and `table` name it for spans, metrics and errors. `request`
    /// is called once for each attempt. A transaction that says [`Idempotency::ByToken`] sets
    /// `client_request_token` to one token for all attempts (see [`crate::request_token`]): left to
    /// itself, the SDK makes a new one for each.
    ///
    /// # Errors
    /// The class of the last attempt; the effect is unknown when it was in any attempt of a write;
    /// [`dal_traits::Retry::Exhausted`] when every attempt was used. The source is a
    /// [`crate::Native`]`<SdkError<E>>`.
    pub async fn call<T, E, F, Fut>(
        &self,
        operation: &'static str,
        table: &str,
        idempotency: Idempotency,
        request: F,
    ) -> Result<T>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E>>>,
    {
        self.call_as(operation, table, idempotency, &[], request)
            .await
    }

    /// As [`DynamoDb::call`], with what each condition of the request stands for.
    ///
    /// # Errors
    /// As [`DynamoDb::call`], with false conditions read as [`crate::classify_as`] does.
    pub async fn call_as<T, E, F, Fut>(
        &self,
        operation: &'static str,
        table: &str,
        idempotency: Idempotency,
        roles: &[Role],
        mut request: F,
    ) -> Result<T>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, SdkError<E>>>,
    {
        let call = named(operation, table);
        let read = |native: &Boxed<E>| error::read(native, roles);
        call::run(call, &self.policy, idempotency, read, || boxed(request()))
            .await
            .map_err(|failed| into_error(failed, operation, table))
    }
}

/// The call's name in spans, metrics and errors.
pub(crate) fn named<'a>(operation: &'static str, table: &'a str) -> Call<'a> {
    Call {
        system: SYSTEM,
        operation,
        table,
    }
}

/// An error of the SDK, which has hundreds of bytes, on the heap.
pub(crate) type Boxed<E> = Box<SdkError<E>>;

/// The SDK's futures are tens of kilobytes and its errors hundreds of bytes: both on the heap, not in
/// every caller's future.
pub(crate) fn boxed<T, E>(
    request: impl Future<Output = Result<T, SdkError<E>>>,
) -> impl Future<Output = Result<T, Boxed<E>>> {
    let request = Box::pin(request);
    async { request.await.map_err(Box::new) }
}

/// The error of dal for an attempt that failed.
pub(crate) fn into_error<E>(
    failed: Failed<Cause<Boxed<E>>>,
    operation: &'static str,
    table: &str,
) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    match failed.error {
        Cause::Native(native) => error::of(failed.reading, operation, table, *native),
        Cause::Late => Error::of(
            failed.reading.class,
            "the deadline passed before the reply came; read back what the call should have done",
        )
        .backend("dynamodb")
        .operation(operation)
        .entity(table),
    }
}
