//! Paths into answers, as the attributes write them: `id`, `0`, `page.next`.

use super::Tree;

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The value.
    pub value: &'a Tree,
    /// The struct it is a field of, and the field, when it is one.
    pub owner: Option<(&'static str, &'static str)>,
}

/// The value at `path`, where there is one; an empty path is the answer itself.
pub fn find<'a>(tree: &'a Tree, path: &str) -> Option<Found<'a>> {
    let mut found = Found {
        value: tree,
        owner: None,
    };
    for step in path.split('.').filter(|step| !step.is_empty()) {
        found = into(found.value, step)?;
    }
    Some(found)
}

/// Changes what stands at `path`, where there is something.
pub fn replace(tree: &mut Tree, path: &str, change: &mut dyn FnMut(&mut Tree)) {
    let Some((step, rest)) = path
        .split_once('.')
        .or_else(|| (!path.is_empty()).then_some((path, "")))
    else {
        change(tree);
        return;
    };
    match tree {
        Tree::Some(value) => replace(value, path, change),
        Tree::Newtype { value, .. } if step != "0" || value.as_seq().is_some() => {
            replace(value, path, change);
        }
        Tree::Newtype { value, .. } => replace(value, rest, change),
        Tree::Struct { fields, .. } => {
            if let Some((_, value)) = fields.iter_mut().find(|(field, _)| *field == step) {
                replace(value, rest, change);
            }
        }
        Tree::Seq(items) => {
            if let Some(value) = step
                .parse()
                .ok()
                .and_then(|index: usize| items.get_mut(index))
            {
                replace(value, rest, change);
            }
        }
        Tree::Map(entries) => {
            if let Some((_, value)) = entries
                .iter_mut()
                .find(|(key, _)| key.as_str() == Some(step))
            {
                replace(value, rest, change);
            }
        }
        _ => {}
    }
}

/// Takes away what stands at `path`: a field is gone, as if serde had skipped it; an element of a tuple
/// is nothing.
pub fn remove(tree: &mut Tree, path: &str) {
    let (owner, field) = path.rsplit_once('.').unwrap_or(("", path));
    replace(tree, owner, &mut |owner| remove_from(owner, field));
}

fn remove_from(owner: &mut Tree, field: &str) {
    match owner {
        Tree::Some(value) | Tree::Newtype { value, .. } => remove_from(value, field),
        Tree::Struct { fields, .. } => fields.retain(|(name, _)| *name != field),
        Tree::Map(entries) => entries.retain(|(key, _)| key.as_str() != Some(field)),
        other => replace(other, field, &mut |value| *value = Tree::Null),
    }
}

/// Why nothing can ever stand at `path` of an answer like this one: a struct on the way has no such
/// field. `None` when something stands there, and when this answer merely holds nothing (`None`, an
/// empty list).
pub fn misplaced(tree: &Tree, path: &str) -> Option<String> {
    let mut value = tree;
    for step in path.split('.').filter(|step| !step.is_empty()) {
        match into(value, step) {
            Some(found) => value = found.value,
            None => return no_field(value, step),
        }
    }
    None
}

fn no_field(tree: &Tree, step: &str) -> Option<String> {
    match tree {
        Tree::Some(value) | Tree::Newtype { value, .. } => no_field(value, step),
        Tree::Struct { name, fields } => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(field, _)| format!("`{field}`"))
                .collect();
            Some(format!(
                "`{name}` has no `{step}`, as serde names fields; it has {}",
                fields.join(", ")
            ))
        }
        Tree::Null | Tree::Seq(_) | Tree::Map(_) => None,
        other => Some(format!("there is no `{step}` in {other}")),
    }
}

fn into<'a>(tree: &'a Tree, step: &str) -> Option<Found<'a>> {
    match tree {
        Tree::Some(value) => into(value, step),
        Tree::Newtype { value, .. } if step != "0" || value.as_seq().is_some() => into(value, step),
        Tree::Newtype { value, .. } => Some(Found { value, owner: None }),
        Tree::Struct { name, fields } => {
            fields
                .iter()
                .find(|(field, _)| *field == step)
                .map(|(field, value)| Found {
                    value,
                    owner: Some((name, field)),
                })
        }
        Tree::Seq(items) => {
            let value = items.get(step.parse::<usize>().ok()?)?;
            Some(Found { value, owner: None })
        }
        Tree::Map(_) => tree.field(step).map(|value| Found { value, owner: None }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[derive(Serialize)]
    struct Id(u64);

    #[derive(Serialize)]
    struct Row {
        id: Id,
        pair: (u8, u8),
    }

    #[test]
    fn a_path_leads_through_options_newtypes_and_tuples() {
        let row = Some(Row {
            id: Id(7),
            pair: (1, 2),
        });
        let tree = crate::tree::of(&row).unwrap();
        let id = find(&tree, "id").unwrap();
        assert_eq!(id.owner, Some(("Row", "id")));
        assert_eq!(id.value.as_i128(), Some(7));
        assert_eq!(find(&tree, "id.0").unwrap().value.as_i128(), Some(7));
        assert_eq!(find(&tree, "pair.1").unwrap().value.as_i128(), Some(2));
        assert!(find(&tree, "name").is_none());
        let mut without = tree.clone();
        remove(&mut without, "id");
        remove(&mut without, "pair.1");
        assert!(find(&without, "id").is_none());
        assert_eq!(find(&without, "pair.1").unwrap().value, &Tree::Null);
        assert_eq!(find(&without, "pair.0").unwrap().value.as_i128(), Some(1));
        let why = misplaced(&tree, "name").unwrap();
        assert_eq!(
            why,
            "`Row` has no `name`, as serde names fields; it has `id`, `pair`"
        );
        assert_eq!(misplaced(&tree, "id"), None);
        assert_eq!(misplaced(&Tree::Null, "name"), None);
        assert!(find(&Tree::Null, "id").is_none());
    }
}
