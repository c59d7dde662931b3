//! The one error of the repositories.

use dal_shadow::Classify;
use dal_traits::Error;

/// Why a repository refused or failed. Both stores give the same variant in the same case.
#[derive(Debug, thiserror::Error, Classify)]
#[non_exhaustive]
pub enum RepoError {
    /// No user has this id.
    #[error("no such user")]
    #[classify(not_found)]
    NoSuchUser,
    /// No product has this id.
    #[error("no such product")]
    #[classify(not_found)]
    NoSuchProduct,
    /// The product is not in the cart.
    #[error("the product is not in the cart")]
    #[classify(not_found)]
    NoSuchLine,
    /// Another user has this e-mail.
    #[error("the e-mail is taken")]
    #[classify(unique)]
    EmailTaken,
    /// Another user has this name.
    #[error("the user name is taken")]
    #[classify(unique)]
    NameTaken,
    /// Fewer pieces are left than asked for.
    #[error("not enough pieces in stock")]
    #[classify(condition)]
    OutOfStock,
    /// The cart has no lines.
    #[error("the cart is empty")]
    #[classify(condition)]
    EmptyCart,
    /// The cart has more than [`crate::model::MAX_LINES`] lines.
    #[error("the cart has too many lines for one order")]
    #[classify(too_large)]
    CartTooBig,
    /// The line would pass [`crate::model::MAX_QUANTITY`].
    #[error("too many pieces of one product")]
    #[classify(limit)]
    QuantityLimit,
    /// The stock would pass [`crate::model::MAX_STOCK`].
    #[error("too many pieces in stock")]
    #[classify(limit)]
    StockLimit,
    /// The text of this field is longer than the shop takes.
    #[error("{0} is too long")]
    #[classify(too_large)]
    TooLong(&'static str),
    /// The value of this field cannot be taken.
    #[error("{0} is not valid")]
    #[classify(invalid)]
    Invalid(&'static str),
    /// The cursor is none of this list.
    #[error("the cursor does not belong to this list")]
    #[classify(invalid_cursor)]
    BadCursor,
    /// The store failed.
    #[error("store: {0}")]
    #[classify(with = dal_traits::Classify::classify)]
    Store(#[from] Error),
}
