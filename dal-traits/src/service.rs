//! What a backend is.

use std::sync::Arc;

use async_trait::async_trait;

use crate::capability::Capability;
use crate::model::Model;
use crate::op::{Op, Reply};
use crate::{OpCx, Result};

/// A store that carries out finished operations of one [`Model`]. Backends and layers implement it;
/// applications use [`Store`](crate::store::Store), which finishes what they ask for.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// The model that its operations are of.
    fn model(&self) -> &Arc<Model>;

    /// What it can do.
    fn capability(&self) -> &Capability;

    /// Carries out one operation. The reply is the one that the operation's documentation names.
    ///
    /// # Errors
    /// By kind as in `docs/errors.md`; a backend adds neither retries nor logs.
    async fn call(&self, cx: &OpCx, op: Op) -> Result<Reply>;
}

#[async_trait]
impl<S: Service + ?Sized> Service for Arc<S> {
    fn model(&self) -> &Arc<Model> {
        (**self).model()
    }

    fn capability(&self) -> &Capability {
        (**self).capability()
    }

    async fn call(&self, cx: &OpCx, op: Op) -> Result<Reply> {
        (**self).call(cx, op).await
    }
}
