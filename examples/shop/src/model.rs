//! What the shop keeps: records as the repositories return them, and the limits both stores keep
//! to.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::error::RepoError;

/// Longest e-mail, name, seller or category, in characters.
pub const MAX_TEXT: usize = 200;
/// Longest description, in bytes: what an item of 400 KB can hold with its keys.
pub const MAX_DESCRIPTION: usize = 390_000;
/// The most pieces of one product in stock.
pub const MAX_STOCK: u32 = 1_000_000_000;
/// The most pieces of one product in a cart.
pub const MAX_QUANTITY: u32 = 1_000;
/// The most lines that a cart may have at checkout: each takes two of a transaction's 100 actions.
pub const MAX_LINES: usize = 40;
/// The most records on one page; a larger limit is cut to this.
pub const MAX_PAGE: u32 = 100;

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Made by the store.
    pub id: u64,
    /// Unique, compared byte by byte.
    pub email: String,
    /// Unique, compared byte by byte.
    pub name: String,
    /// When the store registered the user, in microseconds, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// The data of a new customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUser {
    /// See [`User::email`].
    pub email: String,
    /// See [`User::name`].
    pub name: String,
}

impl NewUser {
    /// Checks the limits.
    ///
    /// # Errors
    /// [`RepoError::Invalid`] and [`RepoError::TooLong`].
    pub fn check(&self) -> Result<(), RepoError> {
        text("email", &self.email)?;
        text("name", &self.name)
    }
}

/// A product as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Made by the store.
    pub id: u64,
    /// Who sells it.
    pub seller: String,
    /// Where it is listed.
    pub category: String,
    /// Its name.
    pub name: String,
    /// In cents.
    pub price: u64,
    /// Pieces that can be bought.
    pub stock: u32,
}

/// A product with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// What lists show.
    pub listed: Listed,
    /// The whole text.
    pub description: String,
}

/// The data of a new product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProduct {
    /// See [`Listed::seller`].
    pub seller: String,
    /// See [`Listed::category`].
    pub category: String,
    /// See [`Listed::name`].
    pub name: String,
    /// See [`Product::description`].
    pub description: String,
    /// See [`Listed::price`].
    pub price: u64,
    /// See [`Listed::stock`].
    pub stock: u32,
}

impl NewProduct {
    /// Checks the limits.
    ///
    /// # Errors
    /// [`RepoError::Invalid`], [`RepoError::TooLong`] and [`RepoError::StockLimit`].
    pub fn check(&self) -> Result<(), RepoError> {
        text("seller", &self.seller)?;
        text("category", &self.category)?;
        text("name", &self.name)?;
        description(&self.description)?;
        stock(self.stock)
    }

    /// The product that this becomes under an id.
    pub fn with_id(&self, id: u64) -> Product {
        Product {
            listed: Listed {
                id,
                seller: self.seller.clone(),
                category: self.category.clone(),
                name: self.name.clone(),
                price: self.price,
                stock: self.stock,
            },
            description: self.description.clone(),
        }
    }
}

/// Prices from `min` to `max` cents, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// The lowest price.
    pub min: u64,
    /// The highest price.
    pub max: u64,
}

/// One product in a user's cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// Whose cart.
    pub user_id: u64,
    /// Which product.
    pub product_id: u64,
    /// How many pieces, from 1 to [`MAX_QUANTITY`].
    pub quantity: u32,
}

/// What a user bought at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Made by the store.
    pub id: u64,
    /// Who bought.
    pub user_id: u64,
    /// When, in microseconds, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
    /// In cents.
    pub total: u64,
    /// By product.
    pub lines: Vec<OrderLine>,
}

/// One product of an order, at the price it then had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Which product.
    pub product_id: u64,
    /// How many pieces.
    pub quantity: u32,
    /// In cents, for one piece.
    pub price: u64,
}

/// Some records in the order of the list, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// The cursor of the next page; none when there is no further record.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The page of at most `limit` records out of `limit + 1` that were looked for.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}

