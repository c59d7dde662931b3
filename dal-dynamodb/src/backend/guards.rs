//! Guard items: one for each value of a unique key, so that two records cannot have the same.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::Record;
use dal_traits::value::{Value, text};

use super::action::{Action, Write};
use super::dal_table::{self, OWNER};
use super::expression::{Clause, Expression};
use super::shape::Shape;
use crate::{Item, Role};

/// The guard of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    /// Its key in dal's table.
    pub key: String,
    /// The place of the unique key.
    pub unique: usize,
    /// The name of the unique key.
    pub constraint: String,
    /// Whether it keeps the identity unique.
    pub is_identity: bool,
}

/// The guards that a record has: one for each guarded unique key in which it has no NULL.
pub(super) fn of(shape: &Shape, record: &Record) -> Vec<Guard> {
    let unique = shape.entity.unique.iter().enumerate();
    let guarded = unique.filter(|(_, unique)| unique.guard);
    guarded
        .filter_map(|(place, unique)| {
            let values = record.values_at(&unique.fields);
            Some(Guard {
                key: key(shape, place, &values)?,
                unique: place,
                constraint: unique.name.clone(),
                is_identity: unique.fields == shape.entity.identity,
            })
        })
        .collect()
}

/// The key of the guard of these values of a unique key; none when one of them is NULL, which is
/// never a duplicate.
pub(super) fn key(shape: &Shape, unique: usize, values: &[Value]) -> Option<String> {
    let unique = shape.entity.unique.get(unique)?;
    let fields = unique.fields.iter();
    let folded = fields.zip(values).map(|(field, value)| match value {
        Value::Bytes(bytes) => Some(bytes.clone()),
        value => text(value, shape.column_type(*field)?).map(String::into_bytes),
    });
    let folded = folded.collect::<Option<Vec<_>>>()?;
    Some(dal_table::guard(&shape.source, &unique.name, &folded))
}

/// The places of the unique keys whose guards a change of these fields writes; `moves` says that the
/// item gets another key, so that all of its guards do.
pub(super) fn changed(shape: &Shape, fields: &[usize], moves: bool) -> Vec<usize> {
    let is_changed = |place: &usize| {
        let unique = shape.entity.unique.get(*place);
        moves || unique.is_some_and(|unique| unique.fields.iter().any(|f| fields.contains(f)))
    };
    shape.guarded_keys().filter(is_changed).collect()
}

/// The fields of the guarded unique keys of which one of `changed` is a part.
pub(super) fn fields_beside(shape: &Shape, changed: &[usize]) -> Vec<usize> {
    let guarded = shape.entity.unique.iter().filter(|unique| unique.guard);
    guarded
        .filter(|unique| unique.fields.iter().any(|field| changed.contains(field)))
        .flat_map(|unique| unique.fields.iter().copied())
        .collect()
}

/// Those of `one` that `other` does not have.
pub(super) fn without(one: &[Guard], other: &[Guard]) -> Vec<Guard> {
    let gone = |guard: &&Guard| !other.iter().any(|held| held.key == guard.key);
    one.iter().filter(gone).cloned().collect()
}

/// Takes guards for the item with this key; `taken` is what it means that another item has one.
pub(super) fn take(
    table: &str,
    guards: &[Guard],
    owner: &Item,
    taken: impl Fn(&Guard) -> Role,
) -> Vec<Action> {
    let take = |guard: &Guard| {
        let key = dal_table::key(guard.key.clone());
        Action::put_new(table, key, guard_item(guard, owner), taken(guard))
    };
    guards.iter().map(take).collect()
}

/// What it means that another record has the value of a unique key.
pub(super) fn unique(guard: &Guard) -> Role {
    Role::Unique(guard.constraint.clone().into())
}

/// Gives guards back.
pub(super) fn give_back(table: &str, guards: &[Guard]) -> Vec<Action> {
    let give_back = |guard: &Guard| {
        let key = dal_table::key(guard.key.clone());
        let (always, expression) = (Clause::Always, Expression::default());
        Action::new(table, key, Write::Delete, always, expression)
    };
    guards.iter().map(give_back).collect()
}

/// Lets the guards lead to another item.
pub(super) fn redirect(table: &str, guards: &[Guard], owner: &Item) -> Vec<Action> {
    let redirect = |guard: &Guard| {
        let key = dal_table::key(guard.key.clone());
        let put = Write::Put(guard_item(guard, owner));
        Action::new(table, key, put, Clause::Always, Expression::default())
    };
    guards.iter().map(redirect).collect()
}

/// The item that keeps a value for the item with this key.
pub(super) fn guard_item(guard: &Guard, owner: &Item) -> Item {
    let mut item = dal_table::key(guard.key.clone());
    item.insert(OWNER.to_owned(), AttributeValue::M(owner.clone()));
    item
}

impl Shape {
    /// Whether a record has guards.
    pub fn has_guards(&self) -> bool {
        self.entity.unique.iter().any(|unique| unique.guard)
    }

    /// The names of the attributes that hold the fields of unique keys with guards.
    pub fn guarded_attributes(&self) -> impl Iterator<Item = &str> {
        let guarded = self.entity.unique.iter().filter(|unique| unique.guard);
        let fields = guarded.flat_map(|unique| &unique.fields);
        fields.filter_map(|field| {
            let field = self.entity.fields.get(*field)?;
            Some(self.name(field.attribute))
        })
    }

    /// The places of the unique keys with guards.
    pub fn guarded_keys(&self) -> impl Iterator<Item = usize> {
        let unique = self.entity.unique.iter().enumerate();
        unique.filter_map(|(place, unique)| unique.guard.then_some(place))
    }

    /// The unique key with a guard that has exactly these fields.
    pub fn guarded(&self, fields: &[usize]) -> Option<usize> {
        let mut unique = self.entity.unique.iter();
        unique.position(|unique| unique.guard && unique.fields == fields)
    }

    /// What it means that an item with the key of a new record exists.
    pub fn key_role(&self) -> Role {
        if self.is_keyed_by_identity {
            return Role::Insert;
        }
        let mut unique = self.entity.unique.iter();
        match unique.find(|unique| !unique.guard) {
            Some(unique) => Role::Unique(unique.name.clone().into()),
            None => Role::Insert,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_guards_that_differ_are_moved() {
        let guard = |key: &str| Guard {
            key: key.to_owned(),
            unique: 0,
            constraint: "u".to_owned(),
            is_identity: false,
        };
        let (old, new) = ([guard("a"), guard("b")], [guard("b"), guard("c")]);
        assert_eq!(without(&old, &new), [guard("a")]);
        assert_eq!(without(&new, &old), [guard("c")]);
    }
}
