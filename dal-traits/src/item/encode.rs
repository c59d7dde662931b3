//! From a record to its item.

use super::template::{Composed, compose, held, invalid};
use super::{ItemValue, attribute, children};
use crate::catalog::ColumnType;
use crate::model::{Attribute, AttributeType, Entity, Expr, Field, FieldSource};
use crate::value::{Value, text};
use crate::{Error, ErrorKind, Record, Result};

/// The attributes of the record's item, by their place in the entity; one that is NULL is absent, as
/// is a key of an index that a token leaves empty.
///
/// # Errors
/// [`InvalidValue`](crate::ErrorKind::InvalidValue) for what no item can hold: NULL or an empty text
/// in a key of the table, an empty text in a key of an index that is a column, a separator inside a
/// part of a key, an empty set where NULL is another value, and what only an absent key would hold.
/// [`Unsupported`](crate::ErrorKind::Unsupported) for attributes that are made of other rows.
pub fn encode(record: &Record) -> Result<Vec<(usize, ItemValue)>> {
    let mut item = Vec::new();
    for place in 0..record.entity().attributes.len() {
        match key(record, place)? {
            Some(value) => item.push((place, value)),
            None => check_nothing_is_lost(record, place)?,
        }
    }
    Ok(item)
}

/// The value of one attribute (a key, usually) of the record's item.
///
/// # Errors
/// As [`encode`].
pub fn key(record: &Record, attribute: usize) -> Result<Option<ItemValue>> {
    let entity = record.entity();
    let Some(found) = entity.attributes.get(attribute) else {
        return Ok(None);
    };
    let role = role(entity, attribute);
    let value = match &found.expr {
        Expr::Column(column) => direct(record, *column, found.attribute_type)?,
        Expr::Constant(text) => Some(constant(text, found.attribute_type)),
        Expr::Template(parts) => {
            let is_read_back = role != Role::Other || carries(entity, attribute);
            composed(compose(record, parts, is_read_back)?, role)
        }
        Expr::NumberFormat { .. } | Expr::DateFormat { .. } => {
            let parts = std::slice::from_ref(&found.expr);
            composed(compose(record, parts, false)?, role).map(|value| match value {
                ItemValue::S(digits) if found.attribute_type == AttributeType::N => {
                    ItemValue::N(digits)
                }
                other => other,
            })
        }
        Expr::Object(members) => Some(object(record, members, found.attribute_type)?),
        Expr::Lookup(_) => return Err(unsupported(entity, found, "values of other rows")),
        Expr::Children(_) => children::write(record, attribute)?,
    };
    check_key(entity, attribute, role, value)
}

