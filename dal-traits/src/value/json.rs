//! JSON as both stores hold it: numbers of 64 bits, compared by value.

use serde_json::{Number, Value as Json};

/// The most levels of arrays and objects that MySQL stores ("The JSON Data Type").
const DEPTH: usize = 100;

/// The value with each number as i64, u64 or f64, as MySQL does.
pub(super) fn normal(value: Json) -> Result<Json, &'static str> {
    at_depth(value, 0)
}

fn at_depth(value: Json, depth: usize) -> Result<Json, &'static str> {
    if depth > DEPTH {
        return Err("deeper than 100 levels");
    }
    Ok(match value {
        Json::Number(number) => Json::Number(normal_number(&number)?),
        Json::Array(values) => {
            let values = values.into_iter().map(|value| at_depth(value, depth + 1));
            Json::Array(values.collect::<Result<_, _>>()?)
        }
        Json::Object(members) => {
            let members = members
                .into_iter()
                .map(|(name, value)| at_depth(value, depth + 1).map(|value| (name, value)));
            Json::Object(members.collect::<Result<_, _>>()?)
        }
        other => other,
    })
}

fn normal_number(number: &Number) -> Result<Number, &'static str> {
    if let Some(whole) = number.as_i64() {
        return Ok(whole.into());
    }
    if let Some(whole) = number.as_u64() {
        return Ok(whole.into());
    }
    let float = number.as_f64().and_then(Number::from_f64);
    float.ok_or("it holds a number that a DOUBLE cannot hold")
}

/// The text without spaces, members in the order of the bytes of their names.
pub(super) fn text(value: &Json) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Json, text: &mut String) {
    match value {
        Json::Array(values) => {
            text.push('[');
            for (i, value) in values.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                write(value, text);
            }
            text.push(']');
        }
        Json::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| name.as_bytes());
            text.push('{');
            for (i, (name, value)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                text.push_str(&Json::from(name.as_str()).to_string());
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// Whether both are the same JSON; `1` and `1.0` are, as in MySQL.
pub(super) fn equal(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => same_number(one, other),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| equal(a, b))
        }
        (Json::Object(one), Json::Object(other)) => {
            let has = |(name, a)| other.get(name).is_some_and(|b| equal(a, b));
            one.len() == other.len() && one.iter().all(has)
        }
        _ => one == other,
    }
}

fn same_number(one: &Number, other: &Number) -> bool {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.as_f64() == other.as_f64(),
        _ => false,
    }
}

/// The whole number, if it is one of 64 bits.
fn whole(number: &Number) -> Option<i128> {
    if let Some(whole) = number.as_i64() {
        return Some(whole.into());
    }
    if let Some(whole) = number.as_u64() {
        return Some(whole.into());
    }
    let float = number.as_f64()?;
    let is_whole = float.fract() == 0.0 && float.abs() < 1e20;
    is_whole.then(|| format!("{float:.0}").parse().ok())?
}
