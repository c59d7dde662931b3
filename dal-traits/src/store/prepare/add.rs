//! What is added to a number.

use super::super::plan::Plan;
use super::values::{field, invalid};
use crate::catalog::ColumnType;
use crate::model::{Field, FieldSource, ValueType};
use crate::value::{Value, fit};
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
            delta @ (Value::Int(_) | Value::Decimal(_)),
        ) => decimal(field, *precision, *scale, delta),
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

/// Rounded to the scale of the column before it is added; its sign is free.
fn decimal(field: &Field, precision: u8, scale: u8, delta: Value) -> Result<Value> {
    let signed = ColumnType::Decimal {
        precision,
        scale,
        unsigned: false,
    };
    fit(delta, &signed).map_err(|_| invalid(field, "changes by more than its column can hold"))
}
