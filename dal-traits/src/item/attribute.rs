//! One value of a column, and what an attribute of an item holds for it.

use bigdecimal::BigDecimal;
use serde_json::{Map, Number, Value as Json};
use time::{Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::ItemValue;
use crate::catalog::ColumnType;
use crate::model::AttributeType;
use crate::value::{Value, fit, read_text, text};

/// The most levels of an attribute, with its own ("Service, account, and table quotas").
const DEPTH: usize = 32;
/// The most digits of a number of DynamoDB ("Data types: Number").
const DIGITS: u8 = 38;

/// What an attribute of this type holds for the value: nothing for NULL, and for an empty set, which
/// DynamoDB does not have.
pub(super) fn write(
    value: &Value,
    column_type: &ColumnType,
    attribute_type: AttributeType,
) -> Result<Option<ItemValue>, &'static str> {
    Ok(Some(match (attribute_type, value) {
        (_, Value::Null) => return Ok(None),
        (AttributeType::Bool, Value::Bool(value)) => ItemValue::Bool(*value),
        (AttributeType::N, Value::Bool(value)) => ItemValue::N(u8::from(*value).to_string()),
        (AttributeType::N, Value::Int(number)) => ItemValue::N(number.to_string()),
        (AttributeType::N, Value::Decimal(number)) => {
            ItemValue::N(number.normalized().to_plain_string())
        }
        (AttributeType::N, Value::Timestamp(at)) => ItemValue::N(
            at.assume_offset(UtcOffset::UTC)
                .unix_timestamp()
                .to_string(),
        ),
        (AttributeType::N, Value::Float(_)) => {
            ItemValue::N(text(value, column_type).unwrap_or_default())
        }
        (AttributeType::B, Value::Bytes(bytes)) => ItemValue::B(bytes.clone()),
        (AttributeType::Ss, Value::Set(labels)) if labels.is_empty() => return Ok(None),
        (AttributeType::Ss, Value::Set(labels)) => ItemValue::Ss(labels.clone()),
        (AttributeType::M, Value::Json(json @ Json::Object(_)))
        | (AttributeType::L, Value::Json(json @ Json::Array(_))) => write_json(json, 1)?,
        (AttributeType::M, Value::Json(_)) => return Err("a map holds only JSON objects"),
        (AttributeType::L, Value::Json(_)) => return Err("a list holds only JSON arrays"),
        (AttributeType::S, value) => match text(value, column_type) {
            Some(text) => ItemValue::S(text),
            None => return Err("it has no text"),
        },
        _ => return Err("the type of the attribute cannot hold it"),
    }))
}

fn write_json(json: &Json, level: usize) -> Result<ItemValue, &'static str> {
    if level > DEPTH {
        return Err("its JSON has more than 32 levels");
    }
    Ok(match json {
        Json::Null => ItemValue::Null,
        Json::Bool(value) => ItemValue::Bool(*value),
        Json::Number(number) => ItemValue::N(write_number(number)?),
        Json::String(text) => ItemValue::S(text.clone()),
        Json::Array(values) => {
            let values = values.iter().map(|value| write_json(value, level + 1));
            ItemValue::L(values.collect::<Result<_, _>>()?)
        }
        Json::Object(members) => {
            let member = |(name, value): (&String, &Json)| {
                if name.is_empty() {
                    return Err("its JSON has a member without a name");
                }
                Ok((name.clone(), write_json(value, level + 1)?))
            };
            ItemValue::M(members.iter().map(member).collect::<Result<_, _>>()?)
        }
    })
}

fn write_number(number: &Number) -> Result<String, &'static str> {
    if number.is_i64() || number.is_u64() {
        return Ok(number.to_string());
    }
    let Some(float) = number.as_f64() else {
        return Err("its JSON has a number that a DOUBLE cannot hold");
    };
    // Every digit: the fewest that make this float are those of another whole number.
    if float.fract() == 0.0 && float.abs() < 1e20 {
        return Ok(format!("{float:.0}"));
    }
    let fitted = fit(Value::Float(float), &ColumnType::Double).ok();
    let digits = fitted.and_then(|fitted| text(&fitted, &ColumnType::Double));
    digits.ok_or("its JSON has a number whose magnitude is not between 1E-130 and 9.99E125")
}

/// Reads what an attribute holds, also in the forms of other loaders: BOOL as 0, 1 or "0", numbers
/// as texts, maps and lists as JSON text. None when it is not a value of the column.
pub(super) fn read(item: ItemValue, column_type: &ColumnType) -> Option<Value> {
    let read = match (column_type, item) {
        (_, ItemValue::Null) => return Some(Value::Null),
        (ColumnType::Json, ItemValue::S(json)) => return read_text(&json, column_type),
        (ColumnType::Json, item) => Value::Json(read_json(item)?),
        (_, ItemValue::S(text)) => return read_text(&text, column_type),
        (ColumnType::Bool | ColumnType::Integer { .. }, ItemValue::Bool(value)) => {
            Value::Bool(value)
        }
        (ColumnType::Timestamp(_), ItemValue::N(seconds)) => Value::Timestamp(moment(&seconds)?),
        (found, ItemValue::N(number)) if is_number(found) => {
            return read_text(&number, column_type);
        }
        (ColumnType::Set(_), ItemValue::Ss(labels)) => Value::Set(labels),
        (ColumnType::Set(_), ItemValue::L(labels)) => {
            let labels = labels.into_iter().map(|label| match label {
                ItemValue::S(label) => Some(label),
                _ => None,
            });
            Value::Set(labels.collect::<Option<_>>()?)
        }
        (_, ItemValue::B(bytes)) => Value::Bytes(bytes),
        _ => return None,
    };
    fit(read, column_type).ok()
}

