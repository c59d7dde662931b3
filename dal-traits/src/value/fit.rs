//! Values as a strict MySQL would store them.

use std::fmt;

use bigdecimal::{BigDecimal, RoundingMode, Zero};
use time::{PrimitiveDateTime, UtcOffset};

use super::{Value, json, moment};
use crate::catalog::ColumnType;

/// Why a column cannot hold a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What is the matter, without the value.
    pub reason: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Misfit {}

fn refuse<T>(reason: impl Into<String>) -> Result<T, Misfit> {
    let reason = reason.into();
    Err(Misfit { reason })
}

/// The greatest TIME: 838:59:59 ("The TIME Type").
const GREATEST_TIME: i64 = (838 * 3600 + 59 * 60 + 59) * 1_000_000;
/// 2038-01-19 03:14:07, the last second of TIMESTAMP; the first is the second of the epoch.
const LAST_TIMESTAMP: i64 = 0x7FFF_FFFF;
/// The magnitudes of DynamoDB's numbers ("Data types: Number"): from this up to less than the next.
const LEAST_FLOAT: f64 = 1e-130;
const BEYOND_FLOAT: f64 = 1e126;

/// The value that strict MySQL stores: rounded to the scale or the digits of a second, without the
/// trailing spaces of CHAR, with the zeros behind a BINARY, labels of a SET as they are defined. NULL
/// stays NULL. Stricter than MySQL in this: labels are compared exactly, a fraction is not rounded to
/// a whole number, a BOOLEAN is 0 or 1, and a year has four digits (or is 0).
///
/// ```
/// use dal_traits::catalog::ColumnType;
/// use dal_traits::value::{Value, fit};
///
/// let tiny: ColumnType = "tinyint unsigned".parse()?;
/// assert_eq!(fit(Value::Int(255), &tiny), Ok(Value::Int(255)));
/// assert_eq!(fit(Value::Int(256), &tiny).unwrap_err().reason, "not between 0 and 255");
/// # Ok::<(), dal_traits::catalog::UnknownColumnType>(())
/// ```
///
/// # Errors
/// What strict MySQL refuses: another type, too long, out of range, no label.
pub fn fit(value: Value, column_type: &ColumnType) -> Result<Value, Misfit> {
    if value.is_null() {
        return Ok(value);
    }
    match column_type {
        ColumnType::Bool => boolean(value),
        ColumnType::Integer { bits, unsigned } => {
            let (least, greatest) = integer_range(*bits, *unsigned);
            whole(value, least, greatest)
        }
        ColumnType::Bit(bits) => whole(value, 0, integer_range(*bits, true).1),
        ColumnType::Year => match whole(value, 0, 2155)? {
            Value::Int(1..=1900) => refuse("a YEAR is 0 or between 1901 and 2155"),
            year => Ok(year),
        },
        ColumnType::Decimal {
            precision,
            scale,
            unsigned,
        } => decimal(value, (*precision, *scale), *unsigned),
        ColumnType::Float => float(value, true),
        ColumnType::Double => float(value, false),
        ColumnType::Char(most) => {
            let mut text = string(value)?;
            text.truncate(text.trim_end_matches(' ').len());
            characters(text, *most)
        }
        ColumnType::Varchar(most) => characters(string(value)?, *most),
        ColumnType::Text(most) => text_bytes(string(value)?, *most),
        ColumnType::Enum(labels) => {
            let label = string(value)?;
            if labels.contains(&label) {
                return Ok(Value::Text(label));
            }
            refuse(format!("not one of the labels {}", labels.join(", ")))
        }
        ColumnType::Set(labels) => set(value, labels),
        ColumnType::Date => match value {
            Value::Date(date) if (0..=9999).contains(&date.year()) => Ok(Value::Date(date)),
            Value::Date(_) => refuse("not between the years 0 and 9999"),
            _ => refuse("not a date"),
        },
        ColumnType::DateTime(digits) => match value {
            Value::DateTime(at) => Ok(Value::DateTime(moment(at, *digits)?)),
            _ => refuse("not a date and time without a zone"),
        },
        ColumnType::Timestamp(digits) => match value {
            Value::Timestamp(at) => timestamp(moment(at, *digits)?),
            _ => refuse("not a moment with a zone"),
        },
        ColumnType::Time(digits) => match value {
            Value::Time(micros) => match moment::round_time(micros, *digits) {
                Some(fitted) if fitted.abs() <= GREATEST_TIME => Ok(Value::Time(fitted)),
                _ => refuse("not between -838:59:59 and 838:59:59"),
            },
            _ => refuse("not a time"),
        },
        ColumnType::Binary(length) => {
            let mut bytes = octets(value, u64::from(*length))?;
            // u32 fits wherever a record does.
            bytes.resize(usize::try_from(*length).unwrap_or(bytes.len()), 0);
            Ok(Value::Bytes(bytes))
        }
        ColumnType::Varbinary(most) => octets(value, u64::from(*most)).map(Value::Bytes),
        ColumnType::Blob(most) => octets(value, *most).map(Value::Bytes),
        ColumnType::Json => match value {
            Value::Json(value) => match json::normal(value) {
                Ok(value) => Ok(Value::Json(value)),
                Err(reason) => refuse(reason),
            },
            _ => refuse("not JSON"),
        },
        ColumnType::Other(name) => refuse(format!("dal does not store columns of type {name}")),
    }
}

fn boolean(value: Value) -> Result<Value, Misfit> {
    match value {
        Value::Bool(_) => Ok(value),
        Value::Int(0) => Ok(Value::Bool(false)),
        Value::Int(1) => Ok(Value::Bool(true)),
        _ => refuse("neither true nor false"),
    }
}

