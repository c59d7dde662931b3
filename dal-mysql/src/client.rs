//! The client: a pool whose calls are traced, measured and repeated by the retry rules.

use std::sync::Arc;

use dal_traits::{Error, ErrorKind, Result, RetryPolicy};
use sqlx::Transaction;
use sqlx::mysql::MySqlPool;

use crate::cause::Trial;
use crate::session::{self, Session};
use crate::{dropped, error, pool};

/// A pool of connections that lose no writes. Cheap to clone; clones share pool and retry budget.
#[derive(Clone)]
pub struct MySql {
    pub(crate) pool: MySqlPool,
    pub(crate) policy: RetryPolicy,
    pub(crate) trial: Arc<Trial>,
    session: Arc<Session>,
}

impl std::fmt::Debug for MySql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MySql").finish_non_exhaustive()
    }
}

/// Connects to `url` (`mysql://user:password@host:3306/database`) as [`pool`](crate::pool()) does.
///
/// # Errors
/// As [`pool`](crate::pool()) and [`from_pool`].
pub async fn connect(url: &str) -> Result<MySql> {
    from_pool(pool::pool(url).await?).await
}

/// Takes the pool that the application has, as it is: its connections run the application's own
/// SQL, so nothing about them is changed.
///
/// On one further connection with the pool's settings and hooks, which is closed again, it reads
/// what the sessions are like ([`MySql::session`]), logs a warning for what makes two stores differ,
/// and tries whether the pool gives a connection to its next user with a transaction that was
/// dropped. Such a pool loses writes, and is refused.
///
/// # Errors
/// [`Config`](ErrorKind::Config) for a pool that loses writes, with the options to paste, and for
/// sessions at READ UNCOMMITTED; [`Unsupported`](ErrorKind::Unsupported) for MariaDB; else as MySQL
/// gave it.
pub async fn from_pool(pool: MySqlPool) -> Result<MySql> {
    let alone = dropped::alone(&pool);
    let session = session::read(&alone).await?;
    let hands_on = dropped::hands_on(&alone).await;
    alone.close().await;
    if hands_on.map_err(|native| error::error("from_pool", "", native))? {
        return Err(loses_writes());
    }
    for warning in &session.warnings {
        tracing::warn!("{warning}");
    }
    Ok(MySql {
        pool,
        policy: RetryPolicy::default(),
        trial: Arc::default(),
        session: Arc::new(session),
    })
}

fn loses_writes() -> Error {
    let message = format!(
        "the pool gives a connection to its next user with a transaction that was dropped, and what \
         that user writes is lost; build it with these options: {}, or by dal_mysql::pool(url); if \
         it has an `after_release` already, end that with `dal_mysql::release(connection).await`",
        dropped::PRESCRIBED
    );
    Error::new(ErrorKind::Config, message)
        .backend("mysql")
        .operation("from_pool")
}

impl MySql {
    /// Sets the retry policy.
    #[must_use]
    pub fn with_policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The same policy and settings on another pool of the same server.
    pub(crate) fn on(&self, pool: MySqlPool) -> Self {
        Self {
            pool,
            policy: self.policy.clone(),
            trial: Arc::default(),
            session: self.session.clone(),
        }
    }

    /// What the sessions of the pool are like, read when it was taken.
    pub fn session(&self) -> &Session {
        &self.session
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
