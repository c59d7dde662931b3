//! The shop over HTTP: JSON in, JSON out, errors by their kind.

mod admin;
mod carts;
mod context;
mod input;
mod orders;
mod paging;
mod problem;
mod products;
mod users;

use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::Repositories;
use crate::shadow::Shadow;

pub use context::CORRELATION_ID;
pub use problem::Problem;

/// What handlers need to answer requests. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// One store, or both behind the shadow.
    pub shop: Repositories,
    /// The shadow, unless one store serves alone.
    pub shadow: Option<Shadow>,
    /// What `/metrics` shows.
    pub metrics: PrometheusHandle,
    /// The timeout of a request, which is then answered with 504.
    pub timeout: Duration,
}

/// Every route of the shop.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(users::routes())
        .merge(products::routes())
        .merge(carts::routes())
        .merge(orders::routes())
        .merge(admin::routes())
        .fallback(async || Problem::no_such_page())
        .method_not_allowed_fallback(async || Problem::no_such_method())
        .layer(from_fn_with_state(app.clone(), context::enter))
        .with_state(app)
}
