//! The values that a CHECK constraint allows.

use bigdecimal::BigDecimal;

use crate::catalog::ColumnType;
use crate::model::{Field, ValueType};
use crate::value::{Value, read_text};

/// What the CHECK constraint of a field allows, with its literals read.
///
/// [`Store`](super::Store) refuses every other value that it is given. A backend applies it to the
/// result of an [`Add`](crate::op::Change::Add), and refuses with
/// [`InvalidValue`](crate::ErrorKind::InvalidValue) as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    least: Option<(Value, bool)>,
    greatest: Option<(Value, bool)>,
    one_of: Vec<Value>,
}

/// A literal of a CHECK constraint that is not a value of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadableCheck;

impl Allowed {
    /// What the field's constraint allows; none without one.
    ///
    /// # Errors
    /// When a literal of the constraint cannot be compared with the field's values.
    pub fn of(field: &Field) -> Result<Option<Self>, UnreadableCheck> {
        let (Some(range), ValueType::Column(column_type)) = (&field.range, &field.value_type)
        else {
            return Ok(None);
        };
        let read = |literal: &String| read(literal, column_type).ok_or(UnreadableCheck);
        let bound = |bound: &Option<(String, bool)>| match bound {
            Some((literal, is_included)) => read(literal).map(|value| Some((value, *is_included))),
            None => Ok(None),
        };
        Ok(Some(Self {
            least: bound(&range.least)?,
            greatest: bound(&range.greatest)?,
            one_of: range.one_of.iter().map(read).collect::<Result<_, _>>()?,
        }))
    }

    /// Whether it allows the value. It allows NULL, as a CHECK constraint does.
    pub fn allows(&self, value: &Value) -> bool {
        if value.is_null() {
            return true;
        }
        let value = &comparable(value.clone());
        let holds = |bound: &Option<(Value, bool)>, wanted| {
            bound.as_ref().is_none_or(|(bound, is_included)| {
                let order = value.order(bound);
                order == Some(wanted) || (*is_included && order == Some(std::cmp::Ordering::Equal))
            })
        };
        holds(&self.least, std::cmp::Ordering::Greater)
            && holds(&self.greatest, std::cmp::Ordering::Less)
            && (self.one_of.is_empty() || self.one_of.contains(value))
    }
}

/// A literal compares as a number with every number: `0.5` with a whole one.
fn read(literal: &str, column_type: &ColumnType) -> Option<Value> {
    if column_type.is_exact_number()
        || matches!(column_type, ColumnType::Float | ColumnType::Double)
    {
        return literal.parse().ok().map(Value::Decimal);
    }
    read_text(literal, column_type)
}

fn comparable(value: Value) -> Value {
    match value {
        Value::Int(value) => Value::Decimal(BigDecimal::from(value)),
        Value::Bool(value) => Value::Decimal(BigDecimal::from(u8::from(value))),
        Value::Float(float) => BigDecimal::try_from(float).map_or(value, Value::Decimal),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Compare, FieldSource, ValueRange};

    fn field(column_type: &str, range: ValueRange) -> Field {
        Field {
            name: "f".to_owned(),
            source: FieldSource::Column(0),
            value_type: ValueType::Column(column_type.parse().unwrap()),
            nullable: true,
            default: None,
            on_update_now: false,
            auto_increment: false,
            attribute: 0,
            range: Some(range),
            compare: Compare::Column,
            sensitive: false,
        }
    }

    fn between(least: (&str, bool), greatest: (&str, bool)) -> ValueRange {
        ValueRange {
            least: Some((least.0.to_owned(), least.1)),
            greatest: Some((greatest.0.to_owned(), greatest.1)),
            one_of: Vec::new(),
        }
    }

    #[test]
    fn a_bound_is_allowed_only_when_it_is_included() {
        let open = field("int", between(("1", false), ("5", false)));
        let closed = field("int", between(("1", true), ("5", true)));
        let [open, closed] = [open, closed].map(|field| Allowed::of(&field).unwrap().unwrap());
        for (value, in_open, in_closed) in [
            (0, false, false),
            (1, false, true),
            (2, true, true),
            (5, false, true),
            (6, false, false),
        ] {
            assert_eq!(open.allows(&Value::Int(value)), in_open, "{value}");
            assert_eq!(closed.allows(&Value::Int(value)), in_closed, "{value}");
        }
        assert!(open.allows(&Value::Null));
    }

    #[test]
    fn numbers_compare_as_numbers_whatever_their_type() {
        for (column, below, above) in [
            ("int", Value::Int(0), Value::Int(1)),
            ("decimal(4,2)", decimal("0.49"), decimal("0.50")),
            ("double", Value::Float(0.25), Value::Float(0.5)),
            ("tinyint(1)", Value::Bool(false), Value::Bool(true)),
        ] {
            let range = between(("0.5", true), ("1", true));
            let allowed = Allowed::of(&field(column, range)).unwrap().unwrap();
            assert!(!allowed.allows(&below), "{column}");
            assert!(allowed.allows(&above), "{column}");
        }
    }

    #[test]
    fn a_list_allows_what_it_names() {
        let list = |one_of: &[&str]| ValueRange {
            one_of: one_of.iter().map(|&text| text.to_owned()).collect(),
            ..ValueRange::default()
        };
        let texts = field("varchar(9)", list(&["new", "paid"]));
        let texts = Allowed::of(&texts).unwrap().unwrap();
        assert!(texts.allows(&Value::from("paid")));
        assert!(!texts.allows(&Value::from("Paid")));
        let numbers = field("decimal(4,2)", list(&["1", "2.50"]));
        let numbers = Allowed::of(&numbers).unwrap().unwrap();
        assert!(numbers.allows(&decimal("2.5")) && !numbers.allows(&decimal("2")));
    }

    #[test]
    fn a_literal_that_is_no_value_of_the_column_is_an_error() {
        let range = between(("now", true), ("5", true));
        assert_eq!(Allowed::of(&field("int", range)), Err(UnreadableCheck));
    }

    fn decimal(text: &str) -> Value {
        Value::Decimal(text.parse().unwrap())
    }
}
