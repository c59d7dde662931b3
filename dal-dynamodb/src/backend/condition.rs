//! Conditions of the caller as expressions of DynamoDB.
//!
//! Reading accepts forms of a value that other programs write (`"7.0"` for 7), and DynamoDB does not
//! take them for the value. So each part of an expression is true only where it is true of the record
//! as well: NOT is pushed down to the parts, and a part that holds because an attribute is not
//! something wants the attribute to have the form that dal writes. What is false because of the form
//! alone is found out by the item that comes back with the refusal.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::catalog::ColumnType;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::model::{Attribute, AttributeType};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Result};

use super::expression::{Clause, Expression};
use super::form::{Form, form, keeps};
use super::shape::Shape;

/// The longest expression, in bytes ("Constraints in Amazon DynamoDB", "Expression parameters").
const MAX_EXPRESSION_BYTES: usize = 4096;
/// The most operands of IN ("Comparison operator and function reference").
const MAX_IN: usize = 100;

/// Whether DynamoDB can decide the condition. If not, only a program that reads the item can, and
/// writes under the condition that what it read still holds.
///
/// # Errors
/// [`ErrorKind::Unsupported`] when DynamoDB's comparison of what the items hold is not that of the
/// values, or the condition is too long: then it is refused however the write is carried out.
pub(super) fn is_decided(shape: &Shape, condition: &Condition) -> Result<bool> {
    let mut expression = Expression::default();
    let mut translation = Translation::new(shape, &mut expression);
    translation.whole(condition)?;
    Ok(translation.is_decided)
}

impl Expression {
    /// The item is there, and fulfils a condition that DynamoDB [can decide](is_decided).
    ///
    /// # Errors
    /// As [`condition`](Self::condition).
    pub fn fulfils(&mut self, shape: &Shape, when: Option<&Condition>) -> Result<Clause> {
        let exists = self.exists(shape.partition_key());
        match when {
            Some(when) => Ok(Clause::all(vec![exists, self.condition(shape, when)?])),
            None => Ok(exists),
        }
    }

    /// A condition of the caller that DynamoDB [can decide](is_decided).
    ///
    /// # Errors
    /// As [`is_decided`]; [`ErrorKind::Unsupported`] also when it says no.
    pub fn condition(&mut self, shape: &Shape, condition: &Condition) -> Result<Clause> {
        let mut translation = Translation::new(shape, self);
        let clause = translation.whole(condition)?;
        if translation.is_decided {
            return Ok(clause);
        }
        let message = "only a program that reads the item can decide the condition: other programs \
                       may have written the attribute in another form";
        Err(Error::new(ErrorKind::Unsupported, message))
    }
}

struct Translation<'a> {
    shape: &'a Shape,
    expression: &'a mut Expression,
    is_decided: bool,
}

impl<'a> Translation<'a> {
    const fn new(shape: &'a Shape, expression: &'a mut Expression) -> Self {
        Self {
            shape,
            expression,
            is_decided: true,
        }
    }

    fn whole(&mut self, condition: &Condition) -> Result<Clause> {
        match self.part(condition, true)? {
            Clause::When(text) if text.len() > MAX_EXPRESSION_BYTES => {
                let message = "the condition is longer than DynamoDB takes; compare fewer fields";
                Err(Error::new(ErrorKind::Unsupported, message)
                    .with("limit", MAX_EXPRESSION_BYTES)
                    .with("size", text.len()))
            }
            clause => Ok(clause),
        }
    }

