//! `/products`.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::input::Input;
use super::paging::twenty;
use super::{App, Problem};
use crate::model::{Listed, NewProduct, Page, Prices, Product};

pub fn routes() -> Router<App> {
    Router::new()
        .route("/products", get(list).post(add))
        .route("/products/{product}", get(by_id).delete(remove))
        .route("/products/{product}/price", put(set_price))
        .route("/products/{product}/description", put(describe))
        .route("/products/{product}/restock", post(restock))
        .route("/products/{product}/take", post(take))
}

async fn add(
    State(app): State<App>,
    Input(Json(new)): Input<Json<NewProduct>>,
) -> Result<(StatusCode, Json<Product>), Problem> {
    let product = app.shop.products.add(&new).await?;
    Ok((StatusCode::CREATED, Json(product)))
}

/// `?category=` with a range of prices, or `?seller=`; then as in [`super::paging::Paging`].
#[derive(Deserialize)]
struct Wanted {
    category: Option<String>,
    seller: Option<String>,
    #[serde(default)]
    min: u64,
    max: Option<u64>,
    after: Option<String>,
    #[serde(default = "twenty")]
    limit: u32,
}

async fn list(
    State(app): State<App>,
    Input(Query(wanted)): Input<Query<Wanted>>,
) -> Result<Json<Page<Listed>>, Problem> {
    let (after, limit) = (wanted.after.as_deref(), wanted.limit);
    let page = match (wanted.category, wanted.seller) {
        (Some(category), None) => {
            let prices = Prices {
                min: wanted.min,
                max: wanted.max.unwrap_or(u64::MAX),
            };
            app.shop
                .products
                .by_category(&category, prices, after, limit)
                .await?
        }
        (None, Some(seller)) => app.shop.products.by_seller(&seller, after, limit).await?,
        _ => return Err(Problem::unclear("give either `category` or `seller`")),
    };
    Ok(Json(page))
}

async fn by_id(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
) -> Result<Json<Product>, Problem> {
    let found = app.shop.products.get(id).await?;
    found
        .map(Json)
        .ok_or_else(|| Problem::nothing_here("NoSuchProduct"))
}

#[derive(Deserialize)]
struct Price {
    price: u64,
}

async fn set_price(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
    Input(Json(new)): Input<Json<Price>>,
) -> Result<StatusCode, Problem> {
    app.shop.products.set_price(id, new.price).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Description {
    description: String,
}

async fn describe(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
    Input(Json(new)): Input<Json<Description>>,
) -> Result<StatusCode, Problem> {
    app.shop.products.describe(id, &new.description).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Pieces {
    quantity: u32,
}

#[derive(Serialize)]
struct Stock {
    stock: u32,
}

async fn restock(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
    Input(Json(pieces)): Input<Json<Pieces>>,
) -> Result<Json<Stock>, Problem> {
    let stock = app.shop.products.restock(id, pieces.quantity).await?;
    Ok(Json(Stock { stock }))
}

async fn take(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
    Input(Json(pieces)): Input<Json<Pieces>>,
) -> Result<Json<Stock>, Problem> {
    let stock = app.shop.products.take(id, pieces.quantity).await?;
    Ok(Json(Stock { stock }))
}

async fn remove(
    State(app): State<App>,
    Input(Path(id)): Input<Path<u64>>,
) -> Result<StatusCode, Problem> {
    if app.shop.products.remove(id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::nothing_here("NoSuchProduct"))
    }
}
