//! All that the shop keeps in DynamoDB.

use std::collections::HashMap;

use dal_dynamodb::DynamoDb;
use dal_traits::Idempotency;

use super::item::{number, text};
use super::table::{Counter, Table};
use super::{carts, orders, products, users};
use crate::contents::{Contents, Newest};
use crate::error::RepoError;
use crate::model::{Listed, Product};

/// Reads everything by a scan of the table.
pub(crate) async fn read(db: &DynamoDb, table: &str) -> Result<Contents, RepoError> {
    let mut contents = Contents::default();
    let mut listed: Vec<Listed> = Vec::new();
    let mut descriptions: HashMap<String, String> = HashMap::new();
    let mut start = None;
    loop {
        let page = db
            .call("Scan", table, Idempotency::Read, || {
                db.client()
                    .scan()
                    .table_name(table)
                    .consistent_read(true)
                    .set_exclusive_start_key(start.clone())
                    .send()
            })
            .await?;
        for item in page.items.unwrap_or_default() {
            let key = text(&item, "pk")?;
            match (key.split('#').next(), text(&item, "sk")?.as_str()) {
                (Some("USER"), _) => contents.users.push(users::user(&item)?),
                (Some("PRODUCT"), products::TEXT) => {
                    descriptions.insert(key, text(&item, "description")?);
                }
                (Some("PRODUCT"), _) => listed.push(products::listed(&item)?),
                (Some("CART"), _) => contents.lines.push(carts::line(&item)?),
                (Some("ORDER"), _) => contents.orders.push(orders::order(&item)?),
                (Some("COUNTER"), _) => match key.as_str() {
                    "COUNTER#users" => contents.newest.user = number(&item, "newest")?,
                    "COUNTER#products" => contents.newest.product = number(&item, "newest")?,
                    _ => contents.newest.order = number(&item, "newest")?,
                },
                // Guards say nothing that the users do not say.
                _ => {}
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    contents.products = listed
        .into_iter()
        .map(|listed| Product {
            description: descriptions
                .remove(&format!("PRODUCT#{}", listed.id))
                .unwrap_or_default(),
            listed,
        })
        .collect();
    contents.sort();
    Ok(contents)
}

/// Moves the counters past `newest`; never back.
pub(crate) async fn pass(db: &DynamoDb, table: &str, newest: Newest) -> Result<(), RepoError> {
    let table = Table {
        db: db.clone(),
        name: table.to_owned(),
    };
    table.pass_id(Counter::Users, newest.user).await?;
    table.pass_id(Counter::Products, newest.product).await?;
    table.pass_id(Counter::Orders, newest.order).await
}
