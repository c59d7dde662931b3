//! The elements of an array: where the fields of a struct are among its members.

use super::names::unknown;
use crate::model::Member;
use crate::value::{ChildField, Value};

/// Where the fields of a struct are among the members of an array.
#[derive(Debug)]
pub(super) struct Members {
    places: Vec<usize>,
    count: usize,
}

impl Members {
    /// Finds the fields of a struct among `members`.
    ///
    /// # Errors
    /// Every mistake, each with the name of its field.
    pub(super) fn find(
        fields: &[ChildField],
        members: &[Member],
    ) -> Result<Self, Vec<(&'static str, String)>> {
        let (mut places, mut mistakes) = (Vec::new(), Vec::new());
        for field in fields {
            let Some(place) = members.iter().position(|m| m.name == field.name) else {
                let names = members.iter().map(|member| member.name.as_str());
                mistakes.push((field.name, unknown("member", field.name, names)));
                continue;
            };
            if places.contains(&place) {
                let message = "another field is the same member".to_owned();
                mistakes.push((field.name, message));
            }
            places.push(place);
            let Some(member) = members.get(place) else {
                continue;
            };
            if !(field.holds)(&member.column_type) {
                let (own, column_type) = ((field.type_name)(), &member.column_type);
                let message =
                    format!("`{own}` cannot hold every value of a column of type {column_type}");
                mistakes.push((field.name, message));
            }
            if member.nullable && !field.nullable {
                let message = "the column takes NULL: write `Option<..>`".to_owned();
                mistakes.push((field.name, message));
            }
        }
        let count = members.len();
        if mistakes.is_empty() {
            Ok(Self { places, count })
        } else {
            Err(mistakes)
        }
    }

    /// Whether the struct has every member: only such elements can be written.
    pub(super) fn is_whole(&self) -> bool {
        self.places.len() == self.count
    }

    /// The elements with the values of the struct's fields, in their order.
    pub(super) fn read(&self, value: Value) -> Value {
        let field = |row: &mut Vec<Value>, member: &usize| {
            let held = row.get_mut(*member);
            held.map(std::mem::take).unwrap_or_default()
        };
        each(value, |mut row| {
            let members = self.places.iter();
            members.map(|member| field(&mut row, member)).collect()
        })
    }

    /// The elements with the values of the array's members, in their order. Those of a struct that
    /// has not every member stay too short, and are refused.
    pub(super) fn written(&self, value: Value) -> Value {
        if !self.is_whole() {
            return value;
        }
        each(value, |row| {
            let mut members = vec![Value::Null; self.count];
            for (place, value) in self.places.iter().zip(row) {
                if let Some(member) = members.get_mut(*place) {
                    *member = value;
                }
            }
            members
        })
    }
}

fn each(value: Value, change: impl Fn(Vec<Value>) -> Vec<Value>) -> Value {
    match value {
        Value::Rows(rows) => Value::Rows(rows.into_iter().map(change).collect()),
        other => other,
    }
}
