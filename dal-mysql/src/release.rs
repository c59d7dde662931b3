//! What a connection goes through before its pool gives it to somebody else.

use std::time::Duration;

use sqlx::Executor;
use sqlx::mysql::MySqlConnection;

/// How long a statement that was dropped in mid-flight may still take before its connection is closed.
const LIMIT: Duration = Duration::from_secs(5);

/// Cleans a connection on its way back into the pool; the hook for
/// [`after_release`](sqlx::pool::PoolOptions::after_release), which [`pool_options`](crate::pool_options)
/// sets.
///
/// Whoever drops the future of a statement (a deadline, a client that went away, a `select!`) leaves a
/// connection in the middle of something, and sqlx 0.9 gives it to the next caller as it is. Where a
/// `BEGIN` was dropped, that caller writes into an open transaction that nobody commits. Where the
/// preparation of a statement was dropped, sqlx may take its reply for an answer after which further
/// ones come, and wait for them for ever: the pool is one connection smaller for good. Here the
/// connection rolls back first, and is closed when it cannot within five seconds: at once when the
/// server waits for a statement, else when it has ended the one that was dropped. (Limits for that are
/// the server's own: `max_execution_time`, `innodb_lock_wait_timeout`.)
///
/// The roll-back is one round trip for each use of a connection; no caller waits for it.
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
/// None: a connection that is broken or busy is `false`, which tells the pool to close it.
pub async fn release(connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
    // Never an error: sqlx then shuts the link down without a word to the server, and with TLS waits for
    // ever for one from it. After `false` it says goodbye first.
    let rolled_back = tokio::time::timeout(LIMIT, connection.execute("ROLLBACK")).await;
    Ok(matches!(rolled_back, Ok(Ok(_))))
}
