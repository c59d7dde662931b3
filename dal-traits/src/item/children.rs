//! An array of owned children, and what an attribute holds for it.

use serde_json::{Map, Value as Json};

use super::template::invalid;
use super::{ItemValue, attribute};
use crate::catalog::ColumnType;
use crate::model::{Attribute, AttributeType, Children, Entity, Field, Member};
use crate::value::{Value, text};
use crate::{Error, ErrorKind, Record, Result};

/// The level of a member's value: inside of the list and of the map of its element.
const LEVEL: usize = 3;

/// A list of maps, or its JSON text; none for NULL, which only a record that is not whole has.
pub(super) fn write(record: &Record, place: usize) -> Result<Option<ItemValue>> {
    let entity = record.entity();
    let array = entity.arrays().find(|(_, array)| array.attribute == place);
    let found = array.and_then(|(at, field)| Some((at, field, entity.children(at)?.1)));
    let attribute = entity.attributes.get(place);
    let (Some((at, field, members)), Some(attribute)) = (found, attribute) else {
        let message = "the attribute is an array of children that is no field";
        return Err(Error::new(ErrorKind::Unsupported, message).entity(&entity.name));
    };
    let rows = match record.value(at) {
        Value::Null => return Ok(None),
        Value::Rows(rows) => rows,
        _ => return Err(invalid(entity, field, "it is not an array of rows")),
    };
    let of = Array {
        entity,
        field,
        attribute,
    };
    let rows = rows.iter().map(|row| members.iter().zip(row));
    Ok(Some(if attribute.attribute_type == AttributeType::S {
        let elements = rows.map(|row| of.object(row));
        let json = Json::Array(elements.collect::<Result<_>>()?);
        ItemValue::S(text(&Value::Json(json), &ColumnType::Json).unwrap_or_default())
    } else {
        let elements = rows.map(|row| of.map(row));
        ItemValue::L(elements.collect::<Result<_>>()?)
    }))
}

struct Array<'a> {
    entity: &'a Entity,
    field: &'a Field,
    attribute: &'a Attribute,
}

impl Array<'_> {
    fn map<'m>(&self, row: impl Iterator<Item = (&'m Member, &'m Value)>) -> Result<ItemValue> {
        let mut map = Vec::new();
        for (member, value) in row {
            if let Some(value) = self.member(member, value)? {
                map.push((member.name.clone(), value));
            }
        }
        Ok(ItemValue::M(map))
    }

    fn object<'m>(&self, row: impl Iterator<Item = (&'m Member, &'m Value)>) -> Result<Json> {
        let mut object = Map::new();
        for (member, value) in row {
            if self.member(member, value)?.is_none() {
                continue;
            }
            let json = attribute::json_member(value, &member.column_type).ok_or_else(|| {
                let message = "bytes cannot be part of JSON text; write the type L";
                Error::new(ErrorKind::Unsupported, message)
                    .entity(&self.entity.name)
                    .with("attribute", &self.attribute.name)
                    .with("member", &member.name)
            })?;
            object.insert(member.name.clone(), json);
        }
        Ok(Json::Object(object))
    }

    fn member(&self, member: &Member, value: &Value) -> Result<Option<ItemValue>> {
        let refuse = |reason| invalid(self.entity, self.field, reason).with("member", &member.name);
        if member.nullable && matches!(value, Value::Set(labels) if labels.is_empty()) {
            return Err(refuse(
                "DynamoDB has no empty set, and an absent one is NULL; give it a label",
            ));
        }
        attribute::write_member(value, &member.column_type, member.nullable, LEVEL).map_err(refuse)
    }
}

/// The rows that an attribute holds, in their order; none when it holds something else. A member
/// that is absent is NULL.
pub(super) fn read(children: &Children, members: &[Member], item: ItemValue) -> Option<Value> {
    let elements = match item {
        ItemValue::L(elements) => elements,
        ItemValue::S(text) => attribute::read_list(&text)?,
        _ => return None,
    };
    let elements = elements.into_iter();
    let rows = elements.map(|element| row(members, element));
    let mut rows: Vec<Vec<Value>> = rows.collect::<Option<_>>()?;
    children.sort(&mut rows);
    Some(Value::Rows(rows))
}

fn row(members: &[Member], element: ItemValue) -> Option<Vec<Value>> {
    let ItemValue::M(mut held) = element else {
        return None;
    };
    let member = |member: &Member| {
        let found = held.iter().position(|(name, _)| *name == member.name);
        let value = match found.map(|place| held.swap_remove(place).1) {
            Some(item) => attribute::read_member(item, &member.column_type, member.nullable)?,
            None => Value::Null,
        };
        match (value, &member.column_type) {
            // DynamoDB has no empty set.
            (Value::Null, ColumnType::Set(_)) if !member.nullable => Some(Value::Set(Vec::new())),
            (Value::Null, _) if !member.nullable => None,
            (value, _) => Some(value),
        }
    };
    members.iter().map(member).collect()
}
