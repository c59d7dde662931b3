//! Update: one request where every changed attribute follows from the arguments; otherwise read,
//! compute, and write under the condition that what was read still holds.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::model::Expr;
use dal_traits::op::{Change, Update};
use dal_traits::{Error, ErrorKind, Record, Result};

use super::super::DynamoDbBackend;
use super::super::action::{Action, Write};
use super::super::add;
use super::super::expression::{Clause, Expression};
use super::super::guards::{self, Guard, give_back, redirect, take, unique};
use super::super::shape::{Shape, check_item_size};
use super::refusal::{check, fields_of, not_found, null_key};
use crate::{Item, item_size};

impl DynamoDbBackend {
    /// The writes of an update. `is_decided` says whether DynamoDB can decide the condition; `nulls` are the fields that are added to and were found to be NULL,
    /// which they stay.
    pub(super) async fn plan_update(
        &self,
        shape: &Shape,
        update: &Update,
        is_decided: bool,
        nulls: &[usize],
    ) -> Result<Vec<Action>> {
        if is_decided && is_direct(shape, update) {
            let key = shape.key(&shape.identified(&update.identity))?;
            let key = key.ok_or_else(not_found)?;
            return Ok(vec![direct(shape, key, update, nulls)?.own()]);
        }
        let item = self.find(shape, &update.identity).await?;
        let item = item.ok_or_else(not_found)?;
        let held = shape.record(&item)?;
        check(update.when.as_ref(), &held)?;
        let changed = apply(shape, &held, &update.changes)?;
        if shape.key_in(&item) == shape.key(&changed)?.ok_or_else(null_key)? {
            self.plan_change(shape, update, &item, &held, &changed)
        } else {
            self.plan_move(shape, &item, &held, &changed)
        }
    }

    /// The writes that turn a record that was read into one with another key. Every attribute must
    /// be as it was read, and those that are not known are kept.
    fn plan_move(
        &self,
        shape: &Shape,
        item: &Item,
        held: &Record,
        changed: &Record,
    ) -> Result<Vec<Action>> {
        let guards = MovedGuards::new(shape, held, changed);
        let new_key = shape.key(changed)?.ok_or_else(null_key)?;
        let mut expression = Expression::default();
        let known = shape.entity.attributes.iter().map(|a| a.name.as_str());
        let names = known.clone().chain(item.keys().map(String::as_str));
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        let unchanged = expression.unchanged(item, names);
        let old_key = shape.key_in(item);
        let mut actions = vec![Action::new(
            &shape.table,
            old_key,
            Write::Delete,
            unchanged,
            expression,
        )];
        let mut moved = shape.item(changed)?;
        for (name, value) in item {
            if !known.clone().any(|known| known == name) {
                moved.insert(name.clone(), value.clone());
            }
        }
        check_item_size(&moved)?;
        let role = shape.key_role();
        let moved = Action::put_new(&shape.table, new_key.clone(), moved, role);
        actions.push(moved);
        actions.extend(give_back(&self.dal_table, &guards.gone));
        actions.extend(take(&self.dal_table, &guards.come, &new_key, unique));
        actions.extend(redirect(&self.dal_table, &guards.kept, &new_key));
        Ok(actions)
    }

