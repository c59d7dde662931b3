//! Fail-overs: a server that turned read-only keeps its connections, and every write on them fails.
//! So they are closed, and new ones find the new primary.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use sqlx::pool::PoolConnectionMetadata;

use crate::native::server_error;

/// `ER_OPTION_PREVENTS_STATEMENT`, `ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION`, `ER_READ_ONLY_MODE`.
const NUMBERS: [u16; 3] = [1290, 1792, 1836];

/// When this process last read the error of a server that had turned read-only.
static LATEST: Mutex<Option<Instant>> = Mutex::new(None);

/// Whether a server that is read-only refused the statement.
pub(crate) fn is_read_only(number: u16, message: &str) -> bool {
    // 1290 has many options as its reason. Their names are the same in every language.
    NUMBERS.contains(&number) && (number != 1290 || message.contains("read-only"))
}

/// As [`is_read_only`], for an error of sqlx.
pub(crate) fn is_fail_over(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|native| is_read_only(native.number(), native.message()))
}

/// Remembers that a server turned read-only.
pub(crate) fn note() {
    *LATEST.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

/// Whether a connection was opened after the latest fail-over that [`classify`](crate::classify) has
/// read in this process; the hook for
/// [`before_acquire`](sqlx::pool::PoolOptions::before_acquire), which
/// [`pool_options`](crate::pool_options) sets. Older connections may lead to the former primary, so
/// the pool closes them and opens new ones.
///
/// ```no_run
/// # async fn f() -> Result<(), sqlx::Error> {
/// let pool = sqlx::mysql::MySqlPoolOptions::new()
///     .before_acquire(|_, meta| Box::pin(async move { Ok(dal_mysql::is_current(&meta)) }))
///     .after_release(|connection, _| Box::pin(dal_mysql::release(connection)))
///     .connect("mysql://localhost/shop").await?;
/// # Ok(()) }
/// ```
pub fn is_current(connection: &PoolConnectionMetadata) -> bool {
    LATEST
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .is_none_or(|latest| connection.age < latest.elapsed())
}
