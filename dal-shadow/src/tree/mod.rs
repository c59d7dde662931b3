//! A value as a typed tree: what serde says about it, without any text format in between.

pub mod answer;
pub(crate) mod budget;
pub(crate) mod decimal;
mod difference;
mod error;
mod json;
mod location;
mod order;
mod path;
mod serializer;
mod text;
mod walk;

use serde::Serialize;

pub use difference::Difference;
pub use error::TreeError;
pub use location::{Path, Step};
pub use path::{Found, find, misplaced, remove, replace};
pub(crate) use walk::{differences, differing_paths};

/// A value as serde describes it, typed and with the names of structs and variants.
///
/// Two trees are equal when the values are: integers by value, whatever their width; floats by
/// IEEE equality, except that NaN equals NaN; maps as sets of entries. An integer never equals a
/// float, a text or a boolean, and an `f32` never equals an `f64`.
#[derive(Clone, Debug)]
pub enum Tree {
    /// `None`, `()` or a unit struct.
    Null,
    /// `Some` of a value that is itself [`Tree::Null`]; any other `Some(x)` is the tree of `x`.
    Some(Box<Tree>),
    /// A boolean.
    Bool(bool),
    /// Every integer that an `i128` holds, signed or not.
    Int(i128),
    /// An integer above [`i128::MAX`], and only such a one.
    UInt(u128),
    /// An `f32`.
    F32(f32),
    /// An `f64`.
    Float(f64),
    /// A text or a `char`.
    Str(String),
    /// Bytes, where the type says so (`serde_bytes`); a plain `Vec<u8>` is a [`Tree::Seq`].
    Bytes(Vec<u8>),
    /// A list, set, array or tuple, in the order in which serde was given the elements.
    Seq(Vec<Tree>),
    /// A map, sorted by key.
    Map(Vec<(Tree, Tree)>),
    /// A struct with named fields; skipped fields are absent.
    Struct {
        /// The type's serde name.
        name: &'static str,
        /// The fields by serde name, in order of declaration.
        fields: Vec<(&'static str, Tree)>,
    },
    /// A newtype, or a tuple struct around a [`Tree::Seq`].
    Newtype {
        /// The type's serde name.
        name: &'static str,
        /// What it wraps.
        value: Box<Tree>,
    },
    /// A value of an enum.
    Variant {
        /// The enum's serde name.
        name: &'static str,
        /// The variant's serde name.
        variant: &'static str,
        /// Its payload: [`Tree::Null`] for a unit variant, a [`Tree::Seq`] for a tuple variant, a
        /// [`Tree::Struct`] named like the variant for a struct variant.
        value: Box<Tree>,
    },
}

/// The tree of `value`.
///
/// # Errors
/// When the type's own `Serialize` fails.
pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Tree, TreeError> {
    serializer::within(&budget::Budget::endless(), value)
}

impl Tree {
    /// The tree of an unsigned integer.
    pub fn uint(value: u128) -> Self {
        i128::try_from(value).map_or(Self::UInt(value), Self::Int)
    }

    /// Whether there is nothing here: null, or an empty list or map. A newtype is as empty as
    /// what it wraps.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Seq(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            Self::Newtype { value, .. } => value.is_missing(),
            _ => false,
        }
    }

    /// Whether there is no value anywhere in it: nothing, an empty list, or a struct around such
    /// parts, such as the last page of a list.
    pub(crate) fn holds_nothing(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Seq(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            Self::Newtype { value, .. } => value.holds_nothing(),
            Self::Struct { fields, .. } => fields.iter().all(|(_, value)| value.holds_nothing()),
            _ => false,
        }
    }

    /// What stands inside newtypes, however many.
    pub fn unwrapped(&self) -> &Tree {
        match self {
            Self::Newtype { value, .. } => value.unwrapped(),
            other => other,
        }
    }

    /// The field `name` of a struct, or the entry under that text of a map.
    pub fn field(&self, name: &str) -> Option<&Tree> {
        match self.unwrapped() {
            Self::Struct { fields, .. } => fields
                .iter()
                .find(|(field, _)| *field == name)
                .map(|(_, value)| value),
            Self::Map(entries) => entries
                .iter()
                .find(|(key, _)| key.as_str() == Some(name))
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, where this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self.unwrapped() {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, where this is one that fits.
    pub fn as_i128(&self) -> Option<i128> {
        match self.unwrapped() {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements, where this is a list.
    pub fn as_seq(&self) -> Option<&[Tree]> {
        match self.unwrapped() {
            Self::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The kind of value in one word, as reports name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Some(_) => "some",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::UInt(_) => "int",
            Self::F32(_) => "f32",
            Self::Float(_) => "f64",
            Self::Str(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Seq(_) => "list",
            Self::Map(_) => "map",
            Self::Struct { name, .. } | Self::Newtype { name, .. } | Self::Variant { name, .. } => {
                name
            }
        }
    }
}
