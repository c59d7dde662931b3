//! Expressions of DynamoDB: conditions of writes. Names and values are placeholders throughout.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::catalog::ColumnType;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::model::AttributeType;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Result};

use super::shape::Shape;
use crate::Item;

/// The longest expression, in bytes ("Constraints in Amazon DynamoDB", "Expression parameters").
const MAX_EXPRESSION_BYTES: usize = 4096;
/// The most operands of IN ("Comparison operator and function reference").
const MAX_IN: usize = 100;

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

    /// A condition of the caller.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when DynamoDB's comparison of what the items hold is not that of
    /// the values, or the condition is too long.
    pub fn condition(&mut self, shape: &Shape, condition: &Condition) -> Result<Clause> {
        let clause = self.clause(shape, condition)?;
        match &clause {
            Clause::When(text) if text.len() > MAX_EXPRESSION_BYTES => {
                let message = "the condition is longer than DynamoDB takes; compare fewer fields";
                Err(Error::new(ErrorKind::Unsupported, message)
                    .with("limit", MAX_EXPRESSION_BYTES)
                    .with("size", text.len()))
            }
            _ => Ok(clause),
        }
    }

    fn clause(&mut self, shape: &Shape, condition: &Condition) -> Result<Clause> {
        Ok(match condition {
            Condition::Compare(field, comparison, value) => {
                self.comparison(shape, *field, *comparison, value)?
            }
            Condition::In(field, values) if is_set(shape, *field) => {
                let clauses = values
                    .iter()
                    .map(|value| self.comparison(shape, *field, Comparison::Eq, value));
                Clause::any(clauses.collect::<Result<_>>()?)
            }
            Condition::In(field, values) => {
                let values: Vec<_> = values.iter().filter(|value| !value.is_null()).collect();
                let mut clauses = Vec::new();
                for chunk in values.chunks(MAX_IN) {
                    let name = self.name(comparable(shape, *field, Comparison::Eq)?);
                    let mut listed = Vec::new();
                    for value in chunk {
                        if let Some(encoded) = encoded(shape, *field, value)? {
                            listed.push(self.value(encoded));
                        }
                    }
                    clauses.push(match listed.as_slice() {
                        [] => Clause::Never,
                        listed => Clause::When(format!("{name} IN ({})", listed.join(", "))),
                    });
                }
                Clause::any(clauses)
            }
            Condition::BeginsWith(field, prefix) => {
                let attribute = comparable(shape, *field, Comparison::Ge)?;
                if !shape.column_type(*field).is_some_and(is_text) {
                    return Ok(Clause::Never);
                }
                if prefix.is_empty() {
                    return Ok(self.exists(attribute));
                }
                let name = self.name(attribute);
                let prefix = self.value(AttributeValue::S(prefix.clone()));
                Clause::When(format!("begins_with({name}, {prefix})"))
            }
            Condition::IsNull(field) => {
                let (_, attribute, _) = shape.plain(*field)?;
                // The empty set has no form but a missing attribute.
                if is_set(shape, *field) && !shape.field(*field)?.nullable {
                    return Ok(Clause::Never);
                }
                self.missing(&attribute.name)
            }
            Condition::And(all) => {
                let clauses = all.iter().map(|condition| self.clause(shape, condition));
                Clause::all(clauses.collect::<Result<_>>()?)
            }
            Condition::Or(any) => {
                let clauses = any.iter().map(|condition| self.clause(shape, condition));
                Clause::any(clauses.collect::<Result<_>>()?)
            }
            // DynamoDB knows no third value either: a comparison with a missing attribute is false,
            // and NOT of it true.
            Condition::Not(condition) => match self.clause(shape, condition)? {
                Clause::Always => Clause::Never,
                Clause::Never => Clause::Always,
                // Comparisons bind closer than NOT, and DynamoDB refuses two pairs of parentheses.
                Clause::When(text) => Clause::When(format!("(NOT {text})")),
            },
            _ => {
                let message = "this version of the backend does not know a condition of that form";
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        })
    }

    fn comparison(
        &mut self,
        shape: &Shape,
        field: usize,
        comparison: Comparison,
        value: &Value,
    ) -> Result<Clause> {
        let attribute = comparable(shape, field, comparison)?;
        // A missing attribute is the empty set where the field is never NULL.
        let is_missing_a_value = is_set(shape, field) && !shape.field(field)?.nullable;
        let Some(encoded) = encoded(shape, field, value)? else {
            return Ok(match comparison {
                Comparison::Eq if is_missing_a_value && !value.is_null() => self.missing(attribute),
                Comparison::Ne if !value.is_null() => self.exists(attribute),
                _ => Clause::Never,
            });
        };
        let clause = self.compare(attribute, operator(comparison), encoded);
        // `<>` alone is true for a missing attribute.
        Ok(match comparison {
            Comparison::Ne if !is_missing_a_value => {
                Clause::all(vec![self.exists(attribute), clause])
            }
            _ => clause,
        })
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

const fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Eq => "=",
        Comparison::Ne => "<>",
        Comparison::Lt => "<",
        Comparison::Le => "<=",
        Comparison::Gt => ">",
        Comparison::Ge => ">=",
    }
}

