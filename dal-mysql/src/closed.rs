//! A connection that takes no time to close.

use std::net::Ipv4Addr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// For one exchange with this process itself.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The greeting of a server (`Protocol::HandshakeV10`) that offers nothing but the protocol itself
/// (`CLIENT_PROTOCOL_41`, `CLIENT_SECURE_CONNECTION`): version, connection id, 8 bytes of a nonce,
/// capabilities, character set, status, 10 reserved bytes, 12 more of the nonce.
const GREETING: [u8; 51] = *b"\x0a8.0.0\x00\x01\x00\x00\x00nnnnnnnn\x00\
    \x00\x82\x2d\x02\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    nnnnnnnnnnnn\x00";
/// Its length, and the first of the sequence.
const BEFORE_GREETING: [u8; 4] = [51, 0, 0, 0];

/// `OK_Packet`, the third of the sequence: nothing changed, no warnings.
const OK: [u8; 11] = [7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0];

/// A connection whose other end, in this process, is gone already.
///
/// A hook of a pool has only a reference to its connection, and sqlx makes a [`MySqlConnection`]
/// only by connecting. So it connects over the loopback interface, to a listener that takes one
/// log-in without a name or a password and is gone. What is assigned over the old connection drops
/// it, and its socket is closed at once.
pub(crate) async fn connection() -> Result<MySqlConnection, sqlx::Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let options = MySqlConnectOptions::new()
        .host("127.0.0.1")
        .port(listener.local_addr()?.port())
        .username("")
        .ssl_mode(MySqlSslMode::Disabled)
        // With these sqlx sends no statement after the log-in.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        .disable_statement_logging();
    let both = async { tokio::try_join!(options.connect(), greet(listener)) };
    match tokio::time::timeout(TIMEOUT, both).await {
        Ok(both) => both.map(|(connection, ())| connection),
        Err(_late) => Err(sqlx::Error::PoolTimedOut),
    }
}

async fn greet(listener: TcpListener) -> Result<(), sqlx::Error> {
    let (mut link, _) = listener.accept().await?;
    link.write_all(&[&BEFORE_GREETING[..], &GREETING[..]].concat())
        .await?;
    let mut header = [0; 4];
    link.read_exact(&mut header).await?;
    let [length, ..] = header;
    let mut log_in = vec![0; usize::from(length)];
    link.read_exact(&mut log_in).await?;
    link.write_all(&OK).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use sqlx::Connection;

    use super::*;

    #[tokio::test]
    async fn it_closes_at_once_whichever_way_sqlx_does_it() {
        let began = Instant::now();
        let _ = connection().await.unwrap().close().await;
        let _ = connection().await.unwrap().close_hard().await;
        assert!(connection().await.unwrap().ping().await.is_err());
        assert!(began.elapsed() < Duration::from_secs(1));
    }
}
