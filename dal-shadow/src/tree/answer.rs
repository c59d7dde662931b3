//! What one store answered, in a form that can be compared and kept.

use std::borrow::Cow;
use std::fmt;

use dal_traits::Class;
use serde::Serialize;

use crate::tree::budget::Budget;
use crate::tree::serializer::within;
use crate::tree::{Tree, TreeError};

/// The snapshot of one store's answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The call succeeded with this value.
    Value(Tree),
    /// The call failed.
    Error(ErrorAnswer),
    /// The call succeeded, but its value refused to be serialized.
    Unserializable(TreeError),
    /// The call succeeded with more than a snapshot may hold.
    TooLarge,
    /// The call succeeded, and the value's own `Serialize` panicked.
    Panicked,
}

/// The snapshot of an error.
#[derive(Clone, Debug)]
pub struct ErrorAnswer {
    /// What it means.
    pub class: Class,
    /// Its `Display` text: never compared, and redacted before it is written anywhere.
    pub text: String,
}

/// The name of the enum under which kinds and codes of errors stand in a tree: no Rust type has a
/// name like it, so a value of the application is not taken for one.
pub(crate) const ERROR_WORD: &str = "dal::error";

impl Answer {
    /// The snapshot of a successful call.
    pub fn value<T: Serialize + ?Sized>(value: &T) -> Self {
        let budget = Budget::of_the_call();
        match within(&budget, value) {
            Ok(tree) => Self::Value(tree),
            Err(_) if budget.is_exceeded() => Self::TooLarge,
            Err(error) => Self::Unserializable(error),
        }
    }

    /// The snapshot of a failed call.
    pub fn error(class: Class, text: &impl fmt::Display) -> Self {
        Self::Error(ErrorAnswer {
            class,
            text: text.to_string(),
        })
    }

    /// Whether the call failed in a way that may be gone at the next one.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Error(error) if error.class.is_transient())
    }

    /// The whole answer as one tree: `Ok(..)` or `Err(Error { kind, code, text })`.
    pub fn to_tree(&self) -> Tree {
        let variant = match self {
            Self::Value(_) => "Ok",
            Self::Error(_) => "Err",
            Self::Unserializable(_) => "Unserializable",
            Self::TooLarge => "TooLarge",
            Self::Panicked => "Panicked",
        };
        Tree::Variant {
            name: ERROR_WORD,
            variant,
            value: Box::new(self.inner()),
        }
    }

    /// The value or the error, as a tree.
    pub(crate) fn inner(&self) -> Tree {
        match self {
            Self::Value(tree) => tree.clone(),
            Self::Error(error) => error.to_tree(),
            Self::Unserializable(error) => Tree::Str(error.to_string()),
            Self::TooLarge | Self::Panicked => Tree::Null,
        }
    }
}

impl ErrorAnswer {
    /// The error as a tree: `Error { kind, code, text }`. A code known at compile time is a word
    /// of the program; one made at run time may hold data and is therefore a text.
    pub(crate) fn to_tree(&self) -> Tree {
        let code = match &self.class.code {
            None => Tree::Null,
            Some(Cow::Borrowed(code)) => word(code),
            Some(Cow::Owned(code)) => Tree::Str(code.clone()),
        };
        Tree::Struct {
            name: "Error",
            fields: vec![
                ("kind", word(self.class.kind.as_str())),
                ("code", code),
                ("text", Tree::Str(self.text.clone())),
            ],
        }
    }
}

fn word(text: &'static str) -> Tree {
    Tree::Variant {
        name: ERROR_WORD,
        variant: text,
        value: Box::new(Tree::Null),
    }
}
