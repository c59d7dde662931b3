//! Fields in conditions.

use crate::condition::{Comparison, Condition};
use crate::value::Value;

/// A field of an entity, to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedField(usize);

impl NamedField {
    pub(super) const fn new(place: usize) -> Self {
        Self(place)
    }

    /// Its place among [`Entity::fields`](crate::model::Entity::fields).
    pub const fn place(self) -> usize {
        self.0
    }

    /// It equals the value.
    pub fn eq(self, value: impl Into<Value>) -> Condition {
        Condition::Compare(self.0, Comparison::Eq, value.into())
    }

    /// It is another value, and not NULL.
    pub fn ne(self, value: impl Into<Value>) -> Condition {
        Condition::Compare(self.0, Comparison::Ne, value.into())
    }

    /// It is less.
    pub fn lt(self, value: impl Into<Value>) -> Condition {
        Condition::Compare(self.0, Comparison::Lt, value.into())
    }

    /// It is less or equal.
    pub fn le(self, value: impl Into<Value>) -> Condition {
        Condition::Compare(self.0, Comparison::Le, value.into())
    }

    /// It is greater.
    pub fn gt(self, value: impl Into<Value>) -> Condition {
        Condition::Compare(self.0, Comparison::Gt, value.into())
    }

    /// It is greater or equal.
    pub fn ge(self, value: impl Into<Value>) -> Condition {
        Condition::Compare(self.0, Comparison::Ge, value.into())
    }

    /// It is one of the values.
    pub fn is_in<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Condition {
        Condition::In(self.0, values.into_iter().map(Into::into).collect())
    }

    /// The text begins with this one.
    pub fn begins_with(self, prefix: impl Into<String>) -> Condition {
        Condition::BeginsWith(self.0, prefix.into())
    }

    /// It is NULL.
    pub const fn is_null(self) -> Condition {
        Condition::IsNull(self.0)
    }
}
