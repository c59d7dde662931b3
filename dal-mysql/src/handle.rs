//! The handle for hand-written code: a pool whose calls are traced, measured and repeated by the
//! retry rules.

use std::future::Future;

use dal_traits::{
    Attempts, Class, Classify, Error, ErrorKind, Idempotency, OpCx, Result, RetryPolicy, retry,
    telemetry,
};
use sqlx::mysql::MySqlPool;

use crate::{error, session};

/// MySQL among the database systems of OpenTelemetry.
const SYSTEM: &str = "mysql";

/// A pool of connections under the session rules. Cheap to clone; clones share pool and retry
/// budget.
#[derive(Clone)]
pub struct MySql {
    pool: MySqlPool,
    policy: RetryPolicy,
}

impl std::fmt::Debug for MySql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MySql").finish_non_exhaustive()
    }
}

/// Connects to `url` (`mysql://user:password@host:3306/database`) under the session rules and
/// verifies them.
///
/// # Errors
/// [`ErrorKind::Config`] for the URL or the session, [`ErrorKind::Credentials`],
/// [`ErrorKind::Throttled`] when no connection was made within sqlx's acquire time-out (30 s).
pub async fn connect(url: &str) -> Result<MySql> {
    from_pool(session::open(url).await?).await
}

/// Takes the pool that the application has and verifies one of its sessions.
///
/// # Errors
/// [`ErrorKind::Config`] with the line to paste, see [`session::verify`].
pub async fn from_pool(pool: MySqlPool) -> Result<MySql> {
    session::verify(&pool).await?;
    Ok(MySql {
        pool,
        policy: RetryPolicy::default(),
    })
}

impl MySql {
    /// Sets the retry policy.
    #[must_use]
    pub fn with_policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The pool, for sqlx's own calls.
    pub fn pool(&self) -> &MySqlPool {
        &self.pool
    }

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
        let cx = OpCx::current();
        let attempts = Attempts::new(&self.policy, idempotency);
        retry(&self.policy, &cx, idempotency, || {
            attempts.begin();
            let call = statement();
            let (cx, attempts) = (&cx, &attempts);
            async move {
                let call = async {
                    let Some(deadline) = cx.deadline() else {
                        return call.await.map_err(Failed::Native);
                    };
                    match tokio::time::timeout_at(deadline, call).await {
                        Ok(answer) => answer.map_err(Failed::Native),
                        Err(_late) => Err(Failed::Late),
                    }
                };
                telemetry::observe(SYSTEM, cx, operation, table, Failed::read, call)
                    .await
                    .map_err(|failed| {
                        failed.into_error(|class| attempts.failed(class), operation, table)
                    })
            }
        })
        .await
    }

    /// Runs one unit of work with the application's own error, usually a transaction: each attempt
    /// in a span and measured, repeated as a whole by the retry rules (a deadlock rolls back the
    /// whole transaction). `work` is called once for each attempt and begins its own transaction.
    ///
    /// The deadline of [`OpCx::current`] stops the next attempt, not the running one.
    ///
    /// # Errors
    /// The error of the last attempt as it is.
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
        retry(&self.policy, &cx, idempotency, || {
            telemetry::observe(
                SYSTEM,
                &cx,
                operation,
                table,
                |error: &E| (error.classify(), None),
                work(),
            )
        })
        .await
    }
}

enum Failed {
    Native(sqlx::Error),
    /// The deadline passed while the statement ran.
    Late,
}

impl Failed {
    fn read(&self) -> (Class, Option<String>) {
        match self {
            Self::Native(native) => (error::classify(native), error::status_code(native)),
            Self::Late => (Class::new(ErrorKind::Timeout), None),
        }
    }

    fn into_error(
        self,
        finish: impl Fn(Class) -> Class,
        operation: &'static str,
        table: &str,
    ) -> Error {
        let class = finish(self.read().0);
        match self {
            Self::Native(native) => error::of(class, operation, table, native),
            Self::Late => Error::of(class, "the deadline passed before the answer came")
                .backend("mysql")
                .operation(operation)
                .entity(table),
        }
    }
}
