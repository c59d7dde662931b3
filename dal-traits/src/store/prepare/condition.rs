//! Conditions and filters.

use super::super::plan::Plan;
use super::values::{compared, field, invalid};
use crate::catalog::ColumnType;
use crate::condition::{Comparison, Condition};
use crate::model::{Field, ValueType};
use crate::value::Value;
use crate::{Error, ErrorKind, Result};

/// The most conditions inside each other: each backend walks them by recursion.
const LEVELS: u8 = 32;

/// Both conditions.
pub(crate) fn both(one: Option<Condition>, other: Condition) -> Condition {
    match one {
        None => other,
        Some(Condition::And(mut all)) => {
            all.push(other);
            Condition::And(all)
        }
        Some(one) => Condition::And(vec![one, other]),
    }
}

/// The condition with its values fitted. Refuses comparisons that the stores would answer otherwise.
pub(super) fn fitted(plan: &Plan, condition: Condition) -> Result<Condition> {
    at_level(plan, condition, 1)
}

fn at_level(plan: &Plan, condition: Condition, level: u8) -> Result<Condition> {
    if level > LEVELS {
        let message = format!("the condition has more than {LEVELS} levels: write it flatter");
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let each = |conditions: Vec<Condition>| -> Result<Vec<Condition>> {
        let conditions = conditions.into_iter();
        conditions
            .map(|one| at_level(plan, one, level + 1))
            .collect()
    };
    Ok(match condition {
        Condition::Compare(place, comparison, value) => {
            let field = field(plan, place)?;
            let is_equality = matches!(comparison, Comparison::Eq | Comparison::Ne);
            comparable(field, is_equality)?;
            Condition::Compare(place, comparison, compared(field, value)?)
        }
        Condition::In(place, values) => {
            let field = field(plan, place)?;
            comparable(field, true)?;
            let values = values.into_iter().map(|value| compared(field, value));
            Condition::In(place, values.collect::<Result<_>>()?)
        }
        Condition::BeginsWith(place, prefix) => {
            let field = field(plan, place)?;
            if !is_text(field) {
                return Err(unsupported(
                    field,
                    "does not begin with a text: it is not one",
                ));
            }
            Condition::BeginsWith(place, prefix)
        }
        Condition::IsNull(place) => {
            field(plan, place)?;
            Condition::IsNull(place)
        }
        Condition::And(all) => Condition::And(each(all)?),
        Condition::Or(any) => Condition::Or(each(any)?),
        Condition::Not(condition) => {
            Condition::Not(Box::new(at_level(plan, *condition, level + 1)?))
        }
    })
}

fn is_text(field: &Field) -> bool {
    matches!(&field.value_type, ValueType::Column(found) if found.is_text())
}

fn comparable(field: &Field, is_equality: bool) -> Result<()> {
    let ValueType::Column(column_type) = &field.value_type else {
        return Err(unsupported(
            field,
            "has no comparison: ask only whether it is NULL",
        ));
    };
    match column_type {
        ColumnType::Json => Err(unsupported(
            field,
            "is JSON, which has no comparison: ask only whether it is NULL",
        )),
        ColumnType::Float | ColumnType::Double if is_equality => Err(unsupported(
            field,
            "is a float, which has no equality: give a range",
        )),
        ColumnType::Set(_) if !is_equality => {
            Err(unsupported(field, "is a SET, which has no order"))
        }
        _ => Ok(()),
    }
}

fn unsupported(field: &Field, reason: &str) -> Error {
    let message = format!("`{}` {reason}", field.name);
    Error::new(ErrorKind::Unsupported, message).with("field", &field.name)
}

/// A bound of a range.
pub(super) fn bound(field: &Field, value: Value) -> Result<Value> {
    if value.is_null() {
        return Err(invalid(field, "is NULL, which bounds nothing"));
    }
    compared(field, value)
}
