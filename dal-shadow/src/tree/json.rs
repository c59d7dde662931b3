//! What `serde_json` hands to other serializers by private tokens: numbers of arbitrary precision, and
//! raw JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::budget::Budget;
use super::decimal::Decimal;
use super::{Tree, TreeError};

/// The struct under which a number comes with the feature `arbitrary_precision`.
pub(super) const NUMBER_TOKEN: &str = "$serde_json::private::Number";
/// The struct under which a `RawValue` comes.
pub(super) const RAW_TOKEN: &str = "$serde_json::private::RawValue";

/// Deeper JSON stays a text: `serde_json` itself reads no deeper by default.
const MAX_DEPTH: u8 = 128;

/// The number that `text` is, as exactly as a tree can hold it.
pub(super) fn number(text: &str) -> Tree {
    let Some(decimal) = Decimal::parse(text) else {
        return Tree::Str(text.to_owned());
    };
    if !text.contains(['.', 'e', 'E']) {
        return decimal.into_tree();
    }
    match text.parse::<f64>() {
        Ok(float) if Decimal::parse(&format!("{float:?}")).as_ref() == Some(&decimal) => {
            Tree::Float(float)
        }
        _ => decimal.into_tree(),
    }
}

/// The value that `text` is.
pub(super) fn raw(text: &str, budget: &Budget) -> Result<Tree, TreeError> {
    value(text, budget, 0)
}

fn value(text: &str, budget: &Budget, depth: u8) -> Result<Tree, TreeError> {
    let text = text.trim();
    budget.spend(text.len())?;
    if depth >= MAX_DEPTH {
        return Ok(Tree::Str(text.to_owned()));
    }
    Ok(match text.as_bytes() {
        [b'{', ..] => {
            let entries: BTreeMap<String, &RawValue> = parsed(text)?;
            let entries = entries
                .into_iter()
                .map(|(key, raw)| Ok((Tree::Str(key), value(raw.get(), budget, depth + 1)?)));
            Tree::Map(entries.collect::<Result<_, TreeError>>()?)
        }
        [b'[', ..] => {
            let items: Vec<&RawValue> = parsed(text)?;
            let items = items
                .into_iter()
                .map(|raw| value(raw.get(), budget, depth + 1));
            Tree::Seq(items.collect::<Result<_, _>>()?)
        }
        [b'"', ..] => Tree::Str(parsed(text)?),
        b"null" => Tree::Null,
        b"true" => Tree::Bool(true),
        b"false" => Tree::Bool(false),
        _ => number(text),
    })
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, TreeError> {
    serde_json::from_str(text).map_err(serde::ser::Error::custom)
}
