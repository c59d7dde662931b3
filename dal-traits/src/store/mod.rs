//! What applications use.

use std::sync::Arc;

use crate::Service;

/// A store of one model, on whatever backend. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    service: Arc<dyn Service>,
}

impl Store {
    /// A store on `service`.
    pub fn open(service: impl Service) -> Self {
        Self {
            service: Arc::new(service),
        }
    }

    /// The backend.
    pub fn service(&self) -> &Arc<dyn Service> {
        &self.service
    }
}
