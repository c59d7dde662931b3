//! Additions to numbers, within what their columns can hold.

use bigdecimal::BigDecimal;
use dal_traits::catalog::ColumnType;
use dal_traits::model::{Field, ValueType};
use dal_traits::store::Allowed;
use dal_traits::value::{Value, fit};
use dal_traits::{Error, ErrorKind, Result};

/// The least and the greatest of some numbers, each with whether it is one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub least: Vec<(BigDecimal, bool)>,
    pub greatest: Vec<(BigDecimal, bool)>,
}

/// The sum of what a field holds and what is added; NULL stays NULL.
///
/// # Errors
/// [`ErrorKind::InvalidValue`] when the column cannot hold the sum or a CHECK constraint refuses it.
pub(super) fn sum(field: &Field, held: &Value, added: &Value) -> Result<Value> {
    let sum = match (held, added) {
        (Value::Null, _) | (_, Value::Null) => return Ok(Value::Null),
        (Value::Int(held), Value::Int(added)) => held.checked_add(*added).map(Value::Int),
        (Value::Decimal(held), Value::Decimal(added)) => Some(Value::Decimal(held + added)),
        _ => {
            let message = "only whole numbers and decimals can be added to";
            return Err(Error::new(ErrorKind::Unsupported, message).with("field", &field.name));
        }
    };
    let ValueType::Column(column_type) = &field.value_type else {
        return Err(outside(field));
    };
    let sum = sum.ok_or_else(|| outside(field))?;
    let sum = fit(sum, column_type).map_err(|_| outside(field))?;
    let allowed = Allowed::of(field).map_err(|_| {
        let message = "the CHECK constraint of the column cannot be read";
        Error::new(ErrorKind::Unsupported, message).with("field", &field.name)
    })?;
    if allowed.is_some_and(|allowed| !allowed.allows(&sum)) {
        return Err(outside(field));
    }
    Ok(sum)
}

/// What a field may hold, when that is a range; none when only reading the number tells whether a sum
/// is allowed.
pub(super) fn bounds(field: &Field) -> Option<Bounds> {
    let ValueType::Column(column_type) = &field.value_type else {
        return None;
    };
    let (least, greatest) = of_type(column_type)?;
    let mut bounds = Bounds {
        least: vec![(least, true)],
        greatest: vec![(greatest, true)],
    };
    if let Some(range) = &field.range {
        if !range.one_of.is_empty() {
            return None;
        }
        if let Some((least, included)) = &range.least {
            bounds.least.push((literal(least)?, *included));
        }
        if let Some((greatest, included)) = &range.greatest {
            bounds.greatest.push((literal(greatest)?, *included));
        }
    }
    Some(bounds)
}

/// The number that a value is.
pub(super) fn number(value: &Value) -> Option<BigDecimal> {
    match value {
        Value::Int(number) => Some(BigDecimal::from(*number)),
        Value::Decimal(number) => Some(number.clone()),
        _ => None,
    }
}

fn outside(field: &Field) -> Error {
    let message = "the sum is outside of what the column can hold; add less";
    Error::new(ErrorKind::InvalidValue, message).with("field", &field.name)
}

fn of_type(column_type: &ColumnType) -> Option<(BigDecimal, BigDecimal)> {
    match column_type {
        ColumnType::Integer { bits, unsigned } => {
            let values = 1_i128 << bits;
            let (least, greatest) = if *unsigned {
                (0, values - 1)
            } else {
                (-(values / 2), values / 2 - 1)
            };
            Some((least.into(), greatest.into()))
        }
        ColumnType::Bit(bits) => Some((0.into(), ((1_i128 << bits) - 1).into())),
        ColumnType::Decimal {
            precision,
            scale,
            unsigned,
        } => {
            let digits = "9".repeat(usize::from(*precision));
            let digits: bigdecimal::num_bigint::BigInt = digits.parse().ok()?;
            let greatest = BigDecimal::new(digits, i64::from(*scale));
            let least = if *unsigned { 0.into() } else { -&greatest };
            Some((least, greatest))
        }
        _ => None,
    }
}

fn literal(text: &str) -> Option<BigDecimal> {
    text.trim().trim_matches('\'').parse().ok()
}
