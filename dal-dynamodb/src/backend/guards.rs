//! Guard items: one for each value of a unique key, so that two records cannot have the same.

use dal_traits::Record;
use dal_traits::value::{Value, text};

use super::dal_table;
use super::shape::Shape;

/// The guard of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    /// Its key in dal's table.
    pub key: String,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_guards_that_differ_are_moved() {
        let guard = |key: &str| Guard {
            key: key.to_owned(),
            constraint: "u".to_owned(),
            is_identity: false,
        };
        let (old, new) = ([guard("a"), guard("b")], [guard("b"), guard("c")]);
        assert_eq!(without(&old, &new), [guard("a")]);
        assert_eq!(without(&new, &old), [guard("c")]);
    }
}
