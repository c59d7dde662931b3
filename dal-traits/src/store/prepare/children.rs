//! Arrays of owned children: values that are stored.

use super::super::plan::Plan;
use super::values::invalid;
use crate::model::{ChildKey, Field, Member};
use crate::value::{Value, canonical, fit};
use crate::{Class, Error, ErrorKind, Result};

/// The array as it is stored: each value fitted to its column, the elements in their order.
pub(super) fn stored(plan: &Plan, place: usize, field: &Field, value: Value) -> Result<Value> {
    let Some((children, members)) = plan.entity.children(place) else {
        return Err(invalid(field, "is no array of owned children"));
    };
    let rows = match value {
        Value::Rows(rows) => rows,
        Value::Null => {
            return Err(invalid(
                field,
                "is NULL, and an array never is: give one without elements",
            ));
        }
        _ => return Err(invalid(field, "is not an array of rows")),
    };
    let rows = rows.into_iter().enumerate();
    let mut rows: Vec<Vec<Value>> = rows
        .map(|(at, row)| element(field, members, at, row))
        .collect::<Result<_>>()?;
    for key in plan.keys.get(place).into_iter().flatten() {
        check_unique(field, key, &rows)?;
    }
    children.sort(&mut rows);
    Ok(Value::Rows(rows))
}

fn element(field: &Field, members: &[Member], at: usize, row: Vec<Value>) -> Result<Vec<Value>> {
    if row.len() != members.len() {
        let reason = format!(
            "has {} values in an element, which has {} members",
            row.len(),
            members.len()
        );
        return Err(invalid(field, reason));
    }
    let values = members.iter().zip(row);
    values
        .map(|(member, value)| {
            let refuse = |reason: &str| {
                let reason = format!("is refused in element {at}: `{}` is {reason}", member.name);
                invalid(field, reason).with("member", &member.name)
            };
            if value.is_null() {
                return if member.nullable {
                    Ok(value)
                } else {
                    Err(refuse("NULL, and its column is NOT NULL"))
                };
            }
            fit(value, &member.column_type).map_err(|misfit| refuse(&misfit.reason))
        })
        .collect()
}

/// MySQL has a row for each element, and no two with the same values in a unique key.
fn check_unique(field: &Field, key: &ChildKey, rows: &[Vec<Value>]) -> Result<()> {
    let mut known: Vec<Vec<u8>> = Vec::with_capacity(rows.len());
    for values in rows.iter().filter_map(|row| key.of(row)) {
        let mut bytes = Vec::new();
        for value in values {
            canonical(value, &mut bytes);
        }
        known.push(bytes);
    }
    known.sort_unstable();
    if known.windows(2).all(|pair| pair.first() != pair.last()) {
        return Ok(());
    }
    let class = Class::new(ErrorKind::UniqueViolation).constraint(key.name.clone());
    let message = format!(
        "two elements of `{}` have the same values in a unique key: keep one of them",
        field.name
    );
    Err(Error::of(class, message).with("field", &field.name))
}
