//! One call of sqlx: traced, measured, ended at the deadline, repeated by the retry rules.

use std::future::Future;

use dal_traits::call::{self, Call, Cause, Failed, Reading};
use dal_traits::{Classify, Error, Idempotency, OpCx, Result, retry, telemetry};

use crate::client::MySql;
use crate::error;

/// MySQL among the database systems of OpenTelemetry.
const SYSTEM: &str = "mysql";

impl MySql {
    /// Runs one statement (or any work that fails with sqlx's error): each attempt in a span and
    /// measured, repeated by the retry rules, ended at the deadline of [`OpCx::current`].
    ///
    /// `operation` and `table` name it for spans, metrics and errors. `statement` is called once for
    /// each attempt.
    ///
    /// # Errors
    /// The class of the last attempt; the effect is unknown when it was in any attempt of a write;
    /// [`dal_traits::Retry::Exhausted`] when every attempt was used. The source is a [`crate::Native`].
    pub async fn statement<T, F, Fut>(
        &self,
        operation: &'static str,
        table: &str,
        idempotency: Idempotency,
        mut statement: F,
    ) -> Result<T>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, sqlx::Error>>,
    {
        let call = named(operation, table);
        call::run(call, &self.policy, idempotency, error::read, || {
            let statement = statement();
            async {
                match statement.await {
                    Ok(value) => Ok(value),
                    Err(error) => Err(self.trial.cause(&self.pool, error).await),
                }
            }
        })
        .await
        .map_err(|failed| into_error(failed, operation, table))
    }

    /// Runs one unit of work with the application's own error, usually a transaction: each attempt
    /// in a span and measured, repeated as a whole by the retry rules (a deadlock rolls back the
    /// whole transaction). `work` is called once for each attempt and begins its own transaction
    /// ([`MySql::begin`]).
    ///
    /// The deadline of [`OpCx::current`] stops the next attempt, not the running one.
    ///
    /// # Errors
    /// The error of the last attempt as it is; or, when an earlier attempt of a write may have been
    /// applied, the error of that one (see [`retry`]).
    pub async fn unit<T, E, F, Fut>(
        &self,
        operation: &'static str,
        table: &str,
        idempotency: Idempotency,
        mut work: F,
    ) -> Result<T, E>
    where
        E: Classify,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let cx = OpCx::current();
        let call = named(operation, table);
        let read = |error: &E| Reading {
            class: error.classify(),
            status: None,
        };
        retry(&self.policy, &cx, idempotency, || {
            telemetry::observe(call, &cx, read, work())
        })
        .await
        .map_err(|failed: Failed<E>| failed.error)
    }
}

fn named<'a>(operation: &'static str, table: &'a str) -> Call<'a> {
    Call {
        system: SYSTEM,
        operation,
        table,
    }
}

fn into_error(failed: Failed<Cause<sqlx::Error>>, operation: &'static str, table: &str) -> Error {
    match failed.error {
        Cause::Native(native) => error::of(failed.reading, operation, table, native),
        Cause::Late => Error::of(
            failed.reading.class,
            "the deadline passed before the reply came; read back what the call should have done",
        )
        .backend("mysql")
        .operation(operation)
        .entity(table),
    }
}
