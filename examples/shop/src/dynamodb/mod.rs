//! The repositories on DynamoDB, by the SDK, in one table.
//!
//! | item | `pk` | `sk` | `pk1`, `sk1` (index 1) | `pk2`, `sk2` (index 2) |
//! |---|---|---|---|---|
//! | user | `USER#id` | `#` | | |
//! | e-mail guard | `EMAIL#email` | `#` | | |
//! | name guard, with the user | `NAMES` | name | | |
//! | product | `PRODUCT#id` | `#` | `CATEGORY#category`, price and id | `SELLER#seller`, id |
//! | its description | `PRODUCT#id` | `TEXT` | | |
//! | cart line | `CART#user` | product | | |
//! | order, with its lines | `ORDER#id` | `#` | `ORDERS#user`, time and id | |
//! | newest id | `COUNTER#entity` | `#` | | |
//!
//! Numbers inside keys have twenty digits, so that their byte order is their numeric order.
//! The users' names share one partition, which serves 1,000 writes a second; a larger shop would
//! spread it over several.

mod carts;
pub(crate) mod contents;
mod item;
mod orders;
mod products;
mod table;
mod users;

pub use carts::DynamoCarts;
pub use orders::DynamoOrders;
pub use products::DynamoProducts;
pub use users::DynamoUsers;

pub(crate) use table::{BY_PK1, BY_PK2};

use dal_traits::{Error, ErrorKind};

use crate::error::RepoError;

/// How often a write is planned anew when what it was planned on has changed meanwhile.
const PLANS: usize = 10;

/// What is left to say when each plan was overtaken.
fn overtaken(operation: &'static str, entity: &'static str) -> RepoError {
    RepoError::Store(
        Error::new(
            ErrorKind::Conflict,
            "other writes of the same records were always faster; try later",
        )
        .backend("dynamodb")
        .operation(operation)
        .entity(entity),
    )
}
