//! Values that are stored, and values that are looked for.

use std::cmp::Ordering;

use super::super::plan::Plan;
use crate::catalog::ColumnType;
use crate::model::{Field, FieldSource, ValueType};
use crate::value::{Misfit, Value, fit};
use crate::{Error, ErrorKind, Result};

/// Says what is the matter with the value of a field, never the value.
pub(super) fn invalid(field: &Field, reason: impl std::fmt::Display) -> Error {
    let message = format!("the value of `{}` {reason}", field.name);
    Error::new(ErrorKind::InvalidValue, message).with("field", &field.name)
}

/// Says why the column of a field cannot hold the value.
fn unfit(field: &Field, misfit: &Misfit) -> Error {
    invalid(field, format_args!("is refused: {}", misfit.reason))
}

/// The field at a place.
pub(super) fn field(plan: &Plan, place: usize) -> Result<&Field> {
    plan.entity.fields.get(place).ok_or_else(|| {
        let message = format!("`{}` has no field {place}", plan.entity.name);
        Error::new(ErrorKind::InvalidValue, message)
    })
}

/// The value as it is stored.
pub(super) fn stored(plan: &Plan, place: usize, value: Value) -> Result<Value> {
    let field = field(plan, place)?;
    let ValueType::Column(column_type) = &field.value_type else {
        return Err(computed(field));
    };
    if field.source == FieldSource::Derived {
        return Err(computed(field));
    }
    if value.is_null() {
        return if field.nullable {
            Ok(value)
        } else {
            Err(invalid(field, "is NULL, and its column is NOT NULL"))
        };
    }
    let value = fit(value, column_type).map_err(|misfit| unfit(field, &misfit))?;
    let allowed = plan.allowed.get(place).and_then(Option::as_ref);
    if allowed.is_some_and(|allowed| !allowed.allows(&value)) {
        return Err(invalid(field, "is refused by the CHECK constraint"));
    }
    Ok(value)
}

fn computed(field: &Field) -> Error {
    invalid(
        field,
        "is computed when the record is written: leave it out",
    )
}

/// The value as stored ones compare with it. It is neither rounded nor cut: another value would be
/// looked for. Only what MySQL does to each value of the column (the spaces behind a CHAR, the zeros
/// behind a BINARY) is done to it too.
pub(super) fn compared(field: &Field, value: Value) -> Result<Value> {
    let ValueType::Column(column_type) = &field.value_type else {
        return Ok(value);
    };
    let is_filled = matches!(column_type, ColumnType::Char(_) | ColumnType::Binary(_));
    let given = (!is_filled).then(|| value.clone());
    let value = fit(value, column_type).map_err(|misfit| unfit(field, &misfit))?;
    // Another kind of value, such as a whole number for a DECIMAL, has no order to it.
    if given.is_some_and(|given| given.order(&value).is_some_and(Ordering::is_ne)) {
        return Err(invalid(
            field,
            "is longer or has more digits than its column",
        ));
    }
    Ok(value)
}

/// The value that a look-up finds records by; none when no record can have it: it is longer than the
/// column, or out of its range. A value of another type is a mistake.
pub(super) fn sought(field: &Field, value: Value) -> Result<Option<Value>> {
    if value.is_null() {
        return Err(invalid(field, "is NULL, and a key never is"));
    }
    if let ValueType::Column(column_type) = &field.value_type
        && !value.kind().suits(column_type)
    {
        return Err(invalid(field, "is of another type than its column"));
    }
    Ok(compared(field, value).ok())
}

/// The value of a key: one that is never NULL.
pub(super) fn key(field: &Field, value: Value) -> Result<Value> {
    if value.is_null() {
        return Err(invalid(field, "is NULL, and a key never is"));
    }
    compared(field, value)
}

/// The values of an identity that is looked for; none when no record can have it.
pub(super) fn sought_identity(plan: &Plan, values: Vec<Value>) -> Result<Option<Vec<Value>>> {
    is_whole(plan, &values)?;
    let pairs = plan.entity.identity.iter().zip(values);
    pairs
        .map(|(place, value)| sought(field(plan, *place)?, value))
        .collect()
}

/// The values of an identity.
pub(super) fn identity(plan: &Plan, values: Vec<Value>) -> Result<Vec<Value>> {
    is_whole(plan, &values)?;
    let places = &plan.entity.identity;
    let pairs = places.iter().zip(values);
    let fitted: Vec<Value> = pairs
        .map(|(place, value)| key(field(plan, *place)?, value))
        .collect::<Result<_>>()?;
    legal(plan, places.iter().copied().zip(&fitted))?;
    Ok(fitted)
}

fn is_whole(plan: &Plan, values: &[Value]) -> Result<()> {
    let places = &plan.entity.identity;
    if values.len() != places.len() {
        let fields = places.iter().filter_map(|at| plan.entity.fields.get(*at));
        let names: Vec<_> = fields.map(|field| format!("`{}`", field.name)).collect();
        let message = format!(
            "{} values were given for the identity, which is {}",
            values.len(),
            names.join(", ")
        );
        return Err(Error::new(ErrorKind::InvalidValue, message));
    }
    Ok(())
}

/// Refuses values that no item could hold beside whatever the record has else.
pub(super) fn legal<'a>(
    plan: &Plan,
    values: impl IntoIterator<Item = (usize, &'a Value)>,
) -> Result<()> {
    let mut record = plan.legal.clone();
    for (place, value) in values {
        record.set(place, value.clone());
    }
    crate::item::encode(&record)?;
    Ok(())
}
