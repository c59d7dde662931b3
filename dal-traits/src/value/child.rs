//! Structs as the elements of an array of rows.

use super::Value;
use super::convert::{ChildField, FromValue, Mismatch};
use super::kind::{ToValue, ValueKind};
use crate::catalog::ColumnType;

/// A struct whose values are the elements of an array of rows, in a field of the type `Vec` of it:
/// `derive(Child)` of [`store`](crate::store).
pub trait Child: Sized {
    /// Its fields.
    const FIELDS: &'static [ChildField];

    /// The element with these values, which are in the order of the fields.
    ///
    /// # Errors
    /// When a value is of another type.
    fn from_values(values: ChildValues) -> Result<Self, Mismatch>;

    /// The values of its fields.
    fn to_values(&self) -> Vec<Value>;
}

/// The values of one element, to be taken in their order.
#[derive(Debug)]
pub struct ChildValues(std::vec::IntoIter<Value>);

impl ChildValues {
    /// Takes the next value.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn take<T: FromValue>(&mut self) -> Result<T, Mismatch> {
        T::from_value(self.0.next().unwrap_or_default())
    }
}

impl<T: Child> FromValue for Vec<T> {
    const CHILD: Option<&'static [ChildField]> = Some(T::FIELDS);

    /// An array of rows is no value of a column.
    fn holds(_: &ColumnType) -> bool {
        false
    }

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let Value::Rows(rows) = value else {
            return Err(Mismatch { wanted: "rows" });
        };
        let rows = rows.into_iter();
        rows.map(|row| T::from_values(ChildValues(row.into_iter())))
            .collect()
    }
}

impl<T: Child> From<&[T]> for Value {
    fn from(children: &[T]) -> Self {
        Self::Rows(children.iter().map(Child::to_values).collect())
    }
}

impl<T: Child> From<&Vec<T>> for Value {
    fn from(children: &Vec<T>) -> Self {
        children.as_slice().into()
    }
}

impl<T: Child> From<Vec<T>> for Value {
    fn from(children: Vec<T>) -> Self {
        children.as_slice().into()
    }
}

macro_rules! written {
    ($($type:ty),+) => {$(
        impl<T: Child> ToValue for $type {
            const KIND: ValueKind = ValueKind::Rows;
            const CHILD: Option<&'static [ChildField]> = Some(T::FIELDS);
        }
    )+};
}

written!(Vec<T>, &Vec<T>, &[T]);
