//! One change of one field.

use bigdecimal::BigDecimal;
use dal_traits::model::{Field, ValueType};
use dal_traits::op::Change;
use dal_traits::value::{Value, fit};
use dal_traits::{Error, ErrorKind, Record, Result};

use crate::Prepared;

/// Makes the change in a record.
pub(super) fn apply(prepared: &Prepared, record: &mut Record, change: Change) -> Result<()> {
    match change {
        Change::Set(place, value) => record.set(place, value),
        Change::Add(place, delta) => {
            let sum = sum(prepared, record, place, &delta)?;
            record.set(place, sum);
        }
    }
    Ok(())
}

/// NULL and a number are NULL. A sum that the column cannot hold is refused.
fn sum(prepared: &Prepared, record: &Record, place: usize, delta: &Value) -> Result<Value> {
    let entity = record.entity();
    let held = record.value(place);
    if held.is_null() {
        return Ok(Value::Null);
    }
    let Some(field) = entity.fields.get(place) else {
        return Err(Error::new(
            ErrorKind::InvalidValue,
            "there is no such field",
        ));
    };
    let sum = match (held, delta) {
        (Value::Int(held), Value::Int(delta)) => held.checked_add(*delta).map(Value::Int),
        (Value::Decimal(held), delta) => decimal(delta).map(|delta| Value::Decimal(held + delta)),
        _ => None,
    };
    let sum = sum.and_then(|sum| fitted(field, sum));
    let allowed = prepared.allowed.get(place).and_then(Option::as_ref);
    match sum {
        Some(sum) if allowed.is_none_or(|allowed| allowed.allows(&sum)) => Ok(sum),
        _ => {
            let message = format!("the sum is outside what `{}` can hold", field.name);
            Err(Error::new(ErrorKind::InvalidValue, message).with("field", &field.name))
        }
    }
}

fn decimal(delta: &Value) -> Option<BigDecimal> {
    match delta {
        Value::Int(delta) => Some(BigDecimal::from(*delta)),
        Value::Decimal(delta) => Some(delta.clone()),
        _ => None,
    }
}

fn fitted(field: &Field, sum: Value) -> Option<Value> {
    match &field.value_type {
        ValueType::Column(column_type) => fit(sum, column_type).ok(),
        _ => None,
    }
}
