//! For the operator: health, metrics, and what the shadow does. Keep these paths inside.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use dal_shadow::{EntityStatus, MayStep};
use serde::Serialize;
use serde_json::{Value, json};

use super::{App, Problem};
use crate::shadow::Shadow;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .route("/shadow", get(report))
        .route("/shadow/status", get(status))
        .route("/shadow/differences", get(differences))
        .route("/shadow/repair", post(repair))
}

/// The process is alive. It does not ask the stores: a restart would not heal them.
async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

async fn metrics(State(app): State<App>) -> String {
    app.metrics.run_upkeep();
    app.metrics.render()
}

/// What was compared, by entity and method.
async fn report(State(app): State<App>) -> Response {
    of_shadow(&app, |shadow| Json(shadow.harness.report()))
}

/// Where an entity is, and whether it may go on.
#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    status: EntityStatus,
    /// Whether the next step forward may be taken, and why not.
    may_step: Option<MayStep>,
}

/// The phase of each entity, a step that is under way, and what the next one lacks.
async fn status(State(app): State<App>) -> Response {
    of_shadow(&app, |shadow| {
        let harness = &shadow.harness;
        let statuses = harness.status().into_iter();
        let with_next = statuses.map(|status| Status {
            may_step: status
                .phase
                .and_then(dal_shadow::Phase::next)
                .map(|next| harness.may_step(&status.entity, next)),
            status,
        });
        Json(with_next.collect::<Vec<_>>())
    })
}

/// The latest findings, without the values.
async fn differences(State(app): State<App>) -> Response {
    of_shadow(&app, |shadow| Json(shadow.found.records()))
}

/// Begins a copy to the secondary store for writes, beside traffic: `incomplete` in the status is
/// empty when it has ended.
async fn repair(State(app): State<App>) -> Response {
    of_shadow(&app, |shadow| {
        let shadow = shadow.clone();
        tokio::spawn(async move {
            match shadow.repair().await {
                Ok(()) => tracing::info!("the copy has ended; the entities are complete"),
                Err(problem) => tracing::error!(%problem, "the copy was not made"),
            }
        });
        (StatusCode::ACCEPTED, Json(json!({"status": "copying"})))
    })
}

fn of_shadow<T: IntoResponse>(app: &App, show: impl FnOnce(&Shadow) -> T) -> Response {
    match &app.shadow {
        Some(shadow) => show(shadow).into_response(),
        None => Problem::nothing_here("NoShadow").into_response(),
    }
}