/// The attribute that holds a field, when DynamoDB compares what it holds as the values compare.
fn comparable(shape: &Shape, field: usize, comparison: Comparison) -> Result<&str> {
    let (_, attribute, column_type) = shape.plain(field)?;
    let (equality, order) = keeps(column_type, attribute.attribute_type);
    let keeps = match comparison {
        Comparison::Eq | Comparison::Ne => equality,
        _ => order,
    };
    if keeps {
        return Ok(&attribute.name);
    }
    let held = attribute.attribute_type;
    let message = format!(
        "DynamoDB holds the {column_type} as {held}, which does not compare as its values do: leave \
         the field out of the condition"
    );
    let name = &shape.field(field)?.name;
    Err(Error::new(ErrorKind::Unsupported, message).with("field", name))
}

/// Whether the type of an attribute keeps equality and order of the values of a column.
const fn keeps(column_type: &ColumnType, held: AttributeType) -> (bool, bool) {
    use AttributeType::{B, Bool, N, S, Ss};
    match (column_type, held) {
        (
            ColumnType::Integer { .. }
            | ColumnType::Bit(_)
            | ColumnType::Year
            | ColumnType::Decimal { .. }
            | ColumnType::Bool
            | ColumnType::Timestamp(_),
            N,
        )
        | (
            ColumnType::Char(_)
            | ColumnType::Varchar(_)
            | ColumnType::Text(_)
            | ColumnType::Enum(_)
            | ColumnType::Date
            | ColumnType::DateTime(_)
            | ColumnType::Timestamp(_),
            S,
        )
        | (ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_), B) => {
            (true, true)
        }
        // One text for each value, but not in their order.
        (
            ColumnType::Integer { .. }
            | ColumnType::Bit(_)
            | ColumnType::Year
            | ColumnType::Decimal { .. }
            | ColumnType::Bool
            | ColumnType::Time(_)
            | ColumnType::Set(_),
            S,
        )
        | (ColumnType::Bool, Bool)
        | (ColumnType::Set(_), Ss) => (true, false),
        // Equality of a number that rounds means nothing.
        (ColumnType::Float | ColumnType::Double, N) => (false, true),
        _ => (false, false),
    }
}

/// Whether a set is held as one, which cannot be empty.
fn is_set(shape: &Shape, field: usize) -> bool {
    let plain = shape.plain(field);
    plain.is_ok_and(|(_, attribute, _)| attribute.attribute_type == AttributeType::Ss)
}

const fn is_text(column_type: &ColumnType) -> bool {
    column_type.is_text() || matches!(column_type, ColumnType::Enum(_))
}

/// What the attribute of a field holds for a value; none for NULL.
fn encoded(shape: &Shape, field: usize, value: &Value) -> Result<Option<AttributeValue>> {
    let (place, attribute, _) = shape.plain(field)?;
    match value {
        Value::Null => Ok(None),
        // As it is: no key holds an empty text, but it can be compared with one.
        Value::Text(text) if attribute.attribute_type == AttributeType::S => {
            Ok(Some(AttributeValue::S(text.clone())))
        }
        value => shape.attribute(&shape.partial([(field, value)]), place),
    }
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

    #[test]
    fn types_that_dynamodb_compares_otherwise_are_known() {
        use AttributeType::{B, Bool, N, S, Ss};
        let keeps = |column_type: &str, held| keeps(&column_type.parse().unwrap(), held);
        for (column_type, held, expected) in [
            ("int", N, (true, true)),
            ("int", S, (true, false)),
            ("decimal(10,2)", N, (true, true)),
            ("decimal(10,2)", S, (true, false)),
            ("double", N, (false, true)),
            ("double", S, (false, false)),
            ("varchar(9)", S, (true, true)),
            ("enum('b','a')", S, (true, true)),
            ("datetime(6)", S, (true, true)),
            ("timestamp", N, (true, true)),
            ("time(3)", S, (true, false)),
            ("tinyint(1)", Bool, (true, false)),
            ("set('a','b')", Ss, (true, false)),
            ("varbinary(9)", B, (true, true)),
            ("json", S, (false, false)),
        ] {
            assert_eq!(keeps(column_type, held), expected, "{column_type} {held}");
        }
    }
}
