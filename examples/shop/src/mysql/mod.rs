//! The repositories on MySQL, by sqlx.

mod carts;
pub(crate) mod contents;
mod orders;
mod products;
mod users;

pub use carts::MySqlCarts;
pub use orders::MySqlOrders;
pub use products::MySqlProducts;
pub use users::MySqlUsers;

use time::{OffsetDateTime, PrimitiveDateTime};

use crate::error::RepoError;

/// Reads sqlx's error of a statement inside a transaction.
fn failed(operation: &'static str, table: &'static str) -> impl Fn(sqlx::Error) -> RepoError {
    move |native| RepoError::Store(dal_mysql::error(operation, table, native))
}

/// Reads sqlx's error of a `COMMIT`, whose refusal does not prove that nothing was stored.
fn uncommitted(table: &'static str) -> impl Fn(sqlx::Error) -> RepoError {
    move |native| RepoError::Store(dal_mysql::commit_error("COMMIT", table, native))
}

/// Whether the error is the refusal of the unique key or check `constraint`.
fn refused_by(error: &RepoError, constraint: &str) -> bool {
    matches!(error, RepoError::Store(error) if error.class().constraint.as_deref() == Some(constraint))
}

/// Whether the error says that a row with this primary key exists.
fn exists(error: &RepoError) -> bool {
    matches!(error, RepoError::Store(error) if error.kind() == dal_traits::ErrorKind::AlreadyExists)
}

/// The time of a `DATETIME` column, which holds UTC.
const fn utc(time: PrimitiveDateTime) -> OffsetDateTime {
    time.assume_utc()
}

/// The value for a `DATETIME` column, in UTC.
fn column(time: OffsetDateTime) -> PrimitiveDateTime {
    let time = time.to_offset(time::UtcOffset::UTC);
    PrimitiveDateTime::new(time.date(), time.time())
}

/// The number of rows to ask for so that it is known whether there is a further one.
fn look_ahead(limit: usize) -> u64 {
    u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)
}
