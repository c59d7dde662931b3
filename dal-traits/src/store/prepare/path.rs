//! Which path serves what is given.

use super::super::plan::Plan;
use super::values::{field, sought};
use crate::model::{AccessPath, Entity};
use crate::value::Value;
use crate::{Error, ErrorKind, Result};

/// The path at a place.
pub(super) fn at(plan: &Plan, path: usize) -> Result<&AccessPath> {
    let found = plan.entity.paths.get(path);
    found.ok_or_else(|| no_path(&plan.entity, "there is no such path"))
}

/// The values of the path's `equal` fields and of a beginning of its `sort` fields, in this order; none
/// when no record can have them.
pub(super) fn key_of(
    plan: &Plan,
    path: &AccessPath,
    given: Vec<(usize, Value)>,
) -> Result<Option<Vec<Value>>> {
    let mut rest: Vec<(usize, Option<Value>)> = Vec::new();
    for (place, value) in given {
        let field = field(plan, place)?;
        if rest.iter().any(|(known, _)| *known == place) {
            let message = format!("`{}` is given more than once", field.name);
            return Err(Error::new(ErrorKind::InvalidValue, message).with("field", &field.name));
        }
        rest.push((place, sought(field, value)?));
    }
    let mut take = |place: usize| {
        let found = rest.iter().position(|(given, _)| *given == place)?;
        Some(rest.swap_remove(found).1)
    };
    let mut values = Vec::new();
    for place in &path.equal {
        let Some(value) = take(*place) else {
            return Err(no_path(
                &plan.entity,
                format!("`{}` needs {}", path.name, names(&plan.entity, &path.equal)),
            ));
        };
        values.push(value);
    }
    for place in &path.sort {
        match take(*place) {
            Some(value) => values.push(value),
            None => break,
        }
    }
    if let Some((place, _)) = rest.first() {
        return Err(no_path(
            &plan.entity,
            format!(
                "`{}` does not find records by {} beside what is given: it takes its other fields \
                 from the first on",
                path.name,
                names(&plan.entity, &[*place])
            ),
        ));
    }
    Ok(values.into_iter().collect())
}

/// No path serves it: says which ones there are and what each needs.
pub(crate) fn no_path(entity: &Entity, reason: impl std::fmt::Display) -> Error {
    let paths: Vec<_> = entity
        .paths
        .iter()
        .map(|path| shown(entity, path))
        .collect();
    let message = format!(
        "{reason}; the paths of `{}`: {}",
        entity.name,
        paths.join(", ")
    );
    Error::new(ErrorKind::NoPath, message)
}

/// `by_category or browse (category; by price)`
fn shown(entity: &Entity, path: &AccessPath) -> String {
    let mut text = path.name.clone();
    for alias in &path.aliases {
        text.push_str(" or ");
        text.push_str(alias);
    }
    text.push_str(" (");
    text.push_str(&names(entity, &path.equal));
    if !path.sort.is_empty() {
        text.push_str("; by ");
        text.push_str(&names(entity, &path.sort));
    }
    text.push(')');
    text
}

pub(super) fn names(entity: &Entity, places: &[usize]) -> String {
    let fields = places.iter().filter_map(|place| entity.fields.get(*place));
    let names: Vec<_> = fields.map(|field| field.name.as_str()).collect();
    names.join(", ")
}
