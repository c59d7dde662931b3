//! `/users`.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;

use super::input::Input;
use super::paging::Paging;
use super::{App, Problem};
use crate::model::{NewUser, Page, User};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/users", get(list).post(register))
        .route("/users/lookup", get(lookup))
        .route("/users/{user}", get(by_id).delete(remove))
        .route("/users/{user}/name", put(rename))
}

async fn register(
    State(app): State<App>,
    Input(Json(new)): Input<Json<NewUser>>,
) -> Result<(StatusCode, Json<User>), Problem> {
    let user = app.shop.users.register(&new).await?;
    Ok((StatusCode::CREATED, Json(user)))
}

async fn list(
    State(app): State<App>,
    Input(Query(paging)): Input<Query<Paging>>,
) -> Result<Json<Page<User>>, Problem> {
    let after = paging.after.as_deref();
    Ok(Json(app.shop.users.list(after, paging.limit).await?))
}

/// `?email=` or `?name=`, to the byte.
#[derive(Deserialize)]
struct Lookup {
    email: Option<String>,
    name: Option<String>,
}

async fn lookup(
    State(app): State<App>,
    Input(Query(wanted)): Input<Query<Lookup>>,
) -> Result<Json<User>, Problem> {
    let found = match (wanted.email, wanted.name) {
        (Some(email), None) => app.shop.users.by_email(&email).await?,
        (None, Some(name)) => app.shop.users.by_name(&name).await?,
        _ => return Err(Problem::unclear("give either `email` or `name`")),
    };
    found
        .map(Json)
        .ok_or_else(|| Problem::nothing_here("NoSuchUser"))
}

async fn by_id(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
) -> Result<Json<User>, Problem> {
    let found = app.shop.users.get(id).await?;
    found
        .map(Json)
        .ok_or_else(|| Problem::nothing_here("NoSuchUser"))
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

async fn rename(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
    Input(Json(new)): Input<Json<Name>>,
) -> Result<StatusCode, Problem> {
    app.shop.users.rename(id, &new.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
) -> Result<StatusCode, Problem> {
    if app.shop.users.remove(id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::nothing_here("NoSuchUser"))
    }
}
