//! The repositories over dal's `Store`: short, and the same on either engine. The migration contract
//! in `contract/` says which rows become which items.
//!
//! Users and products so far: `Store` does not carry out transactions yet, which carts and orders need.

mod products;
mod records;
mod users;

use dal_contract::{Mode, Sources, load};
use dal_traits::catalog::Catalog;
use dal_traits::model::Model;
use dal_traits::{Error, ErrorKind, Result};

pub use products::StoreProducts;
pub use users::StoreUsers;

const CONTRACT: &str = include_str!("../../contract/migrationContract.json");
const CATALOG: &str = include_str!("../../contract/catalog.json");

/// The shop's contract, compiled against the schema in `schema/mysql.sql`.
///
/// # Errors
/// [`Config`](ErrorKind::Config) when an entity does not load; `dal check` says why.
pub fn model() -> Result<Model> {
    let wrong = |message: String| Error::new(ErrorKind::Config, message);
    let catalog: Catalog = serde_json::from_str(CATALOG)
        .map_err(|error| wrong("the catalog cannot be read".to_owned()).source(error))?;
    let sources = Sources {
        contract: CONTRACT,
        sidecar: None,
    };
    let contract = load(sources, Some(&catalog), Mode::Lenient);
    let refused = contract.entities.iter().find(|entity| !entity.loaded);
    match refused {
        None => Ok(contract.model),
        Some(entity) => Err(wrong(format!(
            "`{}` is not loaded; see `dal check`",
            entity.name
        ))),
    }
}
