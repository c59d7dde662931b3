//! The key condition of a query: which part of a table or index is read.
//!
//! It may find more than the query asks for, never less: what was read is compared again.

use std::cmp::Ordering;
use std::ops::Bound;

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::model::Expr;
use dal_traits::op::Query;
use dal_traits::value::Value;
use dal_traits::{ErrorKind, Record, Result};

use super::expression::Expression;
use super::shape::Shape;

/// The key attributes of what is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub partition: usize,
    pub sort: Option<usize>,
}

/// A key condition and its placeholders.
#[derive(Debug)]
pub(super) struct KeyCondition {
    pub text: String,
    pub expression: Expression,
}

/// What the sort key is compared with; bounds are inclusive.
#[derive(Debug, PartialEq)]
enum SortCondition {
    Any,
    Equal(AttributeValue),
    BeginsWith(String),
    Between(Option<AttributeValue>, Option<AttributeValue>),
}

/// The key condition of a query; none when no record can match.
pub(super) fn key_condition(
    shape: &Shape,
    query: &Query,
    keys: Keys,
) -> Result<Option<KeyCondition>> {
    if is_empty(&query.range) {
        return Ok(None);
    }
    let known = shape.partial(given(query));
    let Some(partition) = shape.attribute(&known, keys.partition)? else {
        return Ok(None);
    };
    let mut expression = Expression::default();
    let name = expression.name(shape.name(keys.partition));
    let mut text = format!("{name} = {}", expression.value(partition));
    let Some(sort) = keys.sort else {
        return Ok(Some(KeyCondition { text, expression }));
    };
    let Some(condition) = sort_condition(shape, query, &known, sort)? else {
        return Ok(None);
    };
    let name = shape.name(sort);
    let condition = match condition {
        SortCondition::Any | SortCondition::Between(None, None) => None,
        SortCondition::Equal(value) => {
            let name = expression.name(name);
            Some(format!("{name} = {}", expression.value(value)))
        }
        SortCondition::BeginsWith(prefix) => {
            let name = expression.name(name);
            let prefix = expression.value(AttributeValue::S(prefix));
            Some(format!("begins_with({name}, {prefix})"))
        }
        SortCondition::Between(Some(least), Some(greatest)) => {
            let name = expression.name(name);
            let (least, greatest) = (expression.value(least), expression.value(greatest));
            Some(format!("{name} BETWEEN {least} AND {greatest}"))
        }
        SortCondition::Between(Some(least), None) => {
            let name = expression.name(name);
            Some(format!("{name} >= {}", expression.value(least)))
        }
        SortCondition::Between(None, Some(greatest)) => {
            let name = expression.name(name);
            Some(format!("{name} <= {}", expression.value(greatest)))
        }
    };
    if let Some(condition) = condition {
        text = format!("{text} AND {condition}");
    }
    Ok(Some(KeyCondition { text, expression }))
}

/// Nothing in the place of an error that says that no item has such a key (an empty text, a separator
/// inside a part): look-ups by such values find nothing. For keys that are built here, not for replies
/// of DynamoDB.
pub(super) fn unless_illegal<T: Default>(key: Result<T>) -> Result<T> {
    match key {
        Err(error) if error.kind() == ErrorKind::InvalidValue => Ok(T::default()),
        other => other,
    }
}

/// Whether a record is one that the query asks for.
pub(super) fn matches(query: &Query, record: &Record) -> bool {
    let equal = given(query).all(|(field, value)| !value.is_null() && record.value(field) == value);
    let within = ranged(query).is_none_or(|field| {
        let held = record.value(field);
        let above = match &query.range.0 {
            Bound::Included(least) => is_ordered(least, held, true),
            Bound::Excluded(least) => is_ordered(least, held, false),
            Bound::Unbounded => true,
        };
        let below = match &query.range.1 {
            Bound::Included(greatest) => is_ordered(held, greatest, true),
            Bound::Excluded(greatest) => is_ordered(held, greatest, false),
            Bound::Unbounded => true,
        };
        above && below
    });
    equal
        && within
        && query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.holds(record))
}

fn is_ordered(one: &Value, other: &Value, or_equal: bool) -> bool {
    match one.order(other) {
        _ if one.is_null() || other.is_null() => false,
        Some(Ordering::Less) => true,
        Some(Ordering::Equal) => or_equal,
        _ => false,
    }
}

/// Whether no value is in the range.
fn is_empty((least, greatest): &(Bound<Value>, Bound<Value>)) -> bool {
    let value = |bound: &Bound<Value>| match bound {
        Bound::Included(value) | Bound::Excluded(value) => Some(value.clone()),
        Bound::Unbounded => None,
    };
    match (value(least), value(greatest)) {
        (Some(Value::Null), _) | (_, Some(Value::Null)) => true,
        (Some(least), Some(greatest)) => least.order(&greatest) == Some(Ordering::Greater),
        _ => false,
    }
}

/// The fields whose values a query gives.
fn given(query: &Query) -> impl Iterator<Item = (usize, &Value)> {
    let path = query.entity.paths.get(query.path);
    let fields = path
        .into_iter()
        .flat_map(|path| path.equal.iter().chain(&path.sort));
    fields.copied().zip(&query.key)
}

/// The sort field that the range is about; none without a range.
fn ranged(query: &Query) -> Option<usize> {
    if matches!(query.range, (Bound::Unbounded, Bound::Unbounded)) {
        return None;
    }
    let path = query.entity.paths.get(query.path)?;
    let prefix = query.key.len().checked_sub(path.equal.len())?;
    path.sort.get(prefix).copied()
}

