//! The native error, kept without being shown.

use std::fmt;

use sqlx::mysql::MySqlDatabaseError;

/// The error of sqlx behind a [`dal_traits::Error`], as its source.
///
/// MySQL's texts quote the values of the statement, so neither `Display` nor `Debug` repeats them;
/// [`Native::get`] gives the error itself to code that needs it.
pub struct Native(sqlx::Error);

impl Native {
    pub(crate) const fn new(error: sqlx::Error) -> Self {
        Self(error)
    }

    /// The error as sqlx gave it. Its texts may quote values.
    pub const fn get(&self) -> &sqlx::Error {
        &self.0
    }

    /// Gives the error of sqlx away.
    pub fn into_inner(self) -> sqlx::Error {
        self.0
    }
}

impl fmt::Display for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("error of sqlx (text withheld, it may quote values)")
    }
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Native(..)")
    }
}

impl std::error::Error for Native {}

/// The server's own error, if it is one.
pub(crate) fn server_error(error: &sqlx::Error) -> Option<&MySqlDatabaseError> {
    error
        .as_database_error()
        .and_then(|native| native.try_downcast_ref::<MySqlDatabaseError>())
}

/// `ER_IMPOSSIBLE_STRING_CONVERSION`.
const IMPOSSIBLE_STRING_CONVERSION: u16 = 3988;

/// Whether MySQL refused to compare a column with a text that its character set does not have, and
/// which no row can equal.
pub(crate) fn is_foreign_text(error: &dal_traits::Error) -> bool {
    std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<Native>())
        .and_then(|native| server_error(native.get()))
        .is_some_and(|native| native.number() == IMPOSSIBLE_STRING_CONVERSION)
}
