//! The one error of the repositories.

use dal_traits::{Class, Classify, Error};

/// Why a repository refused or failed. Both stores give the same variant in the same case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepoError {
    /// No user has this id.
    #[error("no such user")]
    NoSuchUser,
    /// No product has this id.
    #[error("no such product")]
    NoSuchProduct,
    /// The product is not in the cart.
    #[error("the product is not in the cart")]
    NoSuchLine,
    /// Another user has this e-mail.
    #[error("the e-mail is taken")]
    EmailTaken,
    /// Another user has this name.
    #[error("the user name is taken")]
    NameTaken,
    /// Fewer pieces are left than asked for.
    #[error("not enough pieces in stock")]
    OutOfStock,
    /// The cart has no lines.
    #[error("the cart is empty")]
    EmptyCart,
    /// The cart has more than [`crate::model::MAX_LINES`] lines.
    #[error("the cart has too many lines for one order")]
    CartTooBig,
    /// The line would pass [`crate::model::MAX_QUANTITY`].
    #[error("too many pieces of one product")]
    QuantityLimit,
    /// The stock would pass [`crate::model::MAX_STOCK`].
    #[error("too many pieces in stock")]
    StockLimit,
    /// The text of this field is longer than the shop takes.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// The value of this field cannot be taken.
    #[error("{0} is not valid")]
    Invalid(&'static str),
    /// The cursor is none of this list.
    #[error("the cursor does not belong to this list")]
    BadCursor,
    /// The store failed.
    #[error("store: {0}")]
    Store(#[from] Error),
}

impl Classify for RepoError {
    fn classify(&self) -> Class {
        use dal_traits::ErrorKind as Kind;
        let (kind, code) = match self {
            Self::NoSuchUser => (Kind::NotFound, "NoSuchUser"),
            Self::NoSuchProduct => (Kind::NotFound, "NoSuchProduct"),
            Self::NoSuchLine => (Kind::NotFound, "NoSuchLine"),
            Self::EmailTaken => (Kind::UniqueViolation, "EmailTaken"),
            Self::NameTaken => (Kind::UniqueViolation, "NameTaken"),
            Self::OutOfStock => (Kind::ConditionFailed, "OutOfStock"),
            Self::EmptyCart => (Kind::ConditionFailed, "EmptyCart"),
            Self::CartTooBig => (Kind::TooLarge, "CartTooBig"),
            Self::QuantityLimit => (Kind::Limit, "QuantityLimit"),
            Self::StockLimit => (Kind::Limit, "StockLimit"),
            Self::TooLong(_) => (Kind::TooLarge, "TooLong"),
            Self::Invalid(_) => (Kind::InvalidValue, "Invalid"),
            Self::BadCursor => (Kind::InvalidCursor, "BadCursor"),
            Self::Store(error) => return error.class().clone(),
        };
        Class::new(kind).code(code)
    }
}
