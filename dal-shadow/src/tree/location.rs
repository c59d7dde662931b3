//! Where in a value a difference is.

use std::fmt;

use super::Tree;

/// One step from a value to a part of it. Newtypes and `Some` are no steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a field of a struct.
    Field {
        /// The struct's serde name.
        owner: &'static str,
        /// The field's serde name.
        name: &'static str,
    },
    /// Into an element of a list, counted from 0.
    Index(usize),
    /// To the value under a key of a map.
    Key(Tree),
    /// Into the payload of a variant.
    Variant {
        /// The enum's serde name.
        owner: &'static str,
        /// The variant's serde name.
        name: &'static str,
    },
}

/// A path from the answer to a part of it. `Display`: `items[3].email`, `tags["red"]`; the answer
/// itself is `answer`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

impl Path {
    /// The answer itself.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The steps from the answer on.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    pub(crate) fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    /// What stands at the path in `tree`, where there is something.
    pub(crate) fn in_tree<'a>(&self, tree: &'a Tree) -> Option<&'a Tree> {
        self.0.iter().try_fold(tree, into)
    }

    /// The path to the parts that this one leads through, from the answer itself on.
    pub(crate) fn around(&self) -> impl Iterator<Item = Self> {
        (0..self.0.len()).filter_map(|end| Some(Self(self.0.get(..end)?.to_vec())))
    }

    /// The path without what depends on the record: `items[].email`. For fingerprints.
    pub(crate) fn shape(&self) -> String {
        let mut shape = String::new();
        for step in &self.0 {
            match step {
                Step::Field { name, .. } => name_into(&mut shape, name),
                Step::Index(_) | Step::Key(_) => shape.push_str("[]"),
                Step::Variant { .. } => name_into(&mut shape, "<variant>"),
            }
        }
        shape
    }
}

fn into<'a>(tree: &'a Tree, step: &Step) -> Option<&'a Tree> {
    match (tree, step) {
        (Tree::Some(value) | Tree::Newtype { value, .. }, _) => into(value, step),
        (Tree::Struct { fields, .. }, Step::Field { name, .. }) => {
            let found = fields.iter().find(|(field, _)| field == name);
            found.map(|(_, value)| value)
        }
        (Tree::Seq(items), Step::Index(index)) => items.get(*index),
        (Tree::Map(entries), Step::Key(key)) => {
            let found = entries.iter().find(|(known, _)| known == key);
            found.map(|(_, value)| value)
        }
        (Tree::Variant { variant, value, .. }, Step::Variant { name, .. }) if variant == name => {
            Some(value)
        }
        _ => None,
    }
}

fn name_into(text: &mut String, name: &str) {
    if !text.is_empty() {
        text.push('.');
    }
    text.push_str(name);
}

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Self {
        Self(steps)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("answer");
        }
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Field { name, .. } | Step::Variant { name, .. } if place == 0 => {
                    f.write_str(name)?;
                }
                Step::Field { name, .. } | Step::Variant { name, .. } => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key}]")?,
            }
        }
        Ok(())
    }
}
