//! Expressions of DynamoDB. Names and values are placeholders throughout.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::Item;

/// The placeholders of one request.
#[derive(Debug, Default)]
pub(super) struct Expression {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

/// What an expression comes to: DynamoDB has no literal for true and false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// True for every item.
    Always,
    /// False for every item.
    Never,
    /// The text of an expression that may stand beside AND, OR and NOT.
    When(String),
}

impl Expression {
    /// The placeholder of a name.
    pub fn name(&mut self, name: &str) -> String {
        let known = self.names.iter().find(|(_, held)| *held == name);
        if let Some((placeholder, _)) = known {
            return placeholder.clone();
        }
        let placeholder = format!("#n{}x", self.names.len());
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    /// The placeholder of a value.
    pub fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}x", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// The names that these texts use; none when there are none. DynamoDB refuses others.
    pub fn names(&self, texts: &[&str]) -> Option<HashMap<String, String>> {
        used(&self.names, texts)
    }

    /// The values that these texts use; none when there are none.
    pub fn values(&self, texts: &[&str]) -> Option<HashMap<String, AttributeValue>> {
        used(&self.values, texts)
    }

    /// The attribute is there.
    pub fn exists(&mut self, attribute: &str) -> Clause {
        Clause::When(format!("attribute_exists({})", self.name(attribute)))
    }

    /// The attribute is not there.
    pub fn missing(&mut self, attribute: &str) -> Clause {
        Clause::When(format!("attribute_not_exists({})", self.name(attribute)))
    }

    /// The attribute compares so with the value; false for a missing one, but for `<>`.
    pub fn compare(&mut self, attribute: &str, operator: &str, value: AttributeValue) -> Clause {
        let name = self.name(attribute);
        Clause::When(format!("{name} {operator} {}", self.value(value)))
    }

    /// The attributes are as in an item that was read.
    pub fn unchanged<'a>(
        &mut self,
        item: &Item,
        attributes: impl IntoIterator<Item = &'a str>,
    ) -> Clause {
        let mut clauses = Vec::new();
        for name in attributes {
            clauses.push(match item.get(name) {
                Some(value) => self.compare(name, "=", value.clone()),
                None => self.missing(name),
            });
        }
        Clause::all(clauses)
    }

    /// As [`unchanged`](Self::unchanged) for an item that must still have this key attribute.
    pub fn unchanged_item<'a>(
        &mut self,
        item: &Item,
        key: &'a str,
        attributes: impl IntoIterator<Item = &'a str>,
    ) -> Clause {
        let mut attributes: Vec<&str> = attributes.into_iter().chain([key]).collect();
        attributes.sort_unstable();
        attributes.dedup();
        self.unchanged(item, attributes)
    }
}

impl Clause {
    /// All hold.
    pub fn all(clauses: Vec<Self>) -> Self {
        Self::join(clauses, &Self::Never, &Self::Always, " AND ")
    }

    /// At least one holds.
    pub fn any(clauses: Vec<Self>) -> Self {
        Self::join(clauses, &Self::Always, &Self::Never, " OR ")
    }

    /// It does not hold.
    pub fn not(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            // Comparisons bind closer than NOT, and DynamoDB refuses two pairs of parentheses.
            Self::When(text) => Self::When(format!("(NOT {text})")),
        }
    }

    fn join(clauses: Vec<Self>, decides: &Self, neutral: &Self, operator: &str) -> Self {
        if clauses.contains(decides) {
            return decides.clone();
        }
        let mut texts = clauses.into_iter().filter_map(|clause| match clause {
            Self::When(text) => Some(text),
            _ => None,
        });
        match (texts.next(), texts.collect::<Vec<_>>()) {
            (None, _) => neutral.clone(),
            (Some(only), rest) if rest.is_empty() => Self::When(only),
            (Some(first), rest) => {
                let rest = rest.join(operator);
                Self::When(format!("({first}{operator}{rest})"))
            }
        }
    }

    /// Its text, if it needs one; a clause that never holds becomes one that no item fulfils.
    pub fn text(self, expression: &mut Expression, partition_key: &str) -> Option<String> {
        match self {
            Self::Always => None,
            Self::When(text) => Some(text),
            Self::Never => {
                let name = expression.name(partition_key);
                let never = format!("(attribute_exists({name}) AND attribute_not_exists({name}))");
                Some(never)
            }
        }
    }
}

/// No placeholder is the beginning of another one, so that it can be looked for in a text.
fn used<T: Clone>(all: &HashMap<String, T>, texts: &[&str]) -> Option<HashMap<String, T>> {
    let is_used = |placeholder: &str| texts.iter().any(|text| text.contains(placeholder));
    let used = all.iter().filter(|(placeholder, _)| is_used(placeholder));
    let used: HashMap<_, _> = used.map(|(p, held)| (p.clone(), held.clone())).collect();
    (!used.is_empty()).then_some(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(text: &str) -> Clause {
        Clause::When(text.to_owned())
    }

    #[test]
    fn true_and_false_are_folded_because_dynamodb_has_no_literals() {
        use Clause::{Always, Never};
        assert_eq!(Clause::all(vec![]), Always);
        assert_eq!(Clause::any(vec![]), Never);
        assert_eq!(Clause::all(vec![Always, when("a"), Always]), when("a"));
        assert_eq!(Clause::all(vec![when("a"), Never]), Never);
        assert_eq!(Clause::any(vec![when("a"), Always]), Always);
        assert_eq!(Clause::any(vec![Never, when("a")]), when("a"));
        let both = Clause::all(vec![when("a"), when("b"), when("c")]);
        assert_eq!(both, when("(a AND b AND c)"));
        assert_eq!(
            Clause::any(vec![both, when("d")]),
            when("((a AND b AND c) OR d)")
        );
    }

    #[test]
    fn only_the_placeholders_that_a_text_uses_are_sent() {
        let mut expression = Expression::default();
        let texts: Vec<String> = (0..12)
            .map(|i| {
                let value = AttributeValue::N(i.to_string());
                match expression.compare(&format!("a.{i}"), "=", value) {
                    Clause::When(text) => text,
                    other => panic!("{other:?}"),
                }
            })
            .collect();
        // The second does not begin the eleventh.
        assert_eq!(texts[1], "#n1x = :v1x");
        let names = expression.names(&[&texts[10]]).unwrap();
        assert_eq!(names.into_values().collect::<Vec<_>>(), ["a.10"]);
        let values = expression.values(&[&texts[1], &texts[2]]).unwrap();
        assert_eq!(values.len(), 2);
        assert_eq!(expression.names(&["nothing"]), None);
        assert_eq!(expression.name("a.3"), "#n3x", "a name has one placeholder");
    }

    #[test]
    fn a_clause_that_never_holds_is_false_of_every_item() {
        let mut expression = Expression::default();
        let text = Clause::Never.text(&mut expression, "id");
        let expected = "(attribute_exists(#n0x) AND attribute_not_exists(#n0x))";
        assert_eq!(text.as_deref(), Some(expected));
        assert_eq!(Clause::Always.text(&mut expression, "id"), None);
    }
}
