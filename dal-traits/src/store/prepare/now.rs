//! The time of an operation.

use std::time::SystemTime;

use time::{OffsetDateTime, PrimitiveDateTime};

use super::values::invalid;
use crate::Result;
use crate::catalog::ColumnType;
use crate::model::{Field, ValueType};
use crate::value::Value;

/// The time as `CURRENT_TIMESTAMP` gives it in UTC: cut off after the digits of the column.
pub(super) fn of(field: &Field, now: SystemTime) -> Result<Value> {
    let now = OffsetDateTime::from(now);
    let now = PrimitiveDateTime::new(now.date(), now.time());
    let cut = |digits: u8| {
        let unit = 10_u32.pow(9_u32.saturating_sub(digits.into()));
        let whole = now.nanosecond() / unit * unit;
        now.replace_nanosecond(whole)
            .map_err(|_| invalid(field, "cannot be the time of the operation"))
    };
    match field.value_type {
        ValueType::Column(ColumnType::DateTime(digits)) => cut(digits).map(Value::DateTime),
        ValueType::Column(ColumnType::Timestamp(digits)) => cut(digits).map(Value::Timestamp),
        _ => Err(invalid(field, "cannot be the time of the operation")),
    }
}
