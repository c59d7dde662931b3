//! Answers with ids, generated values and tokens in a form in which two stores can be compared.

use dal_shadow::ops::OpMethod;
use dal_shadow::tree::Tree;

use crate::check::declarations::Declarations;
use crate::check::id_map::{ID, IdMap};

/// One walk over an answer.
pub(super) struct Canonical<'a> {
    pub(super) places: &'a Declarations,
    pub(super) id: &'a dyn Fn(&'static str, &Tree) -> Tree,
}

impl Canonical<'_> {
    /// The answer of a method.
    pub(super) fn answer(&self, method: &str, tree: &mut Tree) {
        match self.places.answer(method) {
            Some(class) => Self::ids(class, tree, self.id),
            None => self.walk(tree),
        }
    }

    /// Every id in a value that holds nothing else: an id, an optional one, a list of them.
    pub(super) fn ids(
        class: &'static str,
        tree: &mut Tree,
        id: &dyn Fn(&'static str, &Tree) -> Tree,
    ) {
        match tree {
            Tree::Null => {}
            Tree::Variant { name, .. } if *name == ID => {}
            Tree::Some(value) => Self::ids(class, value, id),
            Tree::Seq(items) => items.iter_mut().for_each(|item| Self::ids(class, item, id)),
            other => *other = id(class, other),
        }
    }

    fn walk(&self, tree: &mut Tree) {
        match tree {
            Tree::Newtype { name, value } => match self.places.newtype(name) {
                Some(class) => *tree = (self.id)(class, tree),
                None => self.walk(value),
            },
            Tree::Variant { name, .. } if *name == ID => {}
            Tree::Some(value) | Tree::Variant { value, .. } => self.walk(value),
            Tree::Seq(items) => items.iter_mut().for_each(|item| self.walk(item)),
            Tree::Map(entries) => {
                for (key, value) in entries.iter_mut() {
                    self.walk(key);
                    self.walk(value);
                }
                entries.sort();
            }
            Tree::Struct { name, fields } => {
                for (field, value) in fields {
                    if self.places.is_generated(name, field) {
                        presence(value);
                    } else if let Some(class) = self.places.field(name, field) {
                        Self::ids(class, value, self.id);
                    } else {
                        self.walk(value);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Something, whatever it is.
pub(super) fn presence(tree: &mut Tree) {
    if *tree != Tree::Null {
        *tree = Tree::Variant {
            name: ID,
            variant: "present",
            value: Box::new(Tree::Null),
        };
    }
}

/// Relates ids that are seen for the first time at the same place of both answers.
pub(super) fn meet(
    places: &Declarations,
    ids: &mut IdMap,
    method: &OpMethod,
    first: &Tree,
    second: &Tree,
) {
    let mut meeting = Meeting { places, ids };
    match places.answer(method.method) {
        Some(class) => meeting.ids(class, first, second),
        None => meeting.walk(first, second),
    }
}

struct Meeting<'a> {
    places: &'a Declarations,
    ids: &'a mut IdMap,
}

impl Meeting<'_> {
    fn ids(&mut self, class: &'static str, first: &Tree, second: &Tree) {
        match (first, second) {
            (Tree::Null, _) | (_, Tree::Null) => {}
            (Tree::Some(a), Tree::Some(b)) => self.ids(class, a, b),
            (Tree::Seq(a), Tree::Seq(b)) => {
                for (a, b) in a.iter().zip(b) {
                    self.ids(class, a, b);
                }
            }
            (a, b) => self.ids.pair(class, a, b),
        }
    }

    fn walk(&mut self, first: &Tree, second: &Tree) {
        match (first, second) {
            (Tree::Newtype { name, value: a }, Tree::Newtype { value: b, .. }) => {
                match self.places.newtype(name) {
                    Some(class) => self.ids(class, first, second),
                    None => self.walk(a, b),
                }
            }
            (Tree::Some(a), Tree::Some(b))
            | (Tree::Variant { value: a, .. }, Tree::Variant { value: b, .. }) => self.walk(a, b),
            (Tree::Seq(a), Tree::Seq(b)) => {
                for (a, b) in a.iter().zip(b) {
                    self.walk(a, b);
                }
            }
            (Tree::Map(a), Tree::Map(b)) => {
                for (key, a) in a {
                    if let Some((_, b)) = b.iter().find(|(other, _)| other == key) {
                        self.walk(a, b);
                    }
                }
            }
            (Tree::Struct { name, fields: a }, Tree::Struct { fields: b, .. }) => {
                for (field, a) in a {
                    let Some((_, b)) = b.iter().find(|(other, _)| other == field) else {
                        continue;
                    };
                    match self.places.field(name, field) {
                        Some(class) => self.ids(class, a, b),
                        None => self.walk(a, b),
                    }
                }
            }
            _ => {}
        }
    }
}