    /// The condition if `holds`, otherwise its negation.
    fn part(&mut self, condition: &Condition, holds: bool) -> Result<Clause> {
        match condition {
            Condition::Compare(field, comparison, value) => {
                self.comparison(*field, *comparison, value, holds)
            }
            Condition::In(field, values) if is_set(self.shape, *field) => {
                let each = |value| self.comparison(*field, Comparison::Eq, value, holds);
                let clauses = values.iter().map(each).collect::<Result<_>>()?;
                Ok(if holds {
                    Clause::any(clauses)
                } else {
                    Clause::all(clauses)
                })
            }
            Condition::In(field, values) => self.one_of(*field, values, holds),
            Condition::BeginsWith(field, prefix) => self.begins(*field, prefix, holds),
            // An array without elements is no NULL either.
            Condition::IsNull(field) if self.shape.entity.children(*field).is_some() => {
                Ok(constant(!holds))
            }
            Condition::IsNull(field) => {
                let (_, attribute, _) = self.shape.plain(*field)?;
                // The empty set has no form but a missing attribute.
                if is_set(self.shape, *field) && !self.shape.field(*field)?.nullable {
                    return Ok(constant(!holds));
                }
                Ok(if holds {
                    self.expression.missing(&attribute.name)
                } else {
                    self.typed(attribute)
                })
            }
            Condition::And(parts) | Condition::Or(parts) => {
                let clauses = parts.iter().map(|part| self.part(part, holds));
                let clauses = clauses.collect::<Result<_>>()?;
                Ok(if matches!(condition, Condition::And(_)) == holds {
                    Clause::all(clauses)
                } else {
                    Clause::any(clauses)
                })
            }
            Condition::Not(condition) => self.part(condition, !holds),
            _ => {
                let message = "this version of the backend does not know a condition of that form";
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }

    fn comparison(
        &mut self,
        field: usize,
        comparison: Comparison,
        value: &Value,
        holds: bool,
    ) -> Result<Clause> {
        let (attribute, form) = comparable(self.shape, field, comparison)?;
        if value.is_null() {
            return Ok(constant(!holds));
        }
        let wanted = if holds {
            comparison
        } else {
            opposite(comparison)
        };
        // A missing attribute is the empty set where the field is never NULL.
        let is_missing_a_value = is_set(self.shape, field) && !self.shape.field(field)?.nullable;
        let Some(encoded) = encoded(self.shape, field, value)? else {
            return Ok(match wanted {
                Comparison::Eq => self.expression.missing(&attribute.name),
                _ => self.typed(attribute),
            });
        };
        let mut clauses = Vec::new();
        if wanted != Comparison::Eq {
            // Another type has no order, but is not equal.
            if wanted == Comparison::Ne {
                clauses.push(self.typed(attribute));
            }
            clauses.extend(self.formed(attribute, form));
        }
        let name = &attribute.name;
        clauses.push(self.expression.compare(name, operator(wanted), encoded));
        let missing_too = if is_missing_a_value {
            wanted == Comparison::Ne
        } else {
            !holds
        };
        Ok(self.or_missing(attribute, missing_too, Clause::all(clauses)))
    }

    fn one_of(&mut self, field: usize, values: &[Value], holds: bool) -> Result<Clause> {
        let (attribute, form) = comparable(self.shape, field, Comparison::Eq)?;
        let values: Vec<_> = values.iter().filter(|value| !value.is_null()).collect();
        let mut lists = Vec::new();
        for chunk in values.chunks(MAX_IN) {
            let name = self.expression.name(&attribute.name);
            let mut listed = Vec::new();
            for value in chunk {
                if let Some(encoded) = encoded(self.shape, field, value)? {
                    listed.push(self.expression.value(encoded));
                }
            }
            if !listed.is_empty() {
                lists.push(Clause::When(format!("{name} IN ({})", listed.join(", "))));
            }
        }
        let listed = Clause::any(lists);
        if holds || listed == Clause::Never {
            return Ok(if holds { listed } else { Clause::Always });
        }
        Ok(self.not(attribute, form, listed))
    }

    fn begins(&mut self, field: usize, prefix: &str, holds: bool) -> Result<Clause> {
        let (attribute, _) = comparable(self.shape, field, Comparison::Ge)?;
        let column_type = self.shape.column_type(field);
        if !column_type.is_some_and(is_text) {
            return Ok(constant(!holds));
        }
        if prefix.is_empty() {
            return Ok(if holds {
                self.typed(attribute)
            } else {
                self.expression.missing(&attribute.name)
            });
        }
        let name = self.expression.name(&attribute.name);
        let text = AttributeValue::S(prefix.to_owned());
        let text = self.expression.value(text);
        let begins = Clause::When(format!("begins_with({name}, {text})"));
        if !holds {
            return Ok(self.not(attribute, Form::Typed, begins));
        }
        // Spaces at the end of a CHAR are not of its value.
        if matches!(column_type, Some(ColumnType::Char(_))) && prefix.ends_with(' ') {
            self.is_decided = false;
        }
        Ok(begins)
    }

    /// The attribute is missing, or has its form and does not fulfil the clause.
    fn not(&mut self, attribute: &Attribute, form: Form, clause: Clause) -> Clause {
        let mut clauses = vec![self.typed(attribute)];
        clauses.extend(self.formed(attribute, form));
        clauses.push(clause.not());
        self.or_missing(attribute, true, Clause::all(clauses))
    }

    fn or_missing(&mut self, attribute: &Attribute, or_missing: bool, clause: Clause) -> Clause {
        if !or_missing {
            return clause;
        }
        let missing = self.expression.missing(&attribute.name);
        Clause::any(vec![missing, clause])
    }

    /// The attribute is there, and of its type.
    fn typed(&mut self, attribute: &Attribute) -> Clause {
        let name = self.expression.name(&attribute.name);
        let held = AttributeValue::S(attribute.attribute_type.to_string());
        let held = self.expression.value(held);
        Clause::When(format!("attribute_type({name}, {held})"))
    }

    /// What of an attribute of its type says that it has the form that dal writes.
    fn formed(&mut self, attribute: &Attribute, form: Form) -> Vec<Clause> {
        let name = self.expression.name(&attribute.name);
        let mut has_size = |size: u32| {
            let size = AttributeValue::N(size.to_string());
            Clause::When(format!("size({name}) = {}", self.expression.value(size)))
        };
        match form {
            Form::Typed => Vec::new(),
            Form::Sized(size) => vec![has_size(size)],
            Form::Moment(size) => {
                let has_size = has_size(size);
                let mut has = |text: &str| {
                    let text = AttributeValue::S(text.to_owned());
                    let text = self.expression.value(text);
                    Clause::When(format!("contains({name}, {text})"))
                };
                vec![has_size, has(" "), has("Z").not(), has("+").not()]
            }
            Form::Read => {
                self.is_decided = false;
                Vec::new()
            }
        }
    }
}

const fn constant(holds: bool) -> Clause {
    if holds { Clause::Always } else { Clause::Never }
}

const fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Eq => Comparison::Ne,
        Comparison::Ne => Comparison::Eq,
        Comparison::Lt => Comparison::Ge,
        Comparison::Le => Comparison::Gt,
        Comparison::Gt => Comparison::Le,
        Comparison::Ge => Comparison::Lt,
    }
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

/// The attribute that holds a field, when DynamoDB compares what it holds as the values compare, and
/// what tells its form.
fn comparable(shape: &Shape, field: usize, comparison: Comparison) -> Result<(&Attribute, Form)> {
    let (_, attribute, column_type) = shape.plain(field)?;
    let held = attribute.attribute_type;
    let (equality, order) = keeps(column_type, held);
    let keeps = match comparison {
        Comparison::Eq | Comparison::Ne => equality,
        _ => order,
    };
    if keeps {
        return Ok((attribute, form(column_type, held)));
    }
    let message = format!(
        "DynamoDB holds the {column_type} as {held}, which does not compare as its values do: leave \
         the field out of the condition"
    );
    let name = &shape.field(field)?.name;
    Err(Error::new(ErrorKind::Unsupported, message).with("field", name))
}

/// Whether a set is held as one, which cannot be empty.
fn is_set(shape: &Shape, field: usize) -> bool {
    let plain = shape.plain(field);
    plain.is_ok_and(|(_, attribute, _)| attribute.attribute_type == AttributeType::Ss)
}

const fn is_text(column_type: &ColumnType) -> bool {
    column_type.is_text() || matches!(column_type, ColumnType::Enum(_))
}

/// What the attribute of a field holds for a value; none for NULL and for an empty set.
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
