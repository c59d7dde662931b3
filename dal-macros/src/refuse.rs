//! Refusals: a span, a reason and what to do instead.

use quote::ToTokens;
use syn::Error;

/// The error for `at`: why it is refused, and the fix.
pub fn refuse(at: impl ToTokens, reason: impl AsRef<str>, fix: impl AsRef<str>) -> Error {
    Error::new_spanned(at, message(reason.as_ref(), fix.as_ref()))
}

/// Like [`refuse`], for a place that is only known as a span.
pub fn refuse_at(span: proc_macro2::Span, reason: impl AsRef<str>, fix: impl AsRef<str>) -> Error {
    Error::new(span, message(reason.as_ref(), fix.as_ref()))
}

fn message(reason: &str, fix: &str) -> String {
    format!("{reason}\nfix: {fix}")
}

/// Collects refusals, so that one compilation shows them all.
#[derive(Default)]
pub struct Refusals(Option<Error>);

impl Refusals {
    /// Adds one.
    pub fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The value of `result`, or nothing after its error has been added.
    pub fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(error);
                None
            }
        }
    }

    /// All of them as one error.
    pub fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
