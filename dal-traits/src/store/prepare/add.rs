//! What is added to a number.

use bigdecimal::{BigDecimal, RoundingMode};

use super::super::plan::Plan;
use super::values::{field, invalid};
use crate::catalog::ColumnType;
use crate::model::{Field, FieldSource, ValueType};
use crate::value::Value;
use crate::{Error, ErrorKind, Result};

/// No column is further from zero than this: a greater delta overflows every one.
const GREATEST: i128 = 1 << 64;

/// The delta as it is added. Whether the sum fits is for the store to say.
pub(super) fn delta(plan: &Plan, place: usize, delta: Value) -> Result<Value> {
    let field = field(plan, place)?;
    if field.source == FieldSource::Derived {
        return Err(invalid(field, "is computed when the record is written"));
    }
    match (&field.value_type, delta) {
        (ValueType::Column(ColumnType::Integer { .. }), Value::Int(delta)) => {
            if (-GREATEST..=GREATEST).contains(&delta) {
                Ok(Value::Int(delta))
            } else {
                Err(invalid(field, "changes by more than its column can hold"))
            }
        }
        (
            ValueType::Column(ColumnType::Decimal {
                precision, scale, ..
            }),
            Value::Int(delta),
        ) => decimal(field, *precision, *scale, &delta.into()),
        (
            ValueType::Column(ColumnType::Decimal {
                precision, scale, ..
            }),
            Value::Decimal(delta),
        ) => decimal(field, *precision, *scale, &delta),
        (ValueType::Column(ColumnType::Integer { .. } | ColumnType::Decimal { .. }), _) => Err(
            invalid(field, "changes by something that is not its kind of number"),
        ),
        _ => {
            let message = format!(
                "`{}` cannot be added to: only whole numbers and DECIMAL can",
                field.name
            );
            Err(Error::new(ErrorKind::Unsupported, message).with("field", &field.name))
        }
    }
}

/// Rounded half away from zero to the scale of the column, before it is added.
fn decimal(field: &Field, precision: u8, scale: u8, delta: &BigDecimal) -> Result<Value> {
    let delta = delta.with_scale_round(i64::from(scale), RoundingMode::HalfUp);
    if delta.digits() > u64::from(precision) {
        return Err(invalid(field, "changes by more than its column can hold"));
    }
    Ok(Value::Decimal(delta))
}
