//! JSON with the place of each value.

mod members;

use std::sync::Arc;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::diagnostic::{At, File, Findings, JSON};

pub(crate) use members::{Members, nearest, text, wrong_type};

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub at: At,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(Text),
    Array(Vec<Node>),
    Object(Vec<(Text, Node)>),
}

/// A text and its place.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub value: String,
    pub at: At,
    /// Whether it stands in the file as it is, without escapes.
    is_plain: bool,
}

impl Text {
    /// A text that does not stand in the file itself.
    pub fn new(value: impl Into<String>, at: &At) -> Self {
        Self {
            value: value.into(),
            at: at.clone(),
            is_plain: false,
        }
    }

    /// The place of a part of the text, if it can be told; else that of the whole.
    pub fn part(&self, range: std::ops::Range<usize>) -> At {
        let mut at = self.at.clone();
        if self.is_plain {
            let start = at.span.start + 1;
            at.span = start + range.start..start + range.end;
        }
        at
    }
}

impl Value {
    /// What it is, for messages.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads a file; what is not JSON is a finding.
pub(crate) fn parse(text: &str, file: File, findings: &mut Findings) -> Option<Node> {
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let at = |span: std::ops::Range<usize>| At {
        file,
        span,
        path: "".into(),
    };
    let help = "write it as JSON: no comments, no trailing commas, names in double quotes";
    match parse_to_ast(text, &CollectOptions::default(), &strict) {
        Err(error) => {
            let range = error.range();
            let message = format!("this is not JSON: {}", sentence(&error.kind().to_string()));
            findings.add(JSON, &at(range.start..range.end), message, help);
            None
        }
        Ok(parsed) => {
            // The parser forgives some more than JSON does.
            if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
                let start = byte_of(text, error.line(), error.column());
                let message = format!("this is not JSON: {error}");
                findings.add(JSON, &at(start..start + 1), message, help);
                return None;
            }
            let root: Arc<str> = "".into();
            parsed.value.map(|value| node(&value, text, file, &root))
        }
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

fn byte_of(text: &str, line: usize, column: usize) -> usize {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    let start: usize = before.map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

fn node(value: &ast::Value<'_>, text: &str, file: File, path: &Arc<str>) -> Node {
    let range = value.range();
    let at = At {
        file,
        span: range.start..range.end,
        path: path.clone(),
    };
    let value = match value {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(found) => Value::Bool(found.value),
        ast::Value::NumberLit(found) => Value::Number(found.value.to_owned()),
        ast::Value::StringLit(found) => Value::Text(string(found, text, at.clone())),
        ast::Value::Array(found) => {
            let elements = found.elements.iter().enumerate();
            let nodes = elements.map(|(i, e)| node(e, text, file, &format!("{path}[{i}]").into()));
            Value::Array(nodes.collect())
        }
        ast::Value::Object(found) => {
            let members = found.properties.iter().map(|property| {
                let name = property.name.as_str();
                let path = member_path(path, name);
                let range = property.name.range();
                let at = At {
                    file,
                    span: range.start..range.end,
                    path: path.clone(),
                };
                let name = Text {
                    value: name.to_owned(),
                    at,
                    is_plain: false,
                };
                (name, node(&property.value, text, file, &path))
            });
            Value::Object(members.collect())
        }
    };
    Node { at, value }
}

/// `tables[2].name`, and `select["a.b"]` for a name that is not one word.
fn member_path(path: &str, name: &str) -> Arc<str> {
    let is_word = |c: char| c.is_alphanumeric() || "_-#".contains(c);
    if name.is_empty() || !name.chars().all(is_word) {
        return format!("{path}[{name:?}]").into();
    }
    if path.is_empty() {
        return name.into();
    }
    format!("{path}.{name}").into()
}

fn string(found: &ast::StringLit<'_>, text: &str, at: At) -> Text {
    let inside = text.get(at.span.start + 1..at.span.end.saturating_sub(1));
    Text {
        value: found.value.clone().into_owned(),
        is_plain: inside == Some(&*found.value),
        at,
    }
}
