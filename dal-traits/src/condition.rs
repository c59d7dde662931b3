//! Conditions of writes and filters of reads.

use std::cmp::Ordering;

use crate::record::Record;
use crate::value::Value;

/// What a record must fulfil: a closed set that both stores carry out alike.
///
/// Texts compare by their bytes on both stores, whatever the collation of the column. Any comparison
/// with NULL is false, and `Not` turns false into true: there is no third value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// The field at this place compares so with the value.
    Compare(usize, Comparison, Value),
    /// The field is one of the values.
    In(usize, Vec<Value>),
    /// The text begins with this one.
    BeginsWith(usize, String),
    /// The field is NULL.
    IsNull(usize),
    /// All hold.
    And(Vec<Condition>),
    /// At least one holds.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal, and neither is NULL.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

impl Comparison {
    /// Whether it holds between two values; false when one is NULL or they have no order.
    pub fn holds(self, one: &Value, other: &Value) -> bool {
        if one.is_null() || other.is_null() {
            return false;
        }
        match self {
            Self::Eq => one == other,
            Self::Ne => one != other,
            Self::Lt => one.order(other) == Some(Ordering::Less),
            Self::Le => matches!(one.order(other), Some(Ordering::Less | Ordering::Equal)),
            Self::Gt => one.order(other) == Some(Ordering::Greater),
            Self::Ge => matches!(one.order(other), Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

impl Condition {
    /// Whether the record fulfils it.
    pub fn holds(&self, record: &Record) -> bool {
        match self {
            Self::Compare(field, comparison, value) => {
                comparison.holds(record.value(*field), value)
            }
            Self::In(field, values) => values
                .iter()
                .any(|value| Comparison::Eq.holds(record.value(*field), value)),
            Self::BeginsWith(field, prefix) => {
                matches!(record.value(*field), Value::Text(text) if text.starts_with(prefix))
            }
            Self::IsNull(field) => record.value(*field).is_null(),
            Self::And(all) => all.iter().all(|condition| condition.holds(record)),
            Self::Or(any) => any.iter().any(|condition| condition.holds(record)),
            Self::Not(condition) => !condition.holds(record),
        }
    }
}
