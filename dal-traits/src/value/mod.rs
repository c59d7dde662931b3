//! Values of records, as both stores hold them.

mod canonical;
mod child;
mod convert;
mod fit;
mod json;
mod kind;
mod moment;
mod text;

use std::cmp::Ordering;

use bigdecimal::BigDecimal;
use time::{Date, PrimitiveDateTime};

pub use canonical::canonical;
pub use child::{Child, ChildValues};
pub use convert::{ChildField, FromValue, Mismatch};
pub use fit::{Misfit, fit};
pub use kind::{ToBounds, ToValue, ValueKind};
pub use text::{read_text, text};

/// One value of a record.
///
/// Two values are equal when both stores would hold the same: decimals and the
/// numbers in JSON by value, floats by bits.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Value {
    /// NULL of MySQL; on DynamoDB the attribute is absent.
    #[default]
    Null,
    /// `BOOLEAN`.
    Bool(bool),
    /// Every whole number: TINYINT to BIGINT UNSIGNED, BIT and YEAR.
    Int(i128),
    /// DECIMAL, with the scale of its column.
    Decimal(BigDecimal),
    /// FLOAT and DOUBLE: never NaN, infinite or -0.
    Float(f64),
    /// Text, and the label of an ENUM.
    Text(String),
    /// The labels of a SET, in the order of its definition.
    Set(Vec<String>),
    /// BINARY, VARBINARY and BLOB.
    Bytes(Vec<u8>),
    /// DATE.
    Date(Date),
    /// DATETIME, which has no zone.
    DateTime(PrimitiveDateTime),
    /// TIMESTAMP, in UTC.
    Timestamp(PrimitiveDateTime),
    /// TIME in microseconds, from -838:59:59 to 838:59:59.
    Time(i64),
    /// JSON.
    Json(serde_json::Value),
    /// Owned children in their order, each with one value for each of the field's members.
    Rows(Vec<Vec<Value>>),
}

impl Value {
    /// Whether it is NULL.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The order of two values of one field as the program sees them: numbers by value, texts and
    /// bytes by their bytes, moments by time. NULL comes first; rows, sets and JSON have no order.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (Self::Null, _) => Some(Ordering::Less),
            (_, Self::Null) => Some(Ordering::Greater),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Decimal(a), Self::Decimal(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => Some(a.total_cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::Bytes(a), Self::Bytes(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            (Self::DateTime(a), Self::DateTime(b)) | (Self::Timestamp(a), Self::Timestamp(b)) => {
                Some(a.cmp(b))
            }
            (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Set(a), Self::Set(b)) => a == b,
            (Self::Json(a), Self::Json(b)) => json::equal(a, b),
            (Self::Rows(a), Self::Rows(b)) => a == b,
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }
}

impl Eq for Value {}

#[cfg(test)]
pub(crate) mod any;
#[cfg(test)]
mod tests;