/// The number of records that a page may have.
///
/// # Errors
/// [`RepoError::Invalid`] for 0.
pub(crate) fn page_size(limit: u32) -> Result<usize, RepoError> {
    match limit.min(MAX_PAGE) {
        0 => Err(RepoError::Invalid("limit")),
        limit => Ok(usize::try_from(limit).unwrap_or(1)),
    }
}

/// Checks a text that is looked up or sorted by: not empty, at most [`MAX_TEXT`] characters.
pub(crate) fn text(field: &'static str, text: &str) -> Result<(), RepoError> {
    if text.is_empty() {
        return Err(RepoError::Invalid(field));
    }
    if text.chars().count() > MAX_TEXT {
        return Err(RepoError::TooLong(field));
    }
    Ok(())
}

/// Checks a description: at most [`MAX_DESCRIPTION`] bytes, and it may be empty.
pub(crate) fn description(text: &str) -> Result<(), RepoError> {
    if text.len() > MAX_DESCRIPTION {
        return Err(RepoError::TooLong("description"));
    }
    Ok(())
}

/// Checks a stock.
pub(crate) fn stock(pieces: u32) -> Result<(), RepoError> {
    if pieces > MAX_STOCK {
        return Err(RepoError::StockLimit);
    }
    Ok(())
}

/// Checks the pieces that one call adds or takes: at least one, at most `most`.
pub(crate) fn pieces(quantity: u32, most: u32) -> Result<(), RepoError> {
    if quantity == 0 || quantity > most {
        return Err(RepoError::Invalid("quantity"));
    }
    Ok(())
}

/// The time as both stores keep it: UTC, cut to microseconds.
///
/// # Errors
/// [`RepoError::Invalid`] outside the years 1970 to 9999.
pub(crate) fn moment(time: OffsetDateTime) -> Result<OffsetDateTime, RepoError> {
    let micros = micros(time).ok_or(RepoError::Invalid("time"))?;
    from_micros(micros).ok_or(RepoError::Invalid("time"))
}

/// Microseconds since 1970, cut; none outside the years 1970 to 9999.
pub(crate) fn micros(time: OffsetDateTime) -> Option<u64> {
    let micros = u64::try_from(time.unix_timestamp_nanos().div_euclid(1_000)).ok()?;
    from_micros(micros).map(|_| micros)
}

/// The time of microseconds since 1970.
pub(crate) fn from_micros(micros: u64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_time_is_cut_to_microseconds_in_utc() {
        let time = datetime!(2025-12-31 23:59:59.999_999_999 -1);
        assert_eq!(
            moment(time).unwrap(),
            datetime!(2026-01-01 00:59:59.999_999 UTC)
        );
        assert!(moment(datetime!(1969-12-31 23:59:59.999_999_999 UTC)).is_err());
        assert!(moment(datetime!(9999-12-31 23:59:59.999_999_999 UTC)).is_ok());
    }

    #[test]
    fn a_cursor_is_there_exactly_when_another_record_is() {
        let cursor = |n: &i32| n.to_string();
        assert_eq!(Page::cut(vec![1, 2], 2, cursor).next, None);
        assert_eq!(
            Page::cut(vec![1, 2, 3], 2, cursor).next.as_deref(),
            Some("2")
        );
    }

    #[test]
    fn limits_are_in_characters_for_keys_and_in_bytes_for_descriptions() {
        assert!(text("name", &"🙂".repeat(MAX_TEXT)).is_ok());
        assert!(matches!(
            text("name", &"a".repeat(MAX_TEXT + 1)),
            Err(RepoError::TooLong("name"))
        ));
        assert!(matches!(text("name", ""), Err(RepoError::Invalid("name"))));
        assert!(description("").is_ok());
        assert!(description(&"🙂".repeat(MAX_DESCRIPTION / 4 + 1)).is_err());
    }
}
