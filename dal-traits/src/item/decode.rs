//! From an item to its record.

use std::sync::Arc;

use super::template::{fits, place, take_apart, type_of};
use super::{ItemValue, attribute, children};
use crate::catalog::ColumnType;
use crate::model::{Attribute, Entity, Expr, Field, FieldSource, ValueType};
use crate::value::{Value, read_text};
use crate::{Error, ErrorKind, Record, Result};

/// The record of an item; `attribute` gives what the attribute at a place of the entity holds.
/// Accepts what other loaders wrote (BOOL as 0, 1 or "0", maps as JSON text).
///
/// # Errors
/// [`Decode`](crate::ErrorKind::Decode), which names the attribute.
/// [`Unsupported`](crate::ErrorKind::Unsupported) for objects of other rows.
pub fn decode(
    entity: &Arc<Entity>,
    attribute: impl Fn(usize) -> Option<ItemValue>,
) -> Result<Record> {
    let mut values = Vec::with_capacity(entity.fields.len());
    for (place, field) in entity.fields.iter().enumerate() {
        let Some(found) = entity.attributes.get(field.attribute) else {
            values.push(Value::Null);
            continue;
        };
        let value = match attribute(field.attribute) {
            Some(item) => field_value(entity, place, field, found, item)?,
            None => Value::Null,
        };
        values.push(match value {
            // Other loaders leave an array without elements out.
            Value::Null if field.source == FieldSource::Children => Value::Rows(Vec::new()),
            // DynamoDB has no empty set.
            Value::Null if is_set(field) && !field.nullable => Value::Set(Vec::new()),
            Value::Null if !field.nullable => {
                let message = "the item lacks a value that the column must have; repair the item";
                return Err(refuse(entity, field, found, message));
            }
            value => value,
        });
    }
    Ok(Record::new(entity.clone(), values))
}

/// Whether some record of the entity can have this value in an attribute that is a key: a text of its
/// template, a value of its column. True also where the value does not tell.
pub fn is_key(entity: &Entity, attribute: usize, value: &ItemValue) -> bool {
    let Some(found) = entity.attributes.get(attribute) else {
        return false;
    };
    match (&found.expr, value) {
        (Expr::Column(column), value) => {
            let column_type = place(entity, *column).and_then(|(_, field)| type_of(field));
            column_type.is_none_or(|column_type| {
                let read = attribute::read(value.clone(), column_type);
                read.is_some_and(|value| !value.is_null())
            })
        }
        (Expr::Template(parts), ItemValue::S(text)) => fits(entity, parts, text),
        (Expr::Template(_), _) => false,
        (expr, ItemValue::S(text)) => fits(entity, std::slice::from_ref(expr), text),
        _ => true,
    }
}

fn is_set(field: &Field) -> bool {
    matches!(type_of(field), Some(ColumnType::Set(_)))
}

fn field_value(
    entity: &Entity,
    place: usize,
    field: &Field,
    found: &Attribute,
    item: ItemValue,
) -> Result<Value> {
    let value = match (&field.value_type, field.source) {
        (_, _) if item == ItemValue::Null => Some(Value::Null),
        (ValueType::Rows(_), _) | (_, FieldSource::Children) => {
            let Some((children, members)) = entity.children(place) else {
                let message = "objects of other rows are not built yet";
                return Err(Error::new(ErrorKind::Unsupported, message)
                    .entity(&entity.name)
                    .with("field", &field.name));
            };
            children::read(children, members, item)
        }
        (ValueType::Column(column_type), FieldSource::Column(column)) => {
            part(entity, field, &found.expr, item, column_type, column)
        }
        (ValueType::Column(column_type), _) => attribute::read(item, column_type),
        (ValueType::Composed, _) => match item {
            ItemValue::S(text) | ItemValue::N(text) => Some(Value::Text(text)),
            _ => None,
        },
    };
    let message = "the attribute holds no value of the field's type; repair the item";
    value.ok_or_else(|| refuse(entity, field, found, message))
}

/// The value of a column in an attribute that carries it.
fn part(
    entity: &Entity,
    field: &Field,
    expr: &Expr,
    item: ItemValue,
    column_type: &ColumnType,
    column: usize,
) -> Option<Value> {
    match (expr, item) {
        (Expr::Column(_), item) => attribute::read(item, column_type),
        (Expr::NumberFormat { .. }, ItemValue::S(text) | ItemValue::N(text)) => {
            read_text(&text, column_type)
        }
        (Expr::Template(parts), ItemValue::S(text)) => {
            read_text(take_apart(entity, parts, &text, column)?, column_type)
        }
        (Expr::Object(members), item) => {
            let name = &members.iter().find(|(_, of)| *of == column)?.0;
            let held = match item {
                ItemValue::M(held) => held,
                ItemValue::S(text) => attribute::read_map(&text)?,
                _ => return None,
            };
            match held.into_iter().find(|(found, _)| found == name) {
                Some((_, member)) => attribute::read_member(member, column_type, field.nullable),
                None => Some(Value::Null),
            }
        }
        _ => None,
    }
}

fn refuse(entity: &Entity, field: &Field, attribute: &Attribute, message: &str) -> Error {
    Error::new(ErrorKind::Decode, message)
        .entity(&entity.name)
        .with("attribute", &attribute.name)
        .with("field", &field.name)
}
