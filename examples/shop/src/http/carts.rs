//! `/users/{user}/cart`.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::input::Input;
use super::paging::Paging;
use super::{App, Problem};
use crate::model::{CartLine, Page};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/users/{user}/cart", get(lines).post(add).delete(clear))
        .route(
            "/users/{user}/cart/{product}",
            get(line).put(set).delete(remove),
        )
}

#[derive(Deserialize)]
struct Addition {
    product_id: u64,
    quantity: u32,
}

#[derive(Serialize, Deserialize)]
struct Quantity {
    quantity: u32,
}

async fn add(
    State(app): State<App>,
    Input(Path(user)): Input<Path<u64>>,
    Input(Json(new)): Input<Json<Addition>>,
) -> Result<Json<Quantity>, Problem> {
    let quantity = app
        .shop
        .carts
        .add(user, new.product_id, new.quantity)
        .await?;
    Ok(Json(Quantity { quantity }))
}

async fn lines(
    State(app): State<App>,
    Input(Path(user)): Input<Path<u64>>,
    Input(Query(paging)): Input<Query<Paging>>,
) -> Result<Json<Page<CartLine>>, Problem> {
    let after = paging.after.as_deref();
    Ok(Json(app.shop.carts.lines(user, after, paging.limit).await?))
}

async fn line(
    State(app): State<App>,
    Input(Path((user, product))): Input<Path<(u64, u64)>>,
) -> Result<Json<CartLine>, Problem> {
    let found = app.shop.carts.line(user, product).await?;
    found
        .map(Json)
        .ok_or_else(|| Problem::nothing_here("NoSuchLine"))
}

async fn set(
    State(app): State<App>,
    Input(Path((user, product))): Input<Path<(u64, u64)>>,
    Input(Json(new)): Input<Json<Quantity>>,
) -> Result<StatusCode, Problem> {
    app.shop.carts.set(user, product, new.quantity).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(
    State(app): State<App>,
    Input(Path((user, product))): Input<Path<(u64, u64)>>,
) -> Result<StatusCode, Problem> {
    if app.shop.carts.remove(user, product).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::nothing_here("NoSuchLine"))
    }
}

#[derive(Serialize)]
struct Removed {
    removed: u32,
}

async fn clear(
    State(app): State<App>,
    Input(Path(user)): Input<Path<u64>>,
) -> Result<Json<Removed>, Problem> {
    let removed = app.shop.carts.clear(user).await?;
    Ok(Json(Removed { removed }))
}
