//! From what serde says of a value to JSON that the same type reads back.
//!
//! JSON alone has no NaN, no integers above 64 bits and no maps whose keys are not texts: these are
//! written as texts and as lists of pairs.

use serde_json::{Map, Number, Value};

use crate::tree::Tree;

/// The name under which an optional value stands that is itself nothing: `Some(None)`.
pub(super) const SOME: &str = "Some";

/// The JSON of a tree.
pub(super) fn value(tree: &Tree) -> Value {
    match tree {
        Tree::Null => Value::Null,
        Tree::Some(inner) => super::under(SOME, value(inner)),
        Tree::Bool(value) => Value::Bool(*value),
        Tree::Int(number) => integer(*number),
        Tree::UInt(number) => Value::String(number.to_string()),
        Tree::F32(number) => float(f64::from(*number)),
        Tree::Float(number) => float(*number),
        Tree::Str(text) => Value::String(text.clone()),
        Tree::Bytes(bytes) => bytes.iter().map(|byte| Value::from(*byte)).collect(),
        Tree::Seq(items) => items.iter().map(value).collect(),
        Tree::Map(entries) => map(entries),
        Tree::Struct { fields, .. } => fields
            .iter()
            .map(|(name, inner)| ((*name).to_owned(), value(inner)))
            .collect::<Map<_, _>>()
            .into(),
        Tree::Newtype { value: inner, .. } => value(inner),
        Tree::Variant {
            variant,
            value: inner,
            ..
        } => match **inner {
            Tree::Null => Value::String((*variant).to_owned()),
            _ => super::under(variant, value(inner)),
        },
    }
}

fn integer(number: i128) -> Value {
    let signed = i64::try_from(number).map(Value::from);
    let unsigned = u64::try_from(number).map(Value::from);
    signed
        .or(unsigned)
        .unwrap_or_else(|_| Value::String(number.to_string()))
}

/// A number, where its text is read as the same number again; else a text.
fn float(number: f64) -> Value {
    Number::from_f64(number)
        .filter(|written| {
            serde_json::from_str::<f64>(&written.to_string())
                .is_ok_and(|read| read.to_bits() == number.to_bits())
        })
        .map_or_else(|| Value::String(number.to_string()), Value::Number)
}

fn map(entries: &[(Tree, Tree)]) -> Value {
    let by_text = entries
        .iter()
        .map(|(key, inner)| match key {
            Tree::Str(text) => Some((text.clone(), value(inner))),
            _ => None,
        })
        .collect::<Option<Map<_, _>>>();
    by_text.map_or_else(
        || {
            entries
                .iter()
                .map(|(key, inner)| Value::Array(vec![value(key), value(inner)]))
                .collect()
        },
        Value::Object,
    )
}
