//! The repositories over dal's `Store`: short, and the same on either engine. The migration contract
//! in `contract/` says which rows become which items.

mod carts;
mod orders;
mod products;
mod records;
mod users;

use dal_contract::{Mode, Sources, load};
use dal_traits::catalog::Catalog;
use dal_traits::model::Model;
use dal_traits::{Class, Error, ErrorKind, Result};
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use crate::error::RepoError;

pub use carts::StoreCarts;
pub use orders::StoreOrders;
pub use products::StoreProducts;
pub use users::StoreUsers;

/// How often a call begins anew when another one changed what it had read.
const ATTEMPTS: u32 = 20;

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

/// As the contract keeps it.
fn utc(time: OffsetDateTime) -> PrimitiveDateTime {
    let time = time.to_offset(UtcOffset::UTC);
    PrimitiveDateTime::new(time.date(), time.time())
}

/// The shop's cursors are positions of its own: one record more tells whether there is a next page.
fn look_ahead(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1)
}

/// Others were faster each time.
fn overtaken(what: &str) -> RepoError {
    let message = format!("other callers changed {what} each time; try again");
    Error::of(Class::new(ErrorKind::Conflict), message).into()
}
