//! Why a pool had no connection: it is full, or the server is down.

use std::io;
use std::time::Duration;

use sqlx::mysql::MySqlPool;
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long a trial connection may take.
const TRIAL_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the result of a trial holds, so that a thousand callers make one.
const FRESH: Duration = Duration::from_secs(1);

/// Finds out what [`sqlx::Error::PoolTimedOut`] hides. While a server refuses connections, sqlx's
/// pool tries again until its time is up, and then reports what it reports when every connection is
/// in use. This tries to connect once, for at most a second: when that fails for want of a server,
/// it returns an [`sqlx::Error::Io`], which [`classify`](crate::classify) reads as
/// [`Unavailable`](dal_traits::ErrorKind::Unavailable) without an effect. Any other error is
/// returned as it is.
///
/// [`MySql::statement`](crate::MySql::statement), [`MySql::begin`](crate::MySql::begin) and
/// [`connect`](crate::connect) do this themselves.
pub async fn cause(pool: &MySqlPool, error: sqlx::Error) -> sqlx::Error {
    if matches!(error, sqlx::Error::PoolTimedOut) && !is_reachable(pool).await {
        unreachable()
    } else {
        error
    }
}

/// The latest trial, shared by the callers of one pool.
#[derive(Debug, Default)]
pub(crate) struct Trial(Mutex<Option<(Instant, bool)>>);

impl Trial {
    /// As [`cause`], with one trial at a time and at most one a second.
    pub(crate) async fn cause(&self, pool: &MySqlPool, error: sqlx::Error) -> sqlx::Error {
        if !matches!(error, sqlx::Error::PoolTimedOut) {
            return error;
        }
        let mut latest = self.0.lock().await;
        let reachable = match *latest {
            Some((at, reachable)) if at.elapsed() < FRESH => reachable,
            _ => {
                let reachable = is_reachable(pool).await;
                *latest = Some((Instant::now(), reachable));
                reachable
            }
        };
        if reachable { error } else { unreachable() }
    }
}

/// Whether a server is there to talk to. One that refuses the log-in (too many connections, a wrong
/// password) is.
async fn is_reachable(pool: &MySqlPool) -> bool {
    let options = pool.connect_options();
    // Boxed: what hardly ever runs must not make the future of every call large.
    match timeout(TRIAL_TIMEOUT, Box::pin(options.connect())).await {
        Ok(Ok(connection)) => {
            // Whether the goodbye arrives does not matter.
            let _closed = timeout(TRIAL_TIMEOUT, Box::pin(connection.close())).await;
            true
        }
        Ok(Err(sqlx::Error::Io(_))) | Err(_) => false,
        Ok(Err(_)) => true,
    }
}

fn unreachable() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(
        io::ErrorKind::NotConnected,
        "the server cannot be reached, so the pool has no connection",
    ))
}
