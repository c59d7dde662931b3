//! The canonical text of values: what DynamoDB's `S` holds, in keys and outside.

use bigdecimal::{BigDecimal, RoundingMode};

use super::fit::{fit, single};
use super::{Value, json, moment};
use crate::catalog::ColumnType;

/// The text of a value of a column: `12.50`, `2025-01-02 03:04:05.000000`, `a,c`. None for NULL and
/// for what has no text (bytes and rows).
///
/// ```
/// use dal_traits::catalog::ColumnType;
/// use dal_traits::value::{Value, read_text, text};
///
/// let price: ColumnType = "decimal(10,2)".parse()?;
/// let read = read_text("12.5", &price).unwrap();
/// assert_eq!(text(&read, &price).as_deref(), Some("12.50"));
/// # Ok::<(), dal_traits::catalog::UnknownColumnType>(())
/// ```
pub fn text(value: &Value, column_type: &ColumnType) -> Option<String> {
    Some(match value {
        Value::Null | Value::Bytes(_) | Value::Rows(_) => return None,
        Value::Bool(value) => u8::from(*value).to_string(),
        Value::Int(year) if *column_type == ColumnType::Year => format!("{year:04}"),
        Value::Int(number) => number.to_string(),
        Value::Decimal(number) => decimal(number, column_type),
        Value::Float(number) => float(*number, *column_type == ColumnType::Float),
        Value::Text(text) => text.clone(),
        Value::Set(labels) => labels.join(","),
        Value::Date(date) => moment::date_text(*date),
        Value::DateTime(at) | Value::Timestamp(at) => {
            moment::moment_text(*at, fraction(column_type))
        }
        Value::Time(micros) => moment::time_text(*micros, fraction(column_type)),
        Value::Json(value) => json::text(value),
    })
}

/// The digits of a second's fraction.
fn fraction(column_type: &ColumnType) -> u8 {
    match column_type {
        ColumnType::DateTime(digits) | ColumnType::Timestamp(digits) | ColumnType::Time(digits) => {
            *digits
        }
        _ => 6,
    }
}

fn decimal(number: &BigDecimal, column_type: &ColumnType) -> String {
    let number = match column_type {
        ColumnType::Decimal { scale, .. } => {
            number.with_scale_round(i64::from(*scale), RoundingMode::HalfUp)
        }
        _ => number.normalized(),
    };
    number.to_plain_string()
}

/// The fewest digits that are read as the same number, with an exponent where there would be many
/// zeros.
fn float(number: f64, is_single: bool) -> String {
    let many_zeros = number != 0.0 && !(1e-7..1e21).contains(&number.abs());
    match (is_single, many_zeros) {
        (true, true) => format!("{:e}", single(number)),
        (true, false) => single(number).to_string(),
        (false, true) => format!("{number:e}"),
        (false, false) => number.to_string(),
    }
}

/// Reads the text of a value of a column, also one that another loader wrote (`2025-01-02T03:04:05Z`,
/// `2.0000000000`). None when it is not a value of the type.
pub fn read_text(text: &str, column_type: &ColumnType) -> Option<Value> {
    let read = read(text, column_type)?;
    let fitted = fit(read.clone(), column_type).ok()?;
    // A value of the type is one that MySQL would not have to round or cut; nearness is enough for
    // floats, and the ends of CHAR and BINARY are as MySQL has them.
    let is_exact = !matches!(
        column_type,
        ColumnType::Float | ColumnType::Double | ColumnType::Char(_) | ColumnType::Set(_)
    );
    (!is_exact || fitted == read).then_some(fitted)
}

fn read(text: &str, column_type: &ColumnType) -> Option<Value> {
    Some(match column_type {
        ColumnType::Bool => match text {
            "1" | "true" => Value::Bool(true),
            "0" | "false" => Value::Bool(false),
            _ => match read_whole(text)? {
                1 => Value::Bool(true),
                0 => Value::Bool(false),
                _ => return None,
            },
        },
        ColumnType::Integer { .. } | ColumnType::Bit(_) | ColumnType::Year => {
            Value::Int(read_whole(text)?)
        }
        ColumnType::Decimal { .. } => Value::Decimal(read_number(text)?),
        ColumnType::Float | ColumnType::Double => {
            read_number(text)?;
            Value::Float(text.parse().ok()?)
        }
        ColumnType::Char(_)
        | ColumnType::Varchar(_)
        | ColumnType::Text(_)
        | ColumnType::Enum(_) => Value::Text(text.to_owned()),
        ColumnType::Set(_) if text.is_empty() => Value::Set(Vec::new()),
        ColumnType::Set(_) => Value::Set(text.split(',').map(str::to_owned).collect()),
        ColumnType::Date => Value::Date(moment::read_date(text)?),
        ColumnType::DateTime(_) => Value::DateTime(moment::read_moment(text)?),
        ColumnType::Timestamp(_) => Value::Timestamp(moment::read_moment(text)?),
        ColumnType::Time(_) => Value::Time(moment::read_time(text)?),
        ColumnType::Json => Value::Json(serde_json::from_str(text).ok()?),
        ColumnType::Binary(_)
        | ColumnType::Varbinary(_)
        | ColumnType::Blob(_)
        | ColumnType::Other(_) => return None,
    })
}

/// A whole number, also one with zeros in front of it, behind the point or in an exponent.
fn read_whole(text: &str) -> Option<i128> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_plain && let Ok(number) = text.parse() {
        return Some(number);
    }
    super::fit::whole_of(&read_number(text)?)
}

/// A number: digits, a point and an exponent, and nothing that only a program writes.
fn read_number(text: &str) -> Option<BigDecimal> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && text.len() <= 400
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    is_number.then(|| text.parse().ok())?
}
