//! How a check gets its stores.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::fault::Fault;
use super::{FailureKind, panics};

/// Makes a fresh store.
pub(super) type Factory<S> = Arc<dyn Fn() -> BoxFuture<'static, Arc<S>> + Send + Sync>;

/// A store of a factory.
pub(super) async fn made<S: ?Sized>(factory: &Factory<S>, engine: &str) -> Result<Arc<S>, Fault> {
    panics::caught(async { factory().await })
        .await
        .map_err(|panic| {
            Fault::new(
                FailureKind::Setup,
                0,
                format!("the factory of {engine} {panic}"),
            )
        })
}
