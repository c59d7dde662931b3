//! Cleaning a connection that returns to its pool, before the next caller uses it.

use std::time::Duration;

use sqlx::Executor;
use sqlx::mysql::MySqlConnection;

use crate::closed;

/// How long a statement that was dropped in mid-flight may still take before its connection is
/// closed.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Cleans a connection on its way back into the pool; the hook for
/// [`after_release`](sqlx::pool::PoolOptions::after_release), which
/// [`pool_options`](crate::pool_options) sets.
///
/// When the future of a statement is dropped (a deadline, a client that disconnected, a `select!`),
/// its connection may still have a statement or a transaction open, and sqlx 0.9 gives it to the
/// next caller as it is. After a dropped `BEGIN`, that caller writes into a transaction that is
/// never committed. After a dropped preparation of a statement, sqlx may misread the reply and wait
/// for ever: the pool has then lost a connection for good.
///
/// This hook rolls back first. That is one round trip for each use of a connection, and no caller
/// waits for it. When the rollback fails, or takes longer than five seconds, the connection is
/// closed at once and the server is not told: a server that has vanished would keep the connection
/// waiting, with TLS for ever. The server ends a statement that still runs by its own limits
/// (`max_execution_time`, `innodb_lock_wait_timeout`).
///
/// ```no_run
/// # async fn f() -> Result<(), sqlx::Error> {
/// let pool = sqlx::mysql::MySqlPoolOptions::new()
///     .after_release(|connection, _| Box::pin(dal_mysql::release(connection)))
///     .connect("mysql://localhost/shop").await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// None: for a connection that is broken or busy it returns `false`, which tells the pool to close
/// it.
pub async fn release(connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
    let rolled_back = tokio::time::timeout(TIMEOUT, connection.execute("ROLLBACK")).await;
    if matches!(rolled_back, Ok(Ok(_))) {
        return Ok(true);
    }
    // sqlx closes the connection that it finds here. Both of its ways to do so flush first, which
    // with TLS waits for the server. So it gets a connection that closes at once, and the real one
    // is dropped.
    if let Ok(closed) = closed::connection().await {
        *connection = closed;
    }
    Ok(false)
}
