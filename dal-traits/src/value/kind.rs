//! Which columns a type of a program can be stored in.

use std::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive};

use bigdecimal::BigDecimal;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime};

use super::Value;
use super::convert::ChildField;
use crate::catalog::ColumnType;

/// What the values of a type are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueKind {
    /// Known only when the program runs.
    Any,
    /// True or false.
    Bool,
    /// Whole numbers.
    Int,
    /// Decimal numbers.
    Decimal,
    /// Binary floating-point numbers.
    Float,
    /// Texts.
    Text,
    /// Sets of labels.
    Set,
    /// Bytes.
    Bytes,
    /// Days.
    Date,
    /// A day and a time of day, without a zone.
    DateTime,
    /// Moments.
    Timestamp,
    /// Times of day and spans.
    Time,
    /// JSON.
    Json,
    /// Arrays of rows, which no column holds.
    Rows,
}

impl Value {
    /// What kind it is; [`ValueKind::Any`] for NULL.
    pub const fn kind(&self) -> ValueKind {
        match self {
            Self::Null => ValueKind::Any,
            Self::Bool(_) => ValueKind::Bool,
            Self::Int(_) => ValueKind::Int,
            Self::Decimal(_) => ValueKind::Decimal,
            Self::Float(_) => ValueKind::Float,
            Self::Text(_) => ValueKind::Text,
            Self::Set(_) => ValueKind::Set,
            Self::Bytes(_) => ValueKind::Bytes,
            Self::Date(_) => ValueKind::Date,
            Self::DateTime(_) => ValueKind::DateTime,
            Self::Timestamp(_) => ValueKind::Timestamp,
            Self::Time(_) => ValueKind::Time,
            Self::Json(_) => ValueKind::Json,
            Self::Rows(_) => ValueKind::Rows,
        }
    }
}

impl ValueKind {
    /// Whether a column of this type can store some of the values; [`fit`](super::fit()) decides
    /// about each one.
    pub const fn suits(self, column_type: &ColumnType) -> bool {
        match column_type {
            _ if matches!(self, Self::Any) => true,
            ColumnType::Bool => matches!(self, Self::Bool | Self::Int),
            ColumnType::Integer { .. } | ColumnType::Bit(_) => {
                matches!(self, Self::Bool | Self::Int | Self::Decimal)
            }
            ColumnType::Year | ColumnType::Decimal { .. } => {
                matches!(self, Self::Int | Self::Decimal)
            }
            ColumnType::Float | ColumnType::Double => {
                matches!(self, Self::Int | Self::Decimal | Self::Float)
            }
            ColumnType::Char(_)
            | ColumnType::Varchar(_)
            | ColumnType::Text(_)
            | ColumnType::Enum(_) => matches!(self, Self::Text),
            ColumnType::Set(_) => matches!(self, Self::Set),
            ColumnType::Date => matches!(self, Self::Date),
            ColumnType::DateTime(_) => matches!(self, Self::DateTime),
            ColumnType::Timestamp(_) => matches!(self, Self::Timestamp),
            ColumnType::Time(_) => matches!(self, Self::Time),
            ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_) => {
                matches!(self, Self::Bytes)
            }
            ColumnType::Json => matches!(self, Self::Json),
            ColumnType::Other(_) => false,
        }
    }
}

/// A type that becomes a [`Value`]. A type of your own implements it with the kind of its parts.
pub trait ToValue: Into<Value> {
    /// What its values are.
    const KIND: ValueKind;
    /// Whether one of them is NULL.
    const NULLABLE: bool = false;
    /// What each element of an array of rows is written from; none for the value of a column.
    const CHILD: Option<&'static [ChildField]> = None;
}

macro_rules! kinds {
    ($($kind:ident: $($type:ty),+;)+) => {
        $($(impl ToValue for $type {
            const KIND: ValueKind = ValueKind::$kind;
        })+)+
    };
}

kinds! {
    Any: Value;
    Bool: bool;
    Int: i8, i16, i32, i64, i128, u8, u16, u32, u64;
    Decimal: BigDecimal;
    Float: f32, f64;
    Text: String, &str;
    Set: Vec<String>;
    Bytes: Vec<u8>, &[u8];
    Date: Date;
    DateTime: PrimitiveDateTime;
    Timestamp: OffsetDateTime;
    Time: Duration;
    Json: serde_json::Value;
}

impl<T: ToValue> ToValue for Option<T> {
    const KIND: ValueKind = T::KIND;
    const NULLABLE: bool = true;
    const CHILD: Option<&'static [ChildField]> = T::CHILD;
}

/// A range of values.
pub trait ToBounds {
    /// The type of its ends.
    type Value: ToValue;

    /// Its least and its greatest value.
    fn into_bounds(self) -> (Bound<Self::Value>, Bound<Self::Value>);
}

macro_rules! ranges {
    ($($range:ident: $own:ident => $least:expr, $greatest:expr;)+) => {$(
        impl<T: ToValue> ToBounds for $range<T> {
            type Value = T;

            fn into_bounds(self) -> (Bound<T>, Bound<T>) {
                let $own = self;
                ($least, $greatest)
            }
        }
    )+};
}

ranges! {
    Range: own => Bound::Included(own.start), Bound::Excluded(own.end);
    RangeFrom: own => Bound::Included(own.start), Bound::Unbounded;
    RangeTo: own => Bound::Unbounded, Bound::Excluded(own.end);
    RangeToInclusive: own => Bound::Unbounded, Bound::Included(own.end);
}

impl<T: ToValue> ToBounds for RangeInclusive<T> {
    type Value = T;

    fn into_bounds(self) -> (Bound<T>, Bound<T>) {
        let (least, greatest) = self.into_inner();
        (Bound::Included(least), Bound::Included(greatest))
    }
}

impl<T: ToValue> ToBounds for (Bound<T>, Bound<T>) {
    type Value = T;

    fn into_bounds(self) -> Self {
        self
    }
}
