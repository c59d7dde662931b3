//! Says in every error where it happened.

use std::sync::Arc;

use async_trait::async_trait;

use crate::model::Model;
use crate::op::{Op, Reply};
use crate::{Capability, OpCx, Result, Service};

/// Adds operation, entity and backend to the errors of a service.
pub(in crate::store) struct ErrorContext<S>(pub(in crate::store) S);

#[async_trait]
impl<S: Service> Service for ErrorContext<S> {
    fn model(&self) -> &Arc<Model> {
        self.0.model()
    }

    fn capability(&self) -> &Capability {
        self.0.capability()
    }

    async fn call(&self, cx: &OpCx, op: Op) -> Result<Reply> {
        let (operation, entity) = (op.name(), op.entity().cloned());
        self.0.call(cx, op).await.map_err(|error| {
            let error = error
                .operation(operation)
                .backend(self.capability().backend);
            match entity {
                Some(entity) => error.entity(entity.name.as_str()),
                // Each step names its own.
                None => error,
            }
        })
    }
}
