//! Whether a pool gives a connection to its next user with a transaction that was dropped.

use std::time::Duration;

use sqlx::mysql::MySqlPool;
use sqlx::{Connection, Executor};

/// For the one connection to be made, or to come back.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The options that [`from_pool`](crate::from_pool) prescribes for a pool that fails [`hands_on`]:
/// those of [`pool_options`](crate::pool_options).
pub(crate) const PRESCRIBED: &str = "MySqlPoolOptions::new()\
     .before_acquire(|_, meta| Box::pin(async move { Ok(dal_mysql::is_current(&meta)) }))\
     .after_release(|connection, _| Box::pin(dal_mysql::release(connection)))";

/// A pool of one connection with the settings and the hooks of `pool`: what is tried there meets no
/// user of `pool`, and the next connection is the one that was used.
pub(crate) fn alone(pool: &MySqlPool) -> MySqlPool {
    let options = pool.options().clone();
    let timeout = options.get_acquire_timeout().min(TIMEOUT);
    options
        .min_connections(0)
        .max_connections(1)
        .acquire_timeout(timeout)
        .connect_lazy_with((*pool.connect_options()).clone())
}

/// Leaves a transaction open on the connection of the pool of one, as dropping a `BEGIN` in
/// mid-flight does, and finds out whether the next user of the connection is in it.
pub(crate) async fn hands_on(alone: &MySqlPool) -> Result<bool, sqlx::Error> {
    let mut connection = alone.acquire().await?;
    // As text, so that sqlx does not know that a transaction is open.
    connection.execute("BEGIN").await?;
    drop(connection);
    let mut next = alone.acquire().await?;
    // A "begin" that begins nothing succeeds only in a transaction: sqlx looks at the state that
    // the server sends with each reply.
    let handed_on = match next.begin_with("DO 0").await {
        Ok(transaction) => {
            transaction.rollback().await?;
            true
        }
        Err(sqlx::Error::BeginFailed) => false,
        Err(error) => return Err(error),
    };
    // The same look sees a transaction when there is one.
    next.begin().await?.rollback().await?;
    Ok(handed_on)
}
