//! The running service, from its listener to its orderly end.

use std::io;
use std::pin::pin;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::http::{self, App};

/// How the service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Every in-flight request has been answered.
    pub answered: bool,
    /// Every secondary write and every shadow read has ended.
    pub drained: bool,
}

/// Answers requests until `stop` is done; then takes no further ones, answers those under way and
/// ends, each within `grace`.
///
/// # Errors
/// When the listener fails.
pub async fn run(
    listener: TcpListener,
    app: App,
    grace: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Ended> {
    let shadow = app.shadow.clone();
    let (tell, told) = oneshot::channel();
    let server = axum::serve(listener, http::router(app)).with_graceful_shutdown(async move {
        stop.await;
        let _ = tell.send(());
    });
    let mut server = pin!(server.into_future());
    let answered = tokio::select! {
        ended = &mut server => ended.map(|()| true)?,
        _ = told => {
            tracing::info!(?grace, "stopping: no further requests are taken");
            timeout(grace, server).await.is_ok()
        }
    };
    let drained = match shadow {
        Some(shadow) => {
            let drained = shadow.harness.drain(grace).await;
            shadow.harness.flush();
            drained
        }
        None => true,
    };
    Ok(Ended { answered, drained })
}

/// Done at SIGTERM or Ctrl-C.
pub async fn asked_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