/// The text of a sort key, also where no item may have it: a row of MySQL that DynamoDB could not
/// hold has a place in the order all the same. None when a part of it is NULL.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) for attributes that are made of other rows.
pub fn order_text(record: &Record, attribute: usize) -> Result<Option<String>> {
    let Some(found) = record.entity().attributes.get(attribute) else {
        return Ok(None);
    };
    let parts = match &found.expr {
        Expr::Template(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    Ok(compose(record, parts, false)?.map(|composed| composed.text))
}

/// What an attribute is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    TableKey,
    IndexKey,
    Other,
}

fn role(entity: &Entity, attribute: usize) -> Role {
    let mut indexes = entity.index_keys.iter().flatten();
    if attribute == entity.partition_key || entity.sort_key == Some(attribute) {
        Role::TableKey
    } else if indexes.any(|k| k.partition_key == attribute || k.sort_key == Some(attribute)) {
        Role::IndexKey
    } else {
        Role::Other
    }
}

/// The fields that are read from an attribute.
fn carried(entity: &Entity, attribute: usize) -> impl Iterator<Item = (usize, &Field)> {
    let fields = entity.fields.iter().enumerate();
    fields.filter(move |(_, field)| {
        field.attribute == attribute && matches!(field.source, FieldSource::Column(_))
    })
}

fn carries(entity: &Entity, attribute: usize) -> bool {
    carried(entity, attribute).next().is_some()
}

fn check_key(
    entity: &Entity,
    attribute: usize,
    role: Role,
    value: Option<ItemValue>,
) -> Result<Option<ItemValue>> {
    let is_empty = match &value {
        Some(ItemValue::S(text)) => text.is_empty(),
        Some(ItemValue::B(bytes)) => bytes.is_empty(),
        _ => false,
    };
    let message = match (role, &value) {
        (Role::TableKey, None) => "it is NULL, and a key of the table; give it a value",
        (Role::TableKey | Role::IndexKey, Some(_)) if is_empty => {
            "it is empty, and DynamoDB has no empty keys; give it a value, or NULL for an index"
        }
        _ => return Ok(value),
    };
    let inputs = entity.inputs(attribute);
    let names = inputs.iter().filter_map(|place| entity.fields.get(*place));
    let names: Vec<&str> = names.map(|field| field.name.as_str()).collect();
    Err(Error::new(ErrorKind::InvalidValue, message)
        .entity(&entity.name)
        .with("field", names.join(", ")))
}

/// What an absent attribute alone would hold cannot be stored.
fn check_nothing_is_lost(record: &Record, attribute: usize) -> Result<()> {
    let entity = record.entity();
    for (place, field) in carried(entity, attribute) {
        // An empty set is what an absent attribute means.
        let is_absent = matches!(record.value(place), Value::Null | Value::Set(_));
        if !is_absent {
            let message = "only an attribute that is made of several holds it, which is absent \
                           because another part is NULL or empty; give the field an attribute of \
                           its own";
            return Err(invalid(entity, field, message));
        }
    }
    Ok(())
}

fn direct(record: &Record, column: usize, wanted: AttributeType) -> Result<Option<ItemValue>> {
    let (value, field, column_type) = held(record, column)?;
    check_set(record, value, field, wanted)?;
    attribute::write(value, column_type, wanted)
        .map_err(|reason| invalid(record.entity(), field, reason))
}

/// As a text, the empty set is the empty text.
fn check_set(record: &Record, value: &Value, field: &Field, wanted: AttributeType) -> Result<()> {
    match value {
        Value::Set(labels) if labels.is_empty() && field.nullable && wanted != AttributeType::S => {
            let message = "DynamoDB has no empty set, and an absent one is NULL; give it a label";
            Err(invalid(record.entity(), field, message))
        }
        _ => Ok(()),
    }
}

fn constant(text: &str, wanted: AttributeType) -> ItemValue {
    match wanted {
        AttributeType::N => ItemValue::N(text.to_owned()),
        AttributeType::Bool => ItemValue::Bool(text == "true"),
        _ => ItemValue::S(text.to_owned()),
    }
}

fn composed(composed: Option<Composed>, role: Role) -> Option<ItemValue> {
    let composed = composed?;
    let is_sparse = role == Role::IndexKey && composed.has_empty_part;
    (!is_sparse).then_some(ItemValue::S(composed.text))
}

fn object(
    record: &Record,
    members: &[(String, usize)],
    wanted: AttributeType,
) -> Result<ItemValue> {
    let mut map = Vec::new();
    let mut json = serde_json::Map::new();
    for (name, column) in members {
        let (value, field, column_type) = held(record, *column)?;
        check_set(record, value, field, AttributeType::Ss)?;
        let member = attribute::write_member(value, column_type, field.nullable, 2)
            .map_err(|reason| invalid(record.entity(), field, reason))?;
        let Some(member) = member else { continue };
        if wanted != AttributeType::S {
            map.push((name.clone(), member));
            continue;
        }
        let member = attribute::json_member(value, column_type).ok_or_else(|| {
            let message = "bytes cannot be part of JSON text; write the type M";
            Error::new(ErrorKind::Unsupported, message)
                .entity(&record.entity().name)
                .with("field", &field.name)
        })?;
        json.insert(name.clone(), member);
    }
    if wanted != AttributeType::S {
        return Ok(ItemValue::M(map));
    }
    let json = text(&Value::Json(json.into()), &ColumnType::Json);
    Ok(ItemValue::S(json.unwrap_or_default()))
}

fn unsupported(entity: &Entity, attribute: &Attribute, what: &str) -> Error {
    let message = format!("attributes that hold {what} are not built yet");
    Error::new(ErrorKind::Unsupported, message)
        .entity(&entity.name)
        .with("attribute", &attribute.name)
}
