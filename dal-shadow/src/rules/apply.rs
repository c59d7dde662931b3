//! What rules do to a pair of answers.

use super::{Compiled, Work};
use crate::tree::Tree;
use crate::tree::answer::ERROR_WORD;
use crate::tree::decimal::{Decimal, NUMBER};
use crate::tree::{Path, Step, differing_paths};

/// A pair of trees after the rules.
pub(super) struct Applied<'a> {
    pub(super) first: Tree,
    pub(super) second: Tree,
    /// The rules without which more, or other, places would differ.
    pub(super) needed: Vec<&'a Compiled>,
}

/// Applies all of `rules` to both trees.
pub(super) fn apply<'a>(rules: &[&'a Compiled], first: &Tree, second: &Tree) -> Applied<'a> {
    let (one, other, touched) = run(rules, first, second);
    let left = differing_paths(&one, &other);
    let mut needed: Vec<_> = touched
        .into_iter()
        .filter_map(|index| rules.get(index).copied())
        .collect();
    let mut place = 0;
    while place < needed.len() {
        let mut without = needed.clone();
        without.remove(place);
        let (one, other, _) = run(&without, first, second);
        if differing_paths(&one, &other) == left {
            needed = without;
        } else {
            place += 1;
        }
    }
    Applied {
        first: one,
        second: other,
        needed,
    }
}

fn run(rules: &[&Compiled], first: &Tree, second: &Tree) -> (Tree, Tree, Vec<usize>) {
    let mut walk = Walk {
        rules,
        path: Path::root(),
        touched: Vec::new(),
    };
    let (mut first, mut second) = (first.clone(), second.clone());
    walk.node(&mut first);
    walk.node(&mut second);
    (first, second, walk.touched)
}

/// One walk from the leaves up: what is ignored goes before anything above is sorted, and a list
/// is sorted after its elements have their final form.
struct Walk<'a> {
    rules: &'a [&'a Compiled],
    path: Path,
    touched: Vec<usize>,
}

impl Walk<'_> {
    fn node(&mut self, tree: &mut Tree) {
        if self.ignored() {
            *tree = Tree::Null;
            return;
        }
        self.parts(tree);
        self.act(tree, |work| !matches!(work, Work::Unordered(_)));
        self.act(tree, |work| matches!(work, Work::Unordered(_)));
    }

    fn parts(&mut self, tree: &mut Tree) {
        match tree {
            Tree::Some(value) | Tree::Newtype { value, .. } => self.parts(value),
            Tree::Seq(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.at(Step::Index(index), |walk| walk.node(item));
                }
            }
            Tree::Map(entries) => entries.retain_mut(|(key, value)| {
                self.at(Step::Key(key.clone()), |walk| walk.kept(value))
            }),
            Tree::Struct {
                name: owner,
                fields,
            } => fields.retain_mut(|(name, value)| {
                self.at(Step::Field { owner, name }, |walk| walk.kept(value))
            }),
            Tree::Variant {
                name: owner,
                variant: name,
                value,
            } => self.at(Step::Variant { owner, name }, |walk| walk.node(value)),
            _ => {}
        }
    }

    fn at<R>(&mut self, step: Step, inside: impl FnOnce(&mut Self) -> R) -> R {
        self.path.push(step);
        let result = inside(self);
        self.path.pop();
        result
    }

    /// An ignored field or entry is left out, so that it equals an absent one.
    fn kept(&mut self, value: &mut Tree) -> bool {
        if self.ignored() {
            return false;
        }
        self.node(value);
        true
    }

    fn ignored(&mut self) -> bool {
        let found = self.rules.iter().position(|rule| match &rule.work {
            Work::Ignore(pattern) => pattern.matches(self.path.steps()),
            _ => false,
        });
        if let Some(index) = found {
            self.touch(index);
        }
        found.is_some()
    }

    fn act(&mut self, tree: &mut Tree, turn: impl Fn(&Work) -> bool) {
        for (index, rule) in self.rules.iter().enumerate() {
            let here = rule
                .work
                .pattern()
                .is_some_and(|pattern| pattern.matches(self.path.steps()));
            if !here || !turn(&rule.work) {
                continue;
            }
            match &rule.work {
                Work::Unordered(_) => sort(tree),
                Work::Presence(_) => presence(tree),
                Work::Numeric(_) => numeric(tree),
                Work::Normalize(_, function) => function(tree),
                Work::Ignore(_) | Work::Errors(..) | Work::Broken(_) => continue,
            }
            self.touch(index);
        }
    }

    fn touch(&mut self, index: usize) {
        if !self.touched.contains(&index) {
            self.touched.push(index);
        }
    }
}

fn sort(tree: &mut Tree) {
    match tree {
        Tree::Some(value) | Tree::Newtype { value, .. } => sort(value),
        Tree::Seq(items) => items.sort(),
        _ => {}
    }
}

fn presence(tree: &mut Tree) {
    if *tree != Tree::Null {
        *tree = Tree::Variant {
            name: ERROR_WORD,
            variant: "present",
            value: Box::new(Tree::Null),
        };
    }
}

/// A number in the one form of its value, also where serde was given it as a text, as decimals do.
fn numeric(tree: &mut Tree) {
    let decimal = match tree {
        Tree::Newtype { name, value } if *name != NUMBER => return numeric(value),
        Tree::Some(value) => return numeric(value),
        Tree::Newtype { value, .. } => value.as_str().and_then(Decimal::parse),
        Tree::Str(text) => Decimal::parse(text),
        Tree::F32(value) => Decimal::parse(&format!("{:?}", f64::from(*value))),
        Tree::Float(value) => Decimal::parse(&format!("{value:?}")),
        _ => None,
    };
    if let Some(decimal) = decimal {
        *tree = decimal.into_tree();
    }
}