    /// The writes that change a record that was read, under the condition that what the new values
    /// follow from still holds: the caller's condition, the numbers that are added to, the other
    /// fields of composite attributes and of unique keys.
    fn plan_change(
        &self,
        shape: &Shape,
        update: &Update,
        item: &Item,
        held: &Record,
        changed: &Record,
    ) -> Result<Vec<Action>> {
        let fields: Vec<usize> = update.changes.iter().map(Change::field).collect();
        let guards = MovedGuards::new(shape, held, changed);
        let key = shape.key_in(item);
        let whole = shape.item(changed)?;
        let affected = shape.attributes_of(&fields);
        let beside = guards::fields_beside(shape, &fields);
        let in_condition = fields_of(update.when.as_ref());
        let mut read = [beside.as_slice(), &in_condition].concat();
        let inputs = affected.iter().flat_map(|place| shape.inputs(*place));
        let is_set = |field: &&usize| {
            let set = |change: &Change| matches!(change, Change::Set(place, _) if place == *field);
            update.changes.iter().any(set)
        };
        read.extend(inputs.filter(|field| !is_set(field)));
        // By the time of the write another record may have the key.
        if !shape.is_keyed_by_identity {
            read.extend(&shape.entity.identity);
        }
        let mut expression = Expression::default();
        let read = shape.attributes_with(&read);
        let unchanged = expression.unchanged_item(item, shape.partition_key(), read);
        let sets = sets(shape, &mut expression, changed, &affected)?;
        let mut change = sets.action(shape, key.clone(), unchanged, expression);
        change.bytes = item_size(&whole);
        let mut actions = vec![change];
        actions.extend(give_back(&self.dal_table, &guards.gone));
        actions.extend(take(&self.dal_table, &guards.come, &key, unique));
        Ok(actions)
    }
}

/// The guards of a record that changes.
struct MovedGuards {
    gone: Vec<Guard>,
    come: Vec<Guard>,
    kept: Vec<Guard>,
}

impl MovedGuards {
    fn new(shape: &Shape, held: &Record, changed: &Record) -> Self {
        let (old, new) = (guards::of(shape, held), guards::of(shape, changed));
        let come = guards::without(&new, &old);
        Self {
            gone: guards::without(&old, &new),
            kept: guards::without(&new, &come),
            come,
        }
    }
}

/// The places of the unique keys whose guards an update writes.
pub(super) fn guards_written(shape: &Shape, update: &Update) -> Vec<usize> {
    let fields: Vec<usize> = update.changes.iter().map(Change::field).collect();
    let affected = shape.attributes_of(&fields);
    let moves = shape.key_attributes().any(|key| affected.contains(&key));
    guards::changed(shape, &fields, moves)
}

/// Whether every attribute that changes follows from the arguments alone, and no guard changes.
fn is_direct(shape: &Shape, update: &Update) -> bool {
    let entity = &update.entity;
    let fields: Vec<usize> = update.changes.iter().map(Change::field).collect();
    let is_guarded = !guards::fields_beside(shape, &fields).is_empty();
    let affected = shape.attributes_of(&fields);
    let moves = shape.key_attributes().any(|key| affected.contains(&key));
    if !shape.is_keyed_by_identity || is_guarded || moves {
        return false;
    }
    let is_given = |field: &usize| {
        let set = |change: &Change| matches!(change, Change::Set(place, _) if place == field);
        entity.identity.contains(field) || update.changes.iter().any(set)
    };
    affected.iter().all(|place| {
        let inputs = shape.inputs(*place);
        // Only the whole record tells whether a composite text that becomes absent loses a value.
        if shape.is_composite_source(*place) {
            return false;
        }
        inputs.iter().all(is_given)
            || matches!(inputs, [field] if is_addable(shape, *field, *place))
    })
}

/// Whether DynamoDB can add to the field: its attribute is the number itself.
fn is_addable(shape: &Shape, field: usize, attribute: usize) -> bool {
    use dal_traits::model::AttributeType;
    let is_number = matches!(
        shape.entity.attributes.get(attribute),
        Some(found) if found.attribute_type == AttributeType::N
            && matches!(found.expr, Expr::Column(_))
    );
    let is_it = shape.plain(field).is_ok_and(|plain| plain.0 == attribute);
    let field = shape.entity.fields.get(field);
    is_number && is_it && field.is_some_and(|field| add::bounds(field).is_some())
}

