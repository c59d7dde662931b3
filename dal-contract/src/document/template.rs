//! Templates: literal text and `{tokens}`.

use crate::diagnostic::{Findings, TEMPLATE_SYNTAX};
use crate::json::Text;

/// A template as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub text: Text,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Literal(String),
    /// The name between the braces, with its place in the template.
    Token(String, std::ops::Range<usize>),
}

impl Template {
    pub fn read(text: &Text, findings: &mut Findings) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text.value.as_str();
        let mut wrong = |at: usize, what: &str| {
            findings.add(
                TEMPLATE_SYNTAX,
                &text.part(at..at + 1),
                format!("in the template `{}`, {what}", text.value),
                "write a column or an attribute between braces: `USER#{user_id}`",
            );
        };
        while let Some(at) = rest.find(['{', '}']) {
            let offset = text.value.len() - rest.len();
            let (literal, from) = rest.split_at(at);
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            if from.starts_with('}') {
                wrong(offset + at, "a brace is closed that was not opened");
                return None;
            }
            let inside = from.get(1..).unwrap_or_default();
            let Some(end) = inside.find('}') else {
                wrong(offset + at, "a brace is not closed");
                return None;
            };
            let (token, after) = inside.split_at(end);
            if token.trim().is_empty() || token.contains('{') {
                wrong(offset + at, "braces enclose no name");
                return None;
            }
            let start = offset + at;
            parts.push(Part::Token(token.trim().to_owned(), start..start + end + 2));
            rest = after.get(1..).unwrap_or_default();
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Some(Self {
            text: text.clone(),
            parts,
        })
    }

    /// A text in which nothing is a token.
    pub fn constant(text: Text) -> Self {
        let parts = vec![Part::Literal(text.value.clone())];
        Self { text, parts }
    }
}
