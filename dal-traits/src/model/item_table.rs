//! Tables, indexes and attributes of DynamoDB.

use std::fmt;
use std::str::FromStr;

use super::expr::Expr;

/// A table of DynamoDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemTable {
    /// Its name.
    pub name: String,
    /// The partition key.
    pub partition_key: KeyAttribute,
    /// The sort key, if it has one.
    pub sort_key: Option<KeyAttribute>,
    /// The global secondary indexes.
    pub indexes: Vec<Index>,
}

/// A key attribute of a table or an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAttribute {
    /// Its name.
    pub name: String,
    /// Its type: S, N or B.
    pub attribute_type: AttributeType,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The partition key.
    pub partition_key: KeyAttribute,
    /// The sort key, if it has one.
    pub sort_key: Option<KeyAttribute>,
    /// What an entry holds beside the keys of index and table.
    pub projection: Projection,
}

/// What an entry of an index holds beside the keys of index and table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projection {
    /// The whole item.
    All,
    /// Nothing.
    KeysOnly,
    /// These attributes.
    Include(Vec<String>),
}

/// One attribute of an entity's items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type.
    pub attribute_type: AttributeType,
    /// How its value follows from a row.
    pub expr: Expr,
}

/// A type of DynamoDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeType {
    /// Text.
    S,
    /// A number.
    N,
    /// Bytes.
    B,
    /// A set of texts.
    Ss,
    /// A set of numbers.
    Ns,
    /// A set of byte strings.
    Bs,
    /// A map.
    M,
    /// A list.
    L,
    /// True or false.
    Bool,
    /// Null.
    Null,
}

/// A text that is not the name of a type of DynamoDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownAttributeType;

impl fmt::Display for UnknownAttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a type of DynamoDB: S, N, B, SS, NS, BS, M, L, BOOL, NULL")
    }
}

impl std::error::Error for UnknownAttributeType {}

impl AttributeType {
    /// Every type, by its name.
    pub const ALL: [(&'static str, Self); 10] = [
        ("S", Self::S),
        ("N", Self::N),
        ("B", Self::B),
        ("SS", Self::Ss),
        ("NS", Self::Ns),
        ("BS", Self::Bs),
        ("M", Self::M),
        ("L", Self::L),
        ("BOOL", Self::Bool),
        ("NULL", Self::Null),
    ];

    /// Whether a key may have it.
    pub const fn is_key(self) -> bool {
        matches!(self, Self::S | Self::N | Self::B)
    }
}

impl FromStr for AttributeType {
    type Err = UnknownAttributeType;

    fn from_str(text: &str) -> Result<Self, UnknownAttributeType> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|(name, _)| *name == text);
        found.map(|(_, found)| found).ok_or(UnknownAttributeType)
    }
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.into_iter().find(|(_, found)| found == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}