const fn is_number(column_type: &ColumnType) -> bool {
    column_type.is_exact_number() || matches!(column_type, ColumnType::Float | ColumnType::Double)
}

/// The moment so many seconds behind the epoch.
fn moment(seconds: &str) -> Option<PrimitiveDateTime> {
    let exact = ColumnType::Decimal {
        precision: 21,
        scale: 9,
        unsigned: false,
    };
    let Value::Decimal(seconds) = read_text(seconds, &exact)? else {
        return None;
    };
    let nanos = (seconds * BigDecimal::from(1_000_000_000)).with_scale(0);
    let nanos = Duration::nanoseconds(nanos.to_plain_string().parse().ok()?);
    let at = OffsetDateTime::UNIX_EPOCH.checked_add(nanos)?;
    Some(PrimitiveDateTime::new(at.date(), at.time()))
}

fn read_json(item: ItemValue) -> Option<Json> {
    Some(match item {
        ItemValue::Null => Json::Null,
        ItemValue::Bool(value) => Json::Bool(value),
        ItemValue::S(text) => Json::String(text),
        ItemValue::N(number) => read_number(&number)?,
        ItemValue::L(values) => {
            Json::Array(values.into_iter().map(read_json).collect::<Option<_>>()?)
        }
        ItemValue::M(members) => {
            let member = |(name, value)| Some((name, read_json(value)?));
            Json::Object(
                members
                    .into_iter()
                    .map(member)
                    .collect::<Option<Map<_, _>>>()?,
            )
        }
        ItemValue::Ss(texts) => texts.into_iter().map(Json::String).collect(),
        ItemValue::B(_) => return None,
    })
}

/// A whole number of 64 bits, or the nearest float.
fn read_number(number: &str) -> Option<Json> {
    if let Ok(whole) = number.parse::<i64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = number.parse::<u64>() {
        return Some(whole.into());
    }
    match read_text(number, &ColumnType::Double)? {
        Value::Float(float) => Number::from_f64(float).map(Json::Number),
        _ => None,
    }
}

/// The type of a member of a map that holds values of this column.
pub(super) const fn natural(column_type: &ColumnType) -> AttributeType {
    match column_type {
        ColumnType::Bool => AttributeType::Bool,
        ColumnType::Integer { .. }
        | ColumnType::Bit(_)
        | ColumnType::Year
        | ColumnType::Float
        | ColumnType::Double => AttributeType::N,
        ColumnType::Decimal { precision, .. } if *precision <= DIGITS => AttributeType::N,
        ColumnType::Set(_) => AttributeType::Ss,
        ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_) => AttributeType::B,
        _ => AttributeType::S,
    }
}

/// What a member of a map holds for the value, which is so many levels inside of the attribute;
/// nothing for an empty set.
pub(super) fn write_member(
    value: &Value,
    column_type: &ColumnType,
    nullable: bool,
    level: usize,
) -> Result<Option<ItemValue>, &'static str> {
    match value {
        Value::Null => Ok(Some(ItemValue::Null)),
        Value::Json(Json::Null) if nullable => {
            Err("inside a map, the null of JSON is not told from NULL")
        }
        Value::Json(json) => write_json(json, level).map(Some),
        _ => write(value, column_type, natural(column_type)),
    }
}

/// Reads what a member of a map holds: a text is JSON itself there, and not JSON text.
pub(super) fn read_member(
    item: ItemValue,
    column_type: &ColumnType,
    nullable: bool,
) -> Option<Value> {
    match (column_type, item) {
        (ColumnType::Json, ItemValue::Null) if nullable => Some(Value::Null),
        (ColumnType::Json, item) => fit(Value::Json(read_json(item)?), column_type).ok(),
        (_, item) => read(item, column_type),
    }
}

/// A member of a map that is kept as JSON text; none for bytes, which have none there. A DECIMAL is
/// a text in it: a number would be read as a float.
pub(super) fn json_member(value: &Value, column_type: &ColumnType) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) => match i64::try_from(*number) {
            Ok(number) => number.into(),
            Err(_) => u64::try_from(*number).ok()?.into(),
        },
        Value::Float(number) => Number::from_f64(*number).map(Json::Number)?,
        Value::Set(labels) => labels.clone().into(),
        Value::Json(json) => json.clone(),
        other => Json::String(text(other, column_type)?),
    })
}

/// The list of a JSON text.
pub(super) fn read_list(text: &str) -> Option<Vec<ItemValue>> {
    match write_json(&serde_json::from_str(text).ok()?, 1).ok()? {
        ItemValue::L(elements) => Some(elements),
        _ => None,
    }
}

/// The map of a JSON text.
pub(super) fn read_map(text: &str) -> Option<Vec<(String, ItemValue)>> {
    match write_json(&serde_json::from_str(text).ok()?, 1).ok()? {
        ItemValue::M(members) => Some(members),
        _ => None,
    }
}