/// The one request of a direct update.
fn direct(shape: &Shape, key: Item, update: &Update, nulls: &[usize]) -> Result<Action> {
    let mut expression = Expression::default();
    let mut clauses = vec![expression.exists(shape.partition_key())];
    if let Some(when) = &update.when {
        clauses.push(expression.condition(shape, when)?);
    }
    let mut set_fields = Vec::new();
    let mut record = shape.identified(&update.identity);
    let mut sums = Vec::new();
    for change in &update.changes {
        match change {
            Change::Set(field, value) => {
                record.set(*field, value.clone());
                set_fields.push(*field);
            }
            Change::Add(field, added) => {
                let (_, attribute, _) = shape.plain(*field)?;
                if nulls.contains(field) {
                    clauses.push(expression.missing(&attribute.name));
                    continue;
                }
                clauses.push(expression.exists(&attribute.name));
                if added.is_null() {
                    let name = expression.name(&attribute.name);
                    sums.push((name, None));
                    continue;
                }
                let added = add::number(added).ok_or_else(|| {
                    let message = "only whole numbers and decimals can be added";
                    Error::new(ErrorKind::InvalidValue, message)
                })?;
                let bounds = shape.field(*field).map(add::bounds)?;
                let Some(bounds) = bounds else { continue };
                let down = added < 0;
                let (limits, inclusive, exclusive) = if down {
                    (&bounds.least, ">=", ">")
                } else {
                    (&bounds.greatest, "<=", "<")
                };
                for (limit, included) in limits {
                    let operator = if *included { inclusive } else { exclusive };
                    let limit = AttributeValue::N((limit - &added).to_plain_string());
                    clauses.push(expression.compare(&attribute.name, operator, limit));
                }
                let name = expression.name(&attribute.name);
                let added = expression.value(AttributeValue::N(added.to_plain_string()));
                sums.push((name, Some(added)));
            }
        }
    }
    let affected = shape.attributes_of(&set_fields);
    let mut sets = sets(shape, &mut expression, &record, &affected)?;
    for (name, added) in sums {
        match added {
            Some(added) => sets.set.push(format!("{name} = {name} + {added}")),
            None => sets.remove.push(name),
        }
    }
    Ok(sets.action(shape, key, Clause::all(clauses), expression))
}

/// The parts of an update expression.
#[derive(Default)]
struct Sets {
    set: Vec<String>,
    remove: Vec<String>,
}

/// The attributes at these places become those of the record.
fn sets(
    shape: &Shape,
    expression: &mut Expression,
    record: &Record,
    attributes: &[usize],
) -> Result<Sets> {
    let mut sets = Sets::default();
    for place in attributes {
        let value = shape.attribute(record, *place)?;
        let name = expression.name(shape.name(*place));
        match value {
            Some(value) => {
                let value = expression.value(value);
                sets.set.push(format!("{name} = {value}"));
            }
            None => sets.remove.push(name),
        }
    }
    Ok(sets)
}

impl Sets {
    fn action(self, shape: &Shape, key: Item, condition: Clause, expression: Expression) -> Action {
        let mut update = Vec::new();
        if !self.set.is_empty() {
            update.push(format!("SET {}", self.set.join(", ")));
        }
        if !self.remove.is_empty() {
            update.push(format!("REMOVE {}", self.remove.join(", ")));
        }
        let write = Write::Update((!update.is_empty()).then(|| update.join(" ")));
        Action::new(&shape.table, key, write, condition, expression)
    }
}

/// The fields that are added to and are NULL.
pub(super) fn nulls_of(update: &Update, held: &Record) -> Vec<usize> {
    let added = update.changes.iter().filter_map(|change| match change {
        Change::Add(field, _) => Some(*field),
        Change::Set(..) => None,
    });
    added.filter(|field| held.value(*field).is_null()).collect()
}

/// The record after its changes.
pub(super) fn apply(shape: &Shape, held: &Record, changes: &[Change]) -> Result<Record> {
    let mut record = held.clone();
    for change in changes {
        match change {
            Change::Set(field, value) => record.set(*field, value.clone()),
            Change::Add(field, added) => {
                let sum = add::sum(shape.field(*field)?, held.value(*field), added)?;
                record.set(*field, sum);
            }
        }
    }
    Ok(record)
}
