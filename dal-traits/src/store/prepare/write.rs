//! Writes. What no item of DynamoDB could hold is refused, whatever the backend.

use std::time::SystemTime;

use super::super::plan::{Default, Plan};
use super::condition::fitted;
use super::values::{field, identity, invalid, legal, stored};
use super::{add, children, now};
use crate::condition::Condition;
use crate::model::{Field, FieldSource};
use crate::op::{Change, Check, Delete, Insert, NextId, PassId, Put, Update};
use crate::record::Record;
use crate::value::Value;
use crate::{Error, ErrorKind, Result};

/// A new record: what is not given is filled in.
pub(crate) fn insert(plan: &Plan, now: SystemTime, given: Vec<(usize, Value)>) -> Result<Insert> {
    let record = whole(plan, now, given, true)?;
    Ok(Insert { record })
}

/// A record in the place of another: what is not given is filled in as in a new one.
pub(crate) fn put(plan: &Plan, now: SystemTime, given: Vec<(usize, Value)>) -> Result<Put> {
    let record = whole(plan, now, given, false)?;
    Ok(Put { record })
}

fn whole(plan: &Plan, now: SystemTime, given: Vec<(usize, Value)>, is_new: bool) -> Result<Record> {
    writable(plan)?;
    let entity = &plan.entity;
    let mut values: Vec<Option<Value>> = vec![None; entity.fields.len()];
    for (place, value) in given {
        let field = field(plan, place)?;
        match values.get_mut(place) {
            Some(held @ None) => *held = Some(value),
            _ => return Err(invalid(field, "is given more than once")),
        }
    }
    let mut record = Record::new(entity.clone(), Vec::new());
    let mut generated = None;
    for ((place, field), value) in entity.fields.iter().enumerate().zip(values) {
        let is_null = value.as_ref().is_none_or(Value::is_null);
        if field.auto_increment && is_null {
            if !is_new {
                return Err(invalid(field, "must be given: it is the identity"));
            }
            generated = Some(place);
            continue;
        }
        record.set(
            place,
            match value {
                Some(value) => written(plan, place, value)?,
                None => filled(plan, place, field, now)?,
            },
        );
    }
    match generated {
        None => {
            crate::item::encode(&record)?;
        }
        Some(place) => {
            let mut sample = record.clone();
            sample.set(place, Value::Int(1));
            crate::item::encode(&sample)?;
        }
    }
    Ok(record)
}

/// The value as it is stored.
fn written(plan: &Plan, place: usize, value: Value) -> Result<Value> {
    let field = field(plan, place)?;
    if field.source == FieldSource::Children {
        return children::stored(plan, place, field, value);
    }
    stored(plan, place, value)
}

/// What is stored when nothing is given.
fn filled(plan: &Plan, place: usize, field: &Field, at: SystemTime) -> Result<Value> {
    match plan.defaults.get(place) {
        Some(Default::Value(value)) => Ok(value.clone()),
        Some(Default::Now) => now::of(field, at),
        Some(Default::Unknown) => Err(invalid(
            field,
            "must be given: only MySQL can compute its default",
        )),
        Some(Default::None) | None if field.nullable => Ok(Value::Null),
        Some(Default::None) | None => Err(invalid(field, "must be given: it has no default")),
    }
}

/// A change of some fields.
pub(crate) fn update(
    plan: &Plan,
    at: SystemTime,
    id: Vec<Value>,
    changes: Vec<Change>,
    when: Option<Condition>,
) -> Result<Update> {
    writable(plan)?;
    let id = identity(plan, id)?;
    let mut fitted_changes: Vec<Change> = Vec::new();
    for change in changes {
        let place = change.field();
        let field = field(plan, place)?;
        if plan.entity.identity.contains(&place) {
            return Err(invalid(field, "never changes: it is part of the identity"));
        }
        if fitted_changes.iter().any(|known| known.field() == place) {
            return Err(invalid(field, "is changed more than once"));
        }
        fitted_changes.push(match change {
            Change::Set(place, value) => Change::Set(place, written(plan, place, value)?),
            Change::Add(place, delta) => Change::Add(place, add::delta(plan, place, delta)?),
        });
    }
    if fitted_changes.is_empty() {
        let message = "the update changes nothing: set or add to at least one field";
        return Err(Error::new(ErrorKind::InvalidValue, message));
    }
    for (place, field) in plan.entity.fields.iter().enumerate() {
        if field.on_update_now && fitted_changes.iter().all(|known| known.field() != place) {
            fitted_changes.push(Change::Set(place, now::of(field, at)?));
        }
    }
    let sets = fitted_changes.iter().filter_map(|change| match change {
        Change::Set(place, value) => Some((*place, value)),
        Change::Add(..) => None,
    });
    legal(plan, sets)?;
    Ok(Update {
        entity: plan.entity.clone(),
        identity: id,
        changes: fitted_changes,
        when: when.map(|when| fitted(plan, when)).transpose()?,
    })
}

/// The removal of a record.
pub(crate) fn delete(plan: &Plan, id: Vec<Value>, when: Option<Condition>) -> Result<Delete> {
    writable(plan)?;
    if let Some(reason) = &plan.undeletable {
        let message = format!("records cannot be deleted: {reason}");
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    Ok(Delete {
        entity: plan.entity.clone(),
        identity: identity(plan, id)?,
        when: when.map(|when| fitted(plan, when)).transpose()?,
    })
}

/// A condition on a record that is not written.
pub(crate) fn check(plan: &Plan, id: Vec<Value>, when: Option<Condition>) -> Result<Check> {
    Ok(Check {
        entity: plan.entity.clone(),
        identity: identity(plan, id)?,
        when: when.map(|when| fitted(plan, when)).transpose()?,
    })
}

/// The next id.
pub(crate) fn next_id(plan: &Plan) -> Result<NextId> {
    generator(plan)?;
    Ok(NextId {
        entity: plan.entity.clone(),
    })
}

/// The next ids are greater than `id`.
pub(crate) fn pass_id(plan: &Plan, id: i128) -> Result<PassId> {
    let place = generator(plan)?;
    stored(plan, place, Value::Int(id))?;
    Ok(PassId {
        entity: plan.entity.clone(),
        id,
    })
}

/// The field whose values the store gives.
fn generator(plan: &Plan) -> Result<usize> {
    writable(plan)?;
    let mut fields = plan.entity.fields.iter();
    fields
        .position(|field| field.auto_increment)
        .ok_or_else(|| {
            let message = "it has no AUTO_INCREMENT column: its ids are given by the caller";
            Error::new(ErrorKind::Unsupported, message)
        })
}

fn writable(plan: &Plan) -> Result<()> {
    if plan.entity.read_only.is_empty() {
        return Ok(());
    }
    let reasons = plan.entity.read_only.join("; ");
    let message = format!("it is read only: {reasons}");
    Err(Error::new(ErrorKind::Unsupported, message))
}
