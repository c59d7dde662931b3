//! Values from and to the types of a program.
//!
//! | type | column |
//! |---|---|
//! | `bool` | BOOLEAN |
//! | `i8` … `i64`, `u8` … `u64`, `i128` | whole numbers, BIT and YEAR of the same range or less |
//! | `f32`, `f64` | FLOAT; DOUBLE only as `f64` |
//! | `BigDecimal` | DECIMAL |
//! | `String`, `&str` | texts and ENUM |
//! | `Vec<u8>`, `&[u8]` | BINARY, VARBINARY, BLOB |
//! | `Vec<String>` | SET |
//! | `time::Date` | DATE |
//! | `time::PrimitiveDateTime` | DATETIME |
//! | `time::OffsetDateTime` | TIMESTAMP |
//! | `time::Duration` | TIME |
//! | `serde_json::Value` | JSON |
//! | `Vec<T>` of a [`Child`](super::Child) | an array of rows |
//! | `Option<T>` | NULL, or as `T` |

use std::any::type_name;
use std::fmt;

use bigdecimal::BigDecimal;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::Value;
use super::fit::{integer_range, single};
use crate::catalog::ColumnType;

/// A value that is not of the type asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The type asked for.
    pub wanted: &'static str,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value is not of the type {}", self.wanted)
    }
}

impl std::error::Error for Mismatch {}

/// A type that a [`Value`] can be read as. A type of your own implements it by those of its parts,
/// and `From` into [`Value`] beside it.
pub trait FromValue: Sized {
    /// Whether it can be read from NULL.
    const NULLABLE: bool = false;
    /// What each element of an array of rows is read as; none for the value of a column.
    const CHILD: Option<&'static [ChildField]> = None;

    /// Whether each value of a column of this type, except NULL, can be read as it.
    fn holds(column_type: &ColumnType) -> bool;

    /// Reads it.
    ///
    /// # Errors
    /// When the value is of another type or outside its range.
    fn from_value(value: Value) -> Result<Self, Mismatch>;
}

/// A field of a [`Child`](super::Child).
#[derive(Clone, Copy, Debug)]
pub struct ChildField {
    pub(crate) name: &'static str,
    pub(crate) type_name: fn() -> &'static str,
    pub(crate) holds: fn(&ColumnType) -> bool,
    pub(crate) nullable: bool,
}

impl ChildField {
    /// A field of this name and type.
    pub const fn new<T: FromValue>(name: &'static str) -> Self {
        Self {
            name,
            type_name: type_name::<T>,
            holds: T::holds,
            nullable: T::NULLABLE,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const NULLABLE: bool = true;
    const CHILD: Option<&'static [ChildField]> = T::CHILD;

    fn holds(column_type: &ColumnType) -> bool {
        T::holds(column_type)
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        if value.is_null() {
            return Ok(None);
        }
        T::from_value(value).map(Some)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! integers {
    ($($type:ident),+) => {$(
        impl From<$type> for Value {
            fn from(number: $type) -> Self {
                Self::Int(number.into())
            }
        }

        impl FromValue for $type {
            fn holds(column_type: &ColumnType) -> bool {
                let (least, greatest) = match column_type {
                    ColumnType::Integer { bits, unsigned } => integer_range(*bits, *unsigned),
                    ColumnType::Bit(bits) => integer_range(*bits, true),
                    ColumnType::Year => (0, 2155),
                    _ => return false,
                };
                Self::try_from(least).is_ok() && Self::try_from(greatest).is_ok()
            }

            fn from_value(value: Value) -> Result<Self, Mismatch> {
                let number = match value {
                    Value::Int(number) => Self::try_from(number).ok(),
                    _ => None,
                };
                number.ok_or(Mismatch { wanted: stringify!($type) })
            }
        }
    )+};
}

integers!(i8, i16, i32, i64, i128, u8, u16, u32, u64);

/// A type that is one variant of [`Value`], and the columns whose values are.
macro_rules! variants {
    ($($columns:pat => $type:ty as $variant:ident;)+) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        }

        impl FromValue for $type {
            fn holds(column_type: &ColumnType) -> bool {
                matches!(column_type, $columns)
            }

            fn from_value(value: Value) -> Result<Self, Mismatch> {
                match value {
                    Value::$variant(value) => Ok(value),
                    _ => Err(Mismatch { wanted: stringify!($type) }),
                }
            }
        }
    )+};
}

variants! {
    ColumnType::Decimal { .. } => BigDecimal as Decimal;
    ColumnType::Float | ColumnType::Double => f64 as Float;
    ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text(_) | ColumnType::Enum(_) =>
        String as Text;
    ColumnType::Set(_) => Vec<String> as Set;
    ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_) => Vec<u8> as Bytes;
    ColumnType::Date => Date as Date;
    ColumnType::DateTime(_) => PrimitiveDateTime as DateTime;
    ColumnType::Json => serde_json::Value as Json;
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl FromValue for bool {
    /// A BOOLEAN that the contract stores as a number is a `tinyint`, which may hold more.
    fn holds(column_type: &ColumnType) -> bool {
        *column_type == ColumnType::Bool
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Bool(value) => Ok(value),
            _ => Err(Mismatch { wanted: "bool" }),
        }
    }
}

impl From<f32> for Value {
    fn from(value: f32) -> Self {
        Self::Float(value.into())
    }
}

impl FromValue for f32 {
    fn holds(column_type: &ColumnType) -> bool {
        *column_type == ColumnType::Float
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Float(number) if f64::from(single(number)).to_bits() == number.to_bits() => {
                Ok(single(number))
            }
            _ => Err(Mismatch { wanted: "f32" }),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<OffsetDateTime> for Value {
    fn from(at: OffsetDateTime) -> Self {
        let utc = at.checked_to_offset(UtcOffset::UTC);
        // What has no date in UTC is no TIMESTAMP either.
        let at = utc.map_or(PrimitiveDateTime::MAX, |utc| {
            PrimitiveDateTime::new(utc.date(), utc.time())
        });
        Self::Timestamp(at)
    }
}

impl FromValue for OffsetDateTime {
    fn holds(column_type: &ColumnType) -> bool {
        matches!(column_type, ColumnType::Timestamp(_))
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Timestamp(at) => Ok(at.assume_utc()),
            _ => Err(Mismatch {
                wanted: "OffsetDateTime",
            }),
        }
    }
}

impl From<Duration> for Value {
    /// Rounded to microseconds.
    fn from(span: Duration) -> Self {
        let nanos = span.whole_nanoseconds();
        let micros = (nanos + 500 * nanos.signum()) / 1000;
        // What does not fit is no TIME either.
        Self::Time(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl FromValue for Duration {
    fn holds(column_type: &ColumnType) -> bool {
        matches!(column_type, ColumnType::Time(_))
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Time(micros) => Ok(Self::microseconds(micros)),
            _ => Err(Mismatch { wanted: "Duration" }),
        }
    }
}
