//! From raw columns to values. No cast of MySQL takes part.

use std::sync::Arc;

use bigdecimal::BigDecimal;
use dal_traits::catalog::ColumnType;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Record, Result};
use sqlx::mysql::types::MySqlTime;
use sqlx::mysql::{MySqlRow, MySqlValueRef};
use sqlx::{Decode, Row};
use time::{Date, PrimitiveDateTime};

use super::sql::Column;
use super::table::Table;

/// The record of a row that holds the columns of `table` in their order.
pub(super) fn record(table: &Table, row: &MySqlRow) -> Result<Record> {
    let values = values(table.columns.iter(), row, 0)?;
    Ok(Record::new(Arc::clone(&table.entity), values))
}

/// The values of columns that begin at this place of a row, in their order.
pub(super) fn values<'a>(
    columns: impl Iterator<Item = &'a Column>,
    row: &MySqlRow,
    begin: usize,
) -> Result<Vec<Value>> {
    let columns = columns.enumerate();
    columns
        .map(|(place, column)| at(row, begin + place, column))
        .collect()
}

/// The identity of a row that holds the columns of `table` in their order.
pub(super) fn identity(table: &Table, row: &MySqlRow) -> Result<Vec<Value>> {
    let fields = table.entity.identity.iter();
    fields
        .map(|field| at(row, *field, table.column(*field)?))
        .collect()
}

/// Whether a raw column is NULL. sqlx takes a zero date for NULL, so that NULL is what has no bytes.
pub(super) fn is_null(raw: &MySqlValueRef<'_>) -> bool {
    bytes(raw).is_none()
}

fn bytes<'r>(raw: &MySqlValueRef<'r>) -> Option<&'r [u8]> {
    <&[u8] as Decode<sqlx::MySql>>::decode(raw.clone()).ok()
}

fn at(row: &MySqlRow, place: usize, column: &Column) -> Result<Value> {
    let raw = row
        .try_get_raw(place)
        .map_err(|_| unreadable(&column.field, "is missing in the reply"))?;
    value(raw, &column.column_type).map_err(|why| unreadable(&column.field, why))
}

fn unreadable(field: &str, why: &str) -> Error {
    let message = format!("the column `{field}` {why}; correct the row, or the contract");
    Error::new(ErrorKind::Decode, message)
}

const ZERO_DATE: &str = "holds a zero date, which is no day";
const OTHER: &str = "holds what is not of the type that the catalog has";

/// One value; the error says what the column does, without the value.
fn value(raw: MySqlValueRef<'_>, column_type: &ColumnType) -> Result<Value, &'static str> {
    let Some(bytes) = bytes(&raw) else {
        return Ok(Value::Null);
    };
    Ok(match column_type {
        ColumnType::Bool => match read::<i64>(raw)? {
            0 => Value::Bool(false),
            1 => Value::Bool(true),
            _ => return Err("holds a number that is neither 0 nor 1"),
        },
        ColumnType::Integer {
            unsigned: false, ..
        } => Value::Int(read::<i64>(raw)?.into()),
        ColumnType::Integer { unsigned: true, .. } | ColumnType::Bit(_) | ColumnType::Year => {
            Value::Int(read::<u64>(raw)?.into())
        }
        ColumnType::Decimal { .. } => Value::Decimal(read::<BigDecimal>(raw)?),
        ColumnType::Float => Value::Float(f64::from(read::<f32>(raw)?) + 0.0),
        // The sum of -0 and 0 is 0.
        ColumnType::Double => Value::Float(read::<f64>(raw)? + 0.0),
        // The mode PAD_CHAR_TO_FULL_LENGTH adds spaces that were not written.
        ColumnType::Char(_) => Value::Text(text(bytes)?.trim_end_matches(' ').to_owned()),
        ColumnType::Varchar(_) | ColumnType::Text(_) => Value::Text(text(bytes)?.to_owned()),
        ColumnType::Enum(_) => match text(bytes)? {
            "" => return Err("holds the empty label of a value that MySQL did not accept"),
            label => Value::Text(label.to_owned()),
        },
        ColumnType::Set(_) => Value::Set(match text(bytes)? {
            "" => Vec::new(),
            labels => labels.split(',').map(str::to_owned).collect(),
        }),
        ColumnType::Date => Value::Date(read::<Date>(raw).map_err(|_| ZERO_DATE)?),
        ColumnType::DateTime(_) => Value::DateTime(moment(raw)?),
        ColumnType::Timestamp(_) => Value::Timestamp(moment(raw)?),
        ColumnType::Time(_) => Value::Time(microseconds(read(raw)?)),
        ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_) => {
            Value::Bytes(bytes.to_vec())
        }
        ColumnType::Json => Value::Json(serde_json::from_slice(bytes).map_err(|_| OTHER)?),
        _ => return Err("has a type that dal does not read"),
    })
}

fn read<'r, T: Decode<'r, sqlx::MySql>>(raw: MySqlValueRef<'r>) -> Result<T, &'static str> {
    T::decode(raw).map_err(|_| OTHER)
}

fn moment(raw: MySqlValueRef<'_>) -> Result<PrimitiveDateTime, &'static str> {
    read(raw).map_err(|_| ZERO_DATE)
}

fn text(bytes: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(bytes).map_err(|_| OTHER)
}

fn microseconds(time: MySqlTime) -> i64 {
    let minutes = i64::from(time.hours()) * 60 + i64::from(time.minutes());
    let seconds = minutes * 60 + i64::from(time.seconds());
    let all = seconds * 1_000_000 + i64::from(time.microseconds());
    // Not `time.is_negative()`, which in sqlx 0.9.0 says the opposite.
    if time.sign().is_negative() { -all } else { all }
}
