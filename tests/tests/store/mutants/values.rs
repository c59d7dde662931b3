//! Defects of what is written: values, expressions and conditions.

use aws_sdk_dynamodb::types::AttributeValue;

use super::write::{Kind, Write};

/// A new item takes the place of one that is there.
pub fn overwrites(write: &mut Write<'_>) {
    if write.kind == Kind::Put && !write.is_own() {
        always(write);
    }
}

/// A value of a unique key that is taken is taken again.
pub fn takes_any_guard(write: &mut Write<'_>) {
    if write.kind == Kind::Put && write.is_own() {
        always(write);
    }
}

/// The guard of a value that no record has any more stays.
pub fn keeps_guards(write: &mut Write<'_>) {
    if write.kind == Kind::Delete && write.is_own() {
        change_text(write, "pk", |key| format!("{key}00"));
    }
}

/// A value that ends in A has the guard of the one that ends in a.
pub fn folds_guards(write: &mut Write<'_>) {
    if write.is_own() {
        change_text(write, "pk", |key| match key.strip_suffix("41") {
            Some(rest) if key.starts_with("guard#") => format!("{rest}61"),
            _ => key.to_owned(),
        });
    }
}

/// An update of a record that is not there makes one.
pub fn creates(write: &mut Write<'_>) {
    if write.kind == Kind::Update
        && let (Some(exists), Some(condition)) = (existence(write), &mut write.condition)
    {
        let missing = exists.replace("_exists", "_not_exists");
        **condition = condition.replace(&exists, &format!("({exists} OR {missing})"));
    }
}

/// The caller's condition is not evaluated, nor the bounds of a number.
pub fn ignores_conditions(write: &mut Write<'_>) {
    if matches!(write.kind, Kind::Update | Kind::Delete)
        && let (Some(exists), Some(condition)) = (existence(write), &mut write.condition)
    {
        **condition = format!("{condition} OR {exists}");
    }
}

/// A check of a transaction is not evaluated.
pub fn ignores_checks(write: &mut Write<'_>) {
    if write.kind == Kind::Check {
        always(write);
    }
}

/// `<>` is true of a missing attribute, as DynamoDB has it.
pub fn unequal_to_nothing(write: &mut Write<'_>) {
    let Some(condition) = &mut write.condition else {
        return;
    };
    for name in placeholders(condition) {
        let begin = format!("attribute_type({name}, ");
        if !condition.contains(&format!("{name} <> ")) {
            continue;
        }
        if let Some(from) = condition.find(&begin)
            && let Some(length) = condition[from..].find(')')
        {
            let typed = condition[from..=from + length].to_owned();
            let or_missing = format!("({typed} OR attribute_not_exists({name}))");
            **condition = condition.replace(&typed, &or_missing);
        }
    }
}

/// Numbers are added twice.
pub fn adds_twice(write: &mut Write<'_>) {
    let (Some(update), Some(values)) = (&write.update, &mut write.values) else {
        return;
    };
    for sum in update.split(" + ").skip(1) {
        let end = sum.find([',', ' ']).unwrap_or(sum.len());
        if let Some(AttributeValue::N(number)) = values.get_mut(&sum[..end])
            && let Ok(once) = number.parse::<i64>()
        {
            *number = (2 * once).to_string();
        }
    }
}

/// A field does not become NULL.
pub fn keeps_nulls_out(write: &mut Write<'_>) {
    let (Some(update), Some(names)) = (&mut write.update, &mut write.names) else {
        return;
    };
    if let Some((set, removed)) = update.split_once(" REMOVE ") {
        let condition = write.condition.as_ref().map_or("", |c| c.as_str());
        for name in removed.split(", ") {
            if !condition.contains(name) && !set.contains(name) {
                names.remove(name);
            }
        }
        let length = set.len();
        update.truncate(length);
    }
}

/// Numbers pass through a 64-bit float.
pub fn through_float(value: &mut AttributeValue) {
    if let AttributeValue::N(digits) = value
        && let Ok(float) = digits.parse::<f64>()
    {
        *digits = format!("{float}");
    }
}

/// Times are kept in milliseconds.
pub fn in_milliseconds(value: &mut AttributeValue) {
    if let AttributeValue::S(text) = value
        && text.len() == "2025-01-02 03:04:05.123456".len()
        && text.as_bytes()[19] == b'.'
    {
        text.replace_range(23.., "000");
    }
}

/// Numbers in a sort key have no leading zeros.
pub fn unpadded(value: &mut AttributeValue) {
    if let AttributeValue::S(text) = value
        && text.len() >= 20
        && text.starts_with("00000")
    {
        *text = text.trim_start_matches('0').to_owned();
    }
}

/// Of an array only the first element is kept.
pub fn first_row(value: &mut AttributeValue) {
    if let AttributeValue::L(rows) = value {
        rows.truncate(1);
    }
}

/// An empty text is written as a missing attribute.
pub fn empty_is_missing(write: &mut Write<'_>) {
    if write.kind == Kind::Put {
        let empty = AttributeValue::S(String::new());
        write.item.retain(|_, value| *value != empty);
    }
}

/// What is in no list: the constant by which an index finds every item is not written.
pub fn not_indexed(write: &mut Write<'_>) {
    if write.kind == Kind::Put {
        write.item.remove("list");
    }
}

fn change_text(write: &mut Write<'_>, attribute: &str, change: fn(&str) -> String) {
    if let Some(AttributeValue::S(text)) = write.item.get_mut(attribute) {
        *text = change(text);
    }
}

/// The condition holds, with every placeholder still used.
fn always(write: &mut Write<'_>) {
    if let Some(condition) = &mut write.condition
        && let Some(name) = placeholders(condition).first()
    {
        let there_or_not = format!("attribute_exists({name}) OR attribute_not_exists({name})");
        **condition = format!("{condition} OR {there_or_not}");
    }
}

/// `attribute_exists(#…)` of the key: the first that the condition has.
fn existence(write: &Write<'_>) -> Option<String> {
    let condition = write.condition.as_ref()?;
    let from = condition.find("attribute_exists(")?;
    let length = condition[from..].find(')')?;
    Some(condition[from..=from + length].to_owned())
}

/// The names that an expression uses.
fn placeholders(expression: &str) -> Vec<String> {
    let parts = expression.split('#').skip(1);
    let mut names: Vec<String> = parts
        .map(|part| {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric());
            format!("#{}", &part[..end.unwrap_or(part.len())])
        })
        .collect();
    names.dedup();
    names
}
