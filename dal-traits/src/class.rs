//! The reading of an error: what dal needs to know of any error type.

use std::borrow::Cow;

use crate::{Effect, ErrorKind, Retry};

/// What an error means, in terms that hold for both stores.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Class {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Whether trying again can help.
    pub retry: Retry,
    /// Whether a write may have been applied all the same.
    pub effect: Effect,
    /// A finer name than the kind, compared as well: the variant's name from `derive(Classify)`.
    pub code: Option<Cow<'static, str>>,
    /// The unique key, foreign key or check that refused, where the store names it.
    pub constraint: Option<Cow<'static, str>>,
}

impl Class {
    /// The class of `kind` with the retry and effect that this kind has by default: transient
    /// kinds are worth a [`Retry::Backoff`]; a lost link or a time-out leaves the effect
    /// [`Effect::Unknown`].
    pub const fn new(kind: ErrorKind) -> Self {
        let retry = if kind.is_transient() {
            Retry::Backoff
        } else {
            Retry::Never
        };
        let effect = match kind {
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Unexpected => Effect::Unknown,
            _ => Effect::None,
        };
        Self {
            kind,
            retry,
            effect,
            code: None,
            constraint: None,
        }
    }

    /// Whether the same call may well succeed later without anything being changed: by its kind, or
    /// because this error in particular is one for the moment (such as credentials that expired).
    /// Such an error says nothing about what the store holds.
    pub const fn is_transient(&self) -> bool {
        self.kind.is_transient() || matches!(self.retry, Retry::Backoff | Retry::Exhausted)
    }

    /// Sets the code.
    #[must_use]
    pub fn code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets the name of the constraint.
    #[must_use]
    pub fn constraint(mut self, constraint: impl Into<Cow<'static, str>>) -> Self {
        self.constraint = Some(constraint.into());
        self
    }

    /// Sets the effect.
    #[must_use]
    pub const fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Sets whether trying again can help.
    #[must_use]
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
}

/// An error that can say what it means. Usually derived: `#[derive(dal_shadow::Classify)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what its errors mean",
    label = "this error type does not implement `Classify`",
    note = "put `#[derive(dal_shadow::Classify)]` on it, with one option per variant such as `#[classify(not_found)]`",
    note = "for an error type of another crate: `#[shadow(classify = path_to_fn)]` on the trait"
)]
pub trait Classify {
    /// Reads the error.
    fn classify(&self) -> Class;
}

impl<T: Classify + ?Sized> Classify for &T {
    fn classify(&self) -> Class {
        (**self).classify()
    }
}

impl<T: Classify + ?Sized> Classify for Box<T> {
    fn classify(&self) -> Class {
        (**self).classify()
    }
}

impl<T: Classify + ?Sized> Classify for std::sync::Arc<T> {
    fn classify(&self) -> Class {
        (**self).classify()
    }
}

impl Classify for std::convert::Infallible {
    fn classify(&self) -> Class {
        match *self {}
    }
}
