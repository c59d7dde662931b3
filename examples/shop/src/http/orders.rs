//! `/users/{user}/orders` and `/orders`.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use dal_traits::OpCx;

use super::input::Input;
use super::paging::Paging;
use super::{App, Problem};
use crate::model::{Order, Page};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/users/{user}/orders", get(of_user).post(checkout))
        .route("/orders/{order}", get(by_id).delete(remove))
}

/// Orders what is in the cart.
async fn checkout(
    State(app): State<App>,
    Input(Path(user)): Input<Path<u64>>,
) -> Result<(StatusCode, Json<Order>), Problem> {
    let now = OpCx::current().now();
    let order = app.shop.orders.checkout(user, now.into()).await?;
    Ok((StatusCode::CREATED, Json(order)))
}

async fn of_user(
    State(app): State<App>,
    Input(Path(user)): Input<Path<u64>>,
    Input(Query(paging)): Input<Query<Paging>>,
) -> Result<Json<Page<Order>>, Problem> {
    let after = paging.after.as_deref();
    Ok(Json(
        app.shop.orders.of_user(user, after, paging.limit).await?,
    ))
}

async fn by_id(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
) -> Result<Json<Order>, Problem> {
    let found = app.shop.orders.get(id).await?;
    found
        .map(Json)
        .ok_or_else(|| Problem::nothing_here("NoSuchOrder"))
}

async fn remove(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
) -> Result<StatusCode, Problem> {
    if app.shop.orders.remove(id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::nothing_here("NoSuchOrder"))
    }
}
