//! Which id of one store is which id of the other one.

use std::collections::BTreeMap;

use dal_shadow::tree::Tree;

/// The ids of two stores, related one to one within each class.
#[derive(Clone, Debug, Default)]
pub(super) struct IdMap {
    classes: BTreeMap<&'static str, Pairs>,
}

#[derive(Clone, Debug, Default)]
struct Pairs {
    second_of: BTreeMap<Tree, Tree>,
    first_of: BTreeMap<Tree, Tree>,
}

/// The name of the enum that ids become before they are compared.
pub(super) const ID: &str = "dal::id";

/// What an id is wrapped in that the other store did not give.
pub(super) const UNRELATED: &str = "unrelated";

/// Whether a value is an id that the other store did not give.
pub(super) fn is_unrelated(value: &Tree) -> bool {
    match value {
        Tree::Variant {
            name,
            variant,
            value,
        } if *name == ID => *variant == UNRELATED || is_unrelated(value),
        _ => false,
    }
}

impl IdMap {
    /// Relates two ids, unless one of them is related already.
    pub(super) fn pair(&mut self, class: &'static str, first: &Tree, second: &Tree) {
        let pairs = self.classes.entry(class).or_default();
        let (first, second) = (first.unwrapped(), second.unwrapped());
        if !pairs.second_of.contains_key(first) && !pairs.first_of.contains_key(second) {
            pairs.second_of.insert(first.clone(), second.clone());
            pairs.first_of.insert(second.clone(), first.clone());
        }
    }

    /// An id of the first store, as it is compared and shown.
    pub(super) fn first(class: &'static str, id: &Tree) -> Tree {
        shown(class, id.unwrapped().clone())
    }

    /// An id of the second store as that of the first one; what is related to nothing is marked as such.
    pub(super) fn second(&self, class: &'static str, id: &Tree) -> Tree {
        let id = id.unwrapped();
        let first = self
            .classes
            .get(class)
            .and_then(|pairs| pairs.first_of.get(id));
        match first {
            Some(first) => shown(class, first.clone()),
            None => shown(
                class,
                Tree::Variant {
                    name: ID,
                    variant: UNRELATED,
                    value: Box::new(id.clone()),
                },
            ),
        }
    }

    /// The classes in which these two are the same id.
    pub(super) fn classes_of(&self, first: &Tree, second: &Tree) -> Vec<&'static str> {
        let related =
            |pairs: &Pairs| pairs.second_of.get(first.unwrapped()) == Some(second.unwrapped());
        self.classes
            .iter()
            .filter(|(_, pairs)| related(pairs))
            .map(|(class, _)| *class)
            .collect()
    }

    /// The classes that have ids, and whether any of them differ between the stores.
    pub(super) fn apart(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.classes
            .iter()
            .filter(|(_, pairs)| !pairs.second_of.is_empty())
            .map(|(class, pairs)| {
                let apart = pairs
                    .second_of
                    .iter()
                    .any(|(first, second)| first != second);
                (*class, apart)
            })
    }
}

fn shown(class: &'static str, id: Tree) -> Tree {
    Tree::Variant {
        name: ID,
        variant: class,
        value: Box::new(id),
    }
}
