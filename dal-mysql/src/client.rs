//! The client: a pool whose calls are traced, measured and repeated by the retry rules.

use std::sync::Arc;

use dal_traits::{Result, RetryPolicy};
use sqlx::Transaction;
use sqlx::mysql::MySqlPool;

use crate::cause::Trial;
use crate::session;

/// A pool of connections under the session rules. Cheap to clone; clones share pool and retry
/// budget.
#[derive(Clone)]
pub struct MySql {
    pub(crate) pool: MySqlPool,
    pub(crate) policy: RetryPolicy,
    pub(crate) trial: Arc<Trial>,
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
/// [`Config`](dal_traits::ErrorKind::Config) for the URL or the session,
/// [`Credentials`](dal_traits::ErrorKind::Credentials),
/// [`Unavailable`](dal_traits::ErrorKind::Unavailable) when the server cannot be reached within
/// sqlx's acquire timeout (30 s).
pub async fn connect(url: &str) -> Result<MySql> {
    from_pool(session::open(url).await?).await
}

/// Takes the pool that the application has and verifies one of its sessions.
///
/// # Errors
/// [`Config`](dal_traits::ErrorKind::Config) with the line to paste, see [`session::verify`].
pub async fn from_pool(pool: MySqlPool) -> Result<MySql> {
    session::verify(&pool).await?;
    Ok(MySql {
        pool,
        policy: RetryPolicy::default(),
        trial: Arc::default(),
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

    /// Begins a transaction. A pool without a connection tells whether it is full or the server is
    /// down (see [`cause`](crate::cause)), which `pool().begin()` does not.
    ///
    /// # Errors
    /// Those of [`sqlx::Pool::begin`].
    pub async fn begin(&self) -> Result<Transaction<'static, sqlx::MySql>, sqlx::Error> {
        match self.pool.begin().await {
            Ok(transaction) => Ok(transaction),
            Err(error) => Err(self.trial.cause(&self.pool, error).await),
        }
    }
}
