//! Items of DynamoDB without its SDK: how a record becomes one, and is read back.

mod attribute;
mod children;
mod decode;
mod encode;
mod size;
mod template;
#[cfg(test)]
mod tests;

pub use decode::{decode, is_key};
pub use encode::{encode, key, order_text};
pub use size::{number_size, size};

/// What an attribute of an item holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ItemValue {
    /// Text.
    S(String),
    /// A number, as text.
    N(String),
    /// Bytes.
    B(Vec<u8>),
    /// True or false.
    Bool(bool),
    /// NULL inside a map or list.
    Null,
    /// A set of texts.
    Ss(Vec<String>),
    /// A list.
    L(Vec<ItemValue>),
    /// A map.
    M(Vec<(String, ItemValue)>),
}