/// The least and the greatest number of so many bits.
pub(super) const fn integer_range(bits: u8, unsigned: bool) -> (i128, i128) {
    let bits = if bits > 64 { 64 } else { bits };
    match (bits, unsigned) {
        (0, _) => (0, 0),
        (_, true) => (0, (1 << bits) - 1),
        (_, false) => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
    }
}

fn whole(value: Value, least: i128, greatest: i128) -> Result<Value, Misfit> {
    let number = match value {
        Value::Int(number) => Some(number),
        Value::Bool(value) => Some(i128::from(value)),
        Value::Decimal(number) => whole_of(&number),
        _ => None,
    };
    match number {
        Some(number) if (least..=greatest).contains(&number) => Ok(Value::Int(number)),
        Some(_) => refuse(format!("not between {least} and {greatest}")),
        None => refuse("not a whole number"),
    }
}

/// The whole number, unless it has a fraction or is longer than any column's.
pub(super) fn whole_of(number: &BigDecimal) -> Option<i128> {
    if number.is_zero() {
        return Some(0);
    }
    if !(0..=66).contains(&number.order_of_magnitude()) || !number.is_integer() {
        return None;
    }
    number.with_scale(0).to_plain_string().parse().ok()
}

fn decimal(value: Value, digits: (u8, u8), unsigned: bool) -> Result<Value, Misfit> {
    let number = match value {
        Value::Decimal(number) => number,
        Value::Int(number) => BigDecimal::from(number),
        _ => return refuse("not a decimal number"),
    };
    let (precision, scale) = (i64::from(digits.0), i64::from(digits.1));
    let out_of_range = || {
        let whole = precision - scale;
        refuse(format!(
            "out of range: {whole} digits in front of the point at most"
        ))
    };
    // Before the scale is set: a great exponent would need as many digits.
    let magnitude = number.order_of_magnitude();
    let fitted = if number.is_zero() || magnitude < -scale - 1 {
        BigDecimal::new(0.into(), scale)
    } else if magnitude >= precision - scale {
        return out_of_range();
    } else {
        number.with_scale_round(scale, RoundingMode::HalfUp)
    };
    if !fitted.is_zero() && fitted.order_of_magnitude() >= precision - scale {
        return out_of_range();
    }
    if unsigned && fitted < BigDecimal::zero() {
        return refuse("less than 0");
    }
    Ok(Value::Decimal(fitted))
}

fn float(value: Value, is_single: bool) -> Result<Value, Misfit> {
    let number = match value {
        Value::Float(number) => Some(number),
        Value::Int(number) => number.to_string().parse().ok(),
        Value::Decimal(number) => number.to_scientific_notation().parse().ok(),
        _ => None,
    };
    let Some(number) = number else {
        return refuse("not a number");
    };
    let number = if is_single {
        f64::from(single(number))
    } else {
        number
    };
    if number == 0.0 {
        // Not -0.
        return Ok(Value::Float(0.0));
    }
    if !(LEAST_FLOAT..BEYOND_FLOAT).contains(&number.abs()) {
        return refuse("its magnitude is not between 1E-130 and 9.99E125");
    }
    Ok(Value::Float(number))
}

/// As a FLOAT.
#[expect(clippy::cast_possible_truncation, reason = "a FLOAT rounds")]
pub(super) const fn single(number: f64) -> f32 {
    number as f32
}

fn string(value: Value) -> Result<String, Misfit> {
    match value {
        Value::Text(text) => Ok(text),
        _ => refuse("not a text"),
    }
}

/// Spaces at the end that have no room are cut off, as in MySQL ("The CHAR and VARCHAR Types").
fn characters(mut text: String, most: u32) -> Result<Value, Misfit> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if text.trim_end_matches(' ').chars().count() > most {
        return refuse(format!("longer than {most} characters"));
    }
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    Ok(Value::Text(text))
}

fn text_bytes(mut text: String, most: u64) -> Result<Value, Misfit> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if text.trim_end_matches(' ').len() > most {
        return refuse(format!("longer than {most} bytes"));
    }
    // Only spaces are behind it.
    text.truncate(most);
    Ok(Value::Text(text))
}

fn octets(value: Value, most: u64) -> Result<Vec<u8>, Misfit> {
    match value {
        Value::Bytes(bytes) if u64::try_from(bytes.len()).is_ok_and(|n| n <= most) => Ok(bytes),
        Value::Bytes(_) => refuse(format!("longer than {most} bytes")),
        _ => refuse("not bytes"),
    }
}

fn set(value: Value, labels: &[String]) -> Result<Value, Misfit> {
    let Value::Set(given) = value else {
        return refuse("not a set of labels");
    };
    if given.iter().any(|label| !labels.contains(label)) {
        let known = labels.join(", ");
        return refuse(format!("a label is not one of {known}"));
    }
    let held = labels.iter().filter(|label| given.contains(label));
    Ok(Value::Set(held.cloned().collect()))
}

fn moment(at: PrimitiveDateTime, digits: u8) -> Result<PrimitiveDateTime, Misfit> {
    match moment::round_moment(at, digits) {
        Some(fitted) if (0..=9999).contains(&fitted.year()) => Ok(fitted),
        _ => refuse("not between the years 0 and 9999"),
    }
}

fn timestamp(at: PrimitiveDateTime) -> Result<Value, Misfit> {
    let second = at.assume_offset(UtcOffset::UTC).unix_timestamp();
    if (1..=LAST_TIMESTAMP).contains(&second) {
        return Ok(Value::Timestamp(at));
    }
    refuse("not between 1970-01-01 00:00:01 and 2038-01-19 03:14:07")
}
