//! One call of the SDK: traced, measured, ended at the deadline, repeated by the retry rules.

use std::error::Error as StdError;
use std::future::Future;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use dal_traits::{Attempts, Class, Error, ErrorKind, Idempotency, OpCx, Result, retry, telemetry};

use crate::client::DynamoDb;
use crate::error;
use crate::role::Role;

/// DynamoDB among the database systems of OpenTelemetry.
const SYSTEM: &str = "aws.dynamodb";

impl DynamoDb {
    /// Makes one call: each attempt in a span and measured, repeated by the retry rules, ended at
    /// the deadline of [`OpCx::current`].
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
        let cx = OpCx::current();
        let attempts = Attempts::new(&self.policy, idempotency);
        retry(&self.policy, &cx, idempotency, || {
            attempts.begin();
            // The SDK's futures are tens of kilobytes: on the heap, not in every caller's future.
            let call = Box::pin(request());
            let (cx, attempts) = (&cx, &attempts);
            async move {
                attempt(cx, operation, table, roles, call)
                    .await
                    .map_err(|failed| {
                        failed.into_error(|class| attempts.failed(class), operation, table, roles)
                    })
            }
        })
        .await
    }
}

/// One attempt: traced, measured, ended at the deadline.
pub(crate) async fn attempt<T, E>(
    cx: &OpCx,
    operation: &'static str,
    table: &str,
    roles: &[Role],
    call: impl Future<Output = Result<T, SdkError<E>>>,
) -> Result<T, Failed<E>>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let call = async {
        let Some(deadline) = cx.deadline() else {
            return call
                .await
                .map_err(|native| Failed::Native(Box::new(native)));
        };
        match tokio::time::timeout_at(deadline, call).await {
            Ok(answer) => answer.map_err(|native| Failed::Native(Box::new(native))),
            Err(_late) => Err(Failed::Late),
        }
    };
    let read = |failed: &Failed<E>| failed.read(roles);
    telemetry::observe(SYSTEM, cx, operation, table, read, call).await
}

/// Why an attempt failed.
pub(crate) enum Failed<E> {
    Native(Box<SdkError<E>>),
    /// The deadline passed while the request was under way.
    Late,
}

impl<E> Failed<E>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    pub(crate) fn read(&self, roles: &[Role]) -> (Class, Option<String>) {
        match self {
            Self::Native(native) => (
                error::classify_as(native, roles),
                error::status_code(native),
            ),
            Self::Late => (Class::new(ErrorKind::Timeout), None),
        }
    }

    pub(crate) fn into_error(
        self,
        finish: impl Fn(Class) -> Class,
        operation: &'static str,
        table: &str,
        roles: &[Role],
    ) -> Error {
        let class = finish(self.read(roles).0);
        match self {
            Self::Native(native) => error::of(class, operation, table, *native),
            Self::Late => Error::of(class, "the deadline passed before the answer came")
                .backend("dynamodb")
                .operation(operation)
                .entity(table),
        }
    }
}
