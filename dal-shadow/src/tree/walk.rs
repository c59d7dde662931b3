//! The differing places of two trees.

use super::Tree;
use super::{Difference, Path, Step};

/// The places where the trees differ, in the order of the trees, at most `bound`.
pub(crate) fn differences(first: &Tree, second: &Tree, bound: usize) -> Vec<Difference> {
    let mut walk = Walk {
        path: Path::root(),
        bound,
        found: Vec::new(),
    };
    walk.pair(first, second);
    walk.found
}

/// Where the trees differ, all of it.
pub(crate) fn differing_paths(first: &Tree, second: &Tree) -> Vec<Path> {
    differences(first, second, usize::MAX)
        .into_iter()
        .map(|difference| difference.path)
        .collect()
}

struct Walk {
    path: Path,
    bound: usize,
    found: Vec<Difference>,
}

impl Walk {
    fn pair(&mut self, first: &Tree, second: &Tree) {
        if self.found.len() >= self.bound || first == second {
            return;
        }
        match (first, second) {
            (Tree::Some(a), Tree::Some(b)) => self.pair(a, b),
            (Tree::Newtype { name: a, value: c }, Tree::Newtype { name: b, value: d })
                if a == b =>
            {
                self.pair(c, d);
            }
            (
                Tree::Variant {
                    name: owner,
                    variant: name,
                    value: a,
                },
                Tree::Variant {
                    variant, value: b, ..
                },
            ) if name == variant => self.inside(Step::Variant { owner, name }, Some(a), Some(b)),
            (
                Tree::Struct {
                    name: owner,
                    fields: a,
                },
                Tree::Struct {
                    name: b_owner,
                    fields: b,
                },
            ) if owner == b_owner => {
                self.fields(owner, a, b);
            }
            (Tree::Map(a), Tree::Map(b)) => self.entries(a, b),
            // An empty list is missing as a whole, not element by element.
            (Tree::Seq(a), Tree::Seq(b)) if !a.is_empty() && !b.is_empty() => self.items(a, b),
            _ => self.note(Some(first), Some(second)),
        }
    }

    fn note(&mut self, first: Option<&Tree>, second: Option<&Tree>) {
        if self.found.len() < self.bound {
            self.found.push(Difference {
                path: self.path.clone(),
                primary: first.cloned(),
                secondary: second.cloned(),
            });
        }
    }

    fn inside(&mut self, step: Step, first: Option<&Tree>, second: Option<&Tree>) {
        self.path.push(step);
        match (first, second) {
            (Some(first), Some(second)) => self.pair(first, second),
            (None, None) => {}
            (first, second) => self.note(first, second),
        }
        self.path.pop();
    }

    fn fields(
        &mut self,
        owner: &'static str,
        first: &[(&'static str, Tree)],
        second: &[(&'static str, Tree)],
    ) {
        for (name, value) in first {
            self.inside(
                Step::Field { owner, name },
                Some(value),
                lookup(second, name),
            );
        }
        for (name, value) in second {
            if lookup(first, name).is_none() {
                self.inside(Step::Field { owner, name }, None, Some(value));
            }
        }
    }

    fn entries(&mut self, first: &[(Tree, Tree)], second: &[(Tree, Tree)]) {
        for (key, value) in first {
            self.inside(Step::Key(key.clone()), Some(value), lookup(second, key));
        }
        for (key, value) in second {
            if lookup(first, key).is_none() {
                self.inside(Step::Key(key.clone()), None, Some(value));
            }
        }
    }

    /// Skips what is the same at both ends, so that one inserted or missing element is one
    /// difference; pairs the rest by position.
    fn items(&mut self, first: &[Tree], second: &[Tree]) {
        let start = same(first.iter().zip(second));
        let (first, second) = (
            first.get(start..).unwrap_or_default(),
            second.get(start..).unwrap_or_default(),
        );
        let end = same(first.iter().rev().zip(second.iter().rev()));
        let middle = |items: &'_ [Tree]| items.len().saturating_sub(end);
        for place in 0..middle(first).max(middle(second)) {
            let a = first.get(place).filter(|_| place < middle(first));
            let b = second.get(place).filter(|_| place < middle(second));
            self.inside(Step::Index(start + place), a, b);
        }
    }
}

fn same<'a>(pairs: impl Iterator<Item = (&'a Tree, &'a Tree)>) -> usize {
    pairs.take_while(|(a, b)| a == b).count()
}

fn lookup<'a, K: PartialEq>(entries: &'a [(K, Tree)], key: &K) -> Option<&'a Tree> {
    entries
        .iter()
        .find(|(candidate, _)| candidate == key)
        .map(|(_, value)| value)
}
