//! Paths into answers, as the attributes write them: `id`, `0`, `page.next`.

use crate::tree::Tree;

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
        assert!(find(&Tree::Null, "id").is_none());
    }
}