fn sort_condition(
    shape: &Shape,
    query: &Query,
    known: &Record,
    sort: usize,
) -> Result<Option<SortCondition>> {
    let given: Vec<usize> = given(query).map(|(field, _)| field).collect();
    let Some(attribute) = shape.entity.attributes.get(sort) else {
        return Ok(Some(SortCondition::Any));
    };
    if shape.inputs(sort).iter().all(|field| given.contains(field)) {
        let value = shape.attribute(known, sort)?;
        return Ok(value.map(SortCondition::Equal));
    }
    if let Expr::Template(parts) = &attribute.expr {
        return composite(shape, query, known, sort, parts, &given);
    }
    let range = plain_range(shape, query, sort)?;
    Ok(Some(range.unwrap_or(SortCondition::Any)))
}

/// The range of a sort key that is one field; none when its order is not that of the values.
fn plain_range(shape: &Shape, query: &Query, sort: usize) -> Result<Option<SortCondition>> {
    let Some(field) = ranged(query).filter(|field| shape.inputs(sort) == [*field]) else {
        return Ok(None);
    };
    if !shape.keeps_order(sort, 0) {
        return Ok(None);
    }
    let bound = |bound: &Bound<Value>| match bound {
        Bound::Unbounded => Ok(None),
        Bound::Included(Value::Text(text)) | Bound::Excluded(Value::Text(text)) => {
            // No key is the empty text, and none may be compared with it.
            Ok((!text.is_empty()).then(|| AttributeValue::S(text.clone())))
        }
        Bound::Included(value) | Bound::Excluded(value) => {
            shape.attribute(&shape.partial([(field, value)]), sort)
        }
    };
    let range = SortCondition::Between(bound(&query.range.0)?, bound(&query.range.1)?);
    Ok(Some(range))
}

/// The beginning of a composite sort key that the given fields fix, and a range of the token behind
/// it.
fn composite(
    shape: &Shape,
    query: &Query,
    known: &Record,
    sort: usize,
    parts: &[Expr],
    given: &[usize],
) -> Result<Option<SortCondition>> {
    let is_known = |part: &Expr| match part_field(shape, part) {
        Some(field) => given.contains(&field),
        None => matches!(part, Expr::Constant(_)),
    };
    let fixed = parts.iter().take_while(|part| is_known(part)).count();
    let Some(prefix) = shape.beginning(known, sort, fixed)? else {
        // A given value is NULL, or the key is not one of texts.
        return Ok((fixed == 0).then_some(SortCondition::Any));
    };
    let whole = || {
        if prefix.is_empty() {
            SortCondition::Any
        } else {
            SortCondition::BeginsWith(prefix.clone())
        }
    };
    let token = parts.get(fixed).and_then(|part| part_field(shape, part));
    let before = parts.iter().take(fixed);
    let before = before.filter(|part| !matches!(part, Expr::Constant(_)));
    let is_ordered = shape.keeps_order(sort, before.count());
    let field = ranged(query).filter(|field| is_ordered && token == Some(*field));
    let Some(field) = field else {
        return Ok(Some(whole()));
    };
    // The separator belongs to the token: what begins with both has this very value.
    let is_separator = matches!(parts.get(fixed + 1), Some(Expr::Constant(_)));
    let behind = fixed + 1 + usize::from(is_separator);
    let text = |value: &Value, parts: usize| {
        let mut record = known.clone();
        record.set(field, value.clone());
        shape.beginning(&record, sort, parts)
    };
    let least = match &query.range.0 {
        Bound::Unbounded => Some(prefix.clone()).filter(|prefix| !prefix.is_empty()),
        Bound::Included(value) | Bound::Excluded(value) => text(value, fixed + 1)?,
    };
    let greatest = match &query.range.1 {
        Bound::Unbounded => successor(&prefix),
        Bound::Included(value) | Bound::Excluded(value) => {
            text(value, behind)?.and_then(|text| successor(&text))
        }
    };
    let text = |text: Option<String>| text.filter(|t| !t.is_empty()).map(AttributeValue::S);
    Ok(Some(SortCondition::Between(text(least), text(greatest))))
}

/// The field that a part of a template is.
fn part_field(shape: &Shape, part: &Expr) -> Option<usize> {
    let column = match part {
        Expr::Column(column) => *column,
        Expr::NumberFormat { of, .. } | Expr::DateFormat { of, .. } => match of.as_ref() {
            Expr::Column(column) => *column,
            _ => return None,
        },
        _ => return None,
    };
    let mut fields = shape.entity.fields.iter();
    fields.position(|field| field.source == dal_traits::model::FieldSource::Column(column))
}

/// The least text that is greater than every text that begins with this one, if there is one.
fn successor(text: &str) -> Option<String> {
    let mut chars: Vec<char> = text.chars().collect();
    while let Some(last) = chars.pop() {
        let next = match u32::from(last) + 1 {
            0xD800 => Some('\u{E000}'),
            code => char::from_u32(code),
        };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_is_above_everything_that_begins_with_the_text() {
        for text in [
            "a",
            "2025#",
            "\u{D7FF}",
            "a\u{10FFFF}",
            "ab\u{10FFFF}\u{10FFFF}",
        ] {
            let next = successor(text).unwrap();
            assert!(next.as_bytes() > text.as_bytes());
            let longer = format!("{text}\u{10FFFF}\u{10FFFF}");
            assert!(next.as_bytes() > longer.as_bytes(), "{text:?} {next:?}");
        }
        assert_eq!(successor("\u{10FFFF}"), None);
        assert_eq!(successor(""), None);
    }
}
