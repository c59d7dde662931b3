//! Pools whose connections are clean when they are used again, and change nothing else.

use std::str::FromStr;

use dal_traits::Result;
use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};

use crate::{cause, error, is_current, release};

/// The connect options for a URL such as `mysql://user:password@host:3306/database`: sqlx's own,
/// except that statements are not logged, whose text may hold values.
///
/// # Errors
/// [`Config`](dal_traits::ErrorKind::Config) when the URL cannot be read; its text is not repeated.
pub fn connect_options(url: &str) -> Result<MySqlConnectOptions> {
    let options = MySqlConnectOptions::from_str(url).map_err(|native| {
        error::error("connect", "", native)
            .with("expected", "mysql://user:password@host:3306/database")
    })?;
    Ok(options.disable_statement_logging())
}

/// sqlx's own pool options with two hooks: [`release`], without which a pool may lose writes, and
/// [`is_current`], without which it keeps connections to a server that has turned read-only.
///
/// For a pool with settings of its own, in place of [`MySqlPoolOptions::new`].
pub fn pool_options() -> MySqlPoolOptions {
    MySqlPoolOptions::new()
        .before_acquire(|_, meta| Box::pin(async move { Ok(is_current(&meta)) }))
        .after_release(|connection, _| Box::pin(release(connection)))
}

/// Connects a pool to `url` (`mysql://user:password@host:3306/database`) with [`connect_options`]
/// and [`pool_options`]. Its sessions are those of a pool of sqlx.
///
/// # Errors
/// [`Config`](dal_traits::ErrorKind::Config) for the URL,
/// [`Credentials`](dal_traits::ErrorKind::Credentials),
/// [`Unavailable`](dal_traits::ErrorKind::Unavailable) when the server cannot be reached within
/// sqlx's acquire timeout (30 s).
pub async fn pool(url: &str) -> Result<MySqlPool> {
    let pool = pool_options().connect_lazy_with(connect_options(url)?);
    match pool.acquire().await {
        Ok(_connection) => Ok(pool),
        Err(native) => Err(error::error("connect", "", cause(&pool, native).await)),
    }
}

#[cfg(test)]
mod tests {
    use dal_traits::ErrorKind;

    use super::*;

    #[test]
    fn a_url_that_cannot_be_read_is_not_repeated() {
        let error = connect_options("mysql://root:secret-word@host:notaport/db").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error} {error:?}").contains("secret-word"));
    }
}
