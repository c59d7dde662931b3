//! The values that a CHECK constraint allows.

use bigdecimal::BigDecimal;

use crate::catalog::ColumnType;
use crate::model::{Field, ValueType};
use crate::value::{Value, read_text};

/// What the CHECK constraint of a field allows, with its literals read.
///
/// [`Store`](super::Store) refuses every other value that it is given. A backend applies it to the
/// result of an [`Add`](crate::op::Change::Add), and refuses with
/// [`InvalidValue`](crate::ErrorKind::InvalidValue) as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    least: Option<(Value, bool)>,
    greatest: Option<(Value, bool)>,
    one_of: Vec<Value>,
}

/// A literal of a CHECK constraint that is not a value of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadableCheck;

impl Allowed {
    /// What the field's constraint allows; none without one.
    ///
    /// # Errors
    /// When a literal of the constraint cannot be compared with the field's values.
    pub fn of(field: &Field) -> Result<Option<Self>, UnreadableCheck> {
        let (Some(range), ValueType::Column(column_type)) = (&field.range, &field.value_type)
        else {
            return Ok(None);
        };
        let read = |literal: &String| read(literal, column_type).ok_or(UnreadableCheck);
        let bound = |bound: &Option<(String, bool)>| match bound {
            Some((literal, is_included)) => read(literal).map(|value| Some((value, *is_included))),
            None => Ok(None),
        };
        Ok(Some(Self {
            least: bound(&range.least)?,
            greatest: bound(&range.greatest)?,
            one_of: range.one_of.iter().map(read).collect::<Result<_, _>>()?,
        }))
    }

    /// Whether it allows the value. It allows NULL, as a CHECK constraint does.
    pub fn allows(&self, value: &Value) -> bool {
        if value.is_null() {
            return true;
        }
        let value = &comparable(value.clone());
        let holds = |bound: &Option<(Value, bool)>, wanted| {
            bound.as_ref().is_none_or(|(bound, is_included)| {
                let order = value.order(bound);
                order == Some(wanted) || (*is_included && order == Some(std::cmp::Ordering::Equal))
            })
        };
        holds(&self.least, std::cmp::Ordering::Greater)
            && holds(&self.greatest, std::cmp::Ordering::Less)
            && (self.one_of.is_empty() || self.one_of.contains(value))
    }
}

/// A literal compares as a number with every number: `0.5` with a whole one.
fn read(literal: &str, column_type: &ColumnType) -> Option<Value> {
    if column_type.is_exact_number()
        || matches!(column_type, ColumnType::Float | ColumnType::Double)
    {
        return literal.parse().ok().map(Value::Decimal);
    }
    read_text(literal, column_type)
}

fn comparable(value: Value) -> Value {
    match value {
        Value::Int(value) => Value::Decimal(BigDecimal::from(value)),
        Value::Bool(value) => Value::Decimal(BigDecimal::from(u8::from(value))),
        Value::Float(float) => BigDecimal::try_from(float).map_or(value, Value::Decimal),
        other => other,
    }
}
