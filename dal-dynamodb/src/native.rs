//! The native error, kept without being shown.

use std::error::Error as StdError;
use std::fmt;

/// The error of the SDK behind a [`dal_traits::Error`], as its source: `E` is for instance
/// `SdkError<PutItemError>`.
///
/// The SDK's errors hold response bodies, items and texts that quote values, so neither `Display`
/// nor `Debug` repeats them; [`Native::get`] gives the error itself.
pub struct Native<E>(E);

impl<E> Native<E> {
    pub(crate) const fn new(error: E) -> Self {
        Self(error)
    }

    /// The error as the SDK gave it. It may hold values.
    pub const fn get(&self) -> &E {
        &self.0
    }

    /// Gives the error of the SDK away.
    pub fn into_inner(self) -> E {
        self.0
    }
}

impl<E> fmt::Display for Native<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("error of the AWS SDK (text withheld, it may quote values)")
    }
}

impl<E> fmt::Debug for Native<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Native(..)")
    }
}

impl<E> StdError for Native<E> {}
