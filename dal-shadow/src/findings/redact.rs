//! What of an answer may leave the process.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;

use crate::rules::Pattern;
use crate::tree::answer::{Answer, ERROR_WORD};
use crate::tree::{Path, Step, Tree};

/// At most so many elements of a list or map are shown.
const MAX_ELEMENTS: usize = 32;

/// At most so many characters of an allowed text are shown.
const MAX_CHARACTERS: usize = 256;

/// At most so many allowed fields are shown beside a difference.
const MAX_BESIDE: usize = 8;

/// Replaces every value by its type, its length where it has one, and a keyed hash, unless its
/// field is allowed.
///
/// Replaced are values, variants of enums, keys of maps and the texts of errors. What the program
/// itself fixes remains: names of structs and fields, kinds of errors and codes known at compile
/// time, and whether there is a value at all. Equal values have equal hashes within one process;
/// the key is random and never leaves it, so a hash cannot be reversed by guessing.
#[derive(Clone, Default)]
pub struct Redaction {
    allowed: Vec<(String, Pattern)>,
    hasher: RandomState,
}

impl Redaction {
    /// Everything is replaced.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows what stands at `path` (a [pattern](Pattern)) in the answers of `entity`, with all its
    /// parts. The text of errors is `Error.text`. Allow the field that names a record (`User.id`), and
    /// it stands beside each differing place of that record.
    ///
    /// # Errors
    /// With the reason, when the path cannot be read.
    pub fn allow(mut self, entity: &str, path: &str) -> Result<Self, String> {
        let pattern = Pattern::parse(path)?;
        self.allowed.push((entity.to_owned(), pattern));
        Ok(self)
    }

    /// The tree that stands at `path` of an answer, without what is not allowed.
    pub(crate) fn tree(&self, entity: &str, path: &Path, tree: &Tree) -> Tree {
        let mut path = path.clone();
        Walk {
            redaction: self,
            entity,
        }
        .tree(&mut path, tree)
    }

    /// The whole answer, without what is not allowed.
    pub(crate) fn answer(&self, entity: &str, answer: &Answer) -> Tree {
        self.tree(entity, &Path::root(), &answer.to_tree())
    }

    /// The path as text, without keys of maps and names of variants that are not allowed.
    pub(crate) fn path(&self, entity: &str, path: &Path) -> String {
        let mut shown = Vec::new();
        for (place, step) in path.steps().iter().enumerate() {
            let open = self.shows(entity, path.steps().get(..=place).unwrap_or_default());
            shown.push(match step {
                Step::Key(key) if !open => Step::Key(self.word(key)),
                Step::Variant { owner, .. } if !open && *owner != ERROR_WORD => Step::Variant {
                    owner,
                    name: "<variant>",
                },
                other => other.clone(),
            });
        }
        Path::from(shown).to_string()
    }

    /// The allowed fields of the structs that `path` leads through: they lead to the record.
    pub(crate) fn beside(&self, entity: &str, path: &Path, tree: &Tree) -> Vec<String> {
        let mut beside = Vec::new();
        for around in path.around() {
            let Some(Tree::Struct {
                name: owner,
                fields,
            }) = around.in_tree(tree).map(Tree::unwrapped)
            else {
                continue;
            };
            for (name, value) in fields {
                let mut place = around.clone();
                place.push(Step::Field { owner, name });
                if place != *path && self.shows(entity, place.steps()) {
                    let place = self.path(entity, &place);
                    beside.push(format!("{place}: {}", shortened(value)));
                }
            }
        }
        beside.truncate(MAX_BESIDE);
        beside
    }

    /// The hash of a record's key under this process's own key: the hash used for sampling is the
    /// same everywhere and could be reversed by guessing.
    pub(crate) fn key(&self, hash: u64) -> u64 {
        self.hasher.hash_one(hash)
    }

    fn shows(&self, entity: &str, steps: &[Step]) -> bool {
        self.allowed
            .iter()
            .any(|(of, pattern)| of == entity && pattern.covers(steps))
    }

    /// What stands for a value.
    fn word(&self, tree: &Tree) -> Tree {
        let length = match tree.unwrapped() {
            Tree::Str(text) => format!(" of {}", text.chars().count()),
            Tree::Bytes(bytes) => format!(" of {}", bytes.len()),
            _ => String::new(),
        };
        let kind = tree.kind();
        Tree::Str(format!(
            "<{kind}{length} #{}>",
            self.digest(&tree.to_string())
        ))
    }

    fn digest(&self, text: &str) -> String {
        format!("{:08x}", self.hasher.hash_one(text) >> 32)
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.allowed.iter().map(|(of, path)| (of, path.as_str())))
            .finish()
    }
}

struct Walk<'a> {
    redaction: &'a Redaction,
    entity: &'a str,
}

impl Walk<'_> {
    fn tree(&self, path: &mut Path, tree: &Tree) -> Tree {
        if self.redaction.shows(self.entity, path.steps()) {
            return shortened(tree);
        }
        match tree {
            Tree::Null => Tree::Null,
            Tree::Some(value) => Tree::Some(Box::new(self.tree(path, value))),
            Tree::Newtype { name, value } => Tree::Newtype {
                name,
                value: Box::new(self.tree(path, value)),
            },
            Tree::Seq(items) => {
                let shown = items.iter().enumerate().take(MAX_ELEMENTS);
                let mut list: Vec<_> = shown
                    .map(|(index, item)| self.part(path, Step::Index(index), item))
                    .collect();
                list.extend(more(items.len()));
                Tree::Seq(list)
            }
            Tree::Map(entries) => {
                let mut map: Vec<_> = entries
                    .iter()
                    .take(MAX_ELEMENTS)
                    .map(|(key, value)| self.entry(path, key, value))
                    .collect();
                map.extend(more(entries.len()).map(|more| (more, Tree::Null)));
                Tree::Map(map)
            }
            Tree::Struct { name, fields } => Tree::Struct {
                name,
                fields: fields
                    .iter()
                    .map(|(field, value)| {
                        let (owner, name) = (*name, *field);
                        (*field, self.part(path, Step::Field { owner, name }, value))
                    })
                    .collect(),
            },
            Tree::Variant {
                name,
                variant,
                value,
            } => self.variant(path, name, variant, value),
            leaf => self.redaction.word(leaf),
        }
    }

    fn part(&self, path: &mut Path, step: Step, tree: &Tree) -> Tree {
        path.push(step);
        let shown = self.tree(path, tree);
        path.pop();
        shown
    }

    fn entry(&self, path: &mut Path, key: &Tree, value: &Tree) -> (Tree, Tree) {
        path.push(Step::Key(key.clone()));
        let open = self.redaction.shows(self.entity, path.steps());
        let shown = self.tree(path, value);
        path.pop();
        let key = if open {
            shortened(key)
        } else {
            self.redaction.word(key)
        };
        (key, shown)
    }

    /// The variant's name is data; a payload that has fields would carry it once more.
    fn variant(
        &self,
        path: &mut Path,
        owner: &'static str,
        name: &'static str,
        value: &Tree,
    ) -> Tree {
        if owner == ERROR_WORD {
            return Tree::Variant {
                name: owner,
                variant: name,
                value: Box::new(self.tree(path, value)),
            };
        }
        let word = Tree::Str(format!("<variant #{}>", self.redaction.digest(name)));
        let payload = match self.part(path, Step::Variant { owner, name }, value) {
            Tree::Null => {
                return Tree::Newtype {
                    name: owner,
                    value: Box::new(word),
                };
            }
            Tree::Struct { fields, .. } => Tree::Struct {
                name: owner,
                fields,
            },
            other => other,
        };
        Tree::Newtype {
            name: owner,
            value: Box::new(Tree::Seq(vec![word, payload])),
        }
    }
}

fn more(length: usize) -> Option<Tree> {
    (length > MAX_ELEMENTS).then(|| Tree::Str(format!("<{} more>", length - MAX_ELEMENTS)))
}

/// An allowed value, bounded.
fn shortened(tree: &Tree) -> Tree {
    match tree {
        Tree::Str(text) => match text.char_indices().nth(MAX_CHARACTERS) {
            Some((end, _)) => Tree::Str(format!("{}…", text.get(..end).unwrap_or_default())),
            None => tree.clone(),
        },
        Tree::Bytes(bytes) => {
            let end = bytes.len().min(MAX_CHARACTERS);
            Tree::Bytes(bytes.get(..end).unwrap_or_default().to_vec())
        }
        Tree::Some(value) => Tree::Some(Box::new(shortened(value))),
        Tree::Newtype { name, value } => Tree::Newtype {
            name,
            value: Box::new(shortened(value)),
        },
        Tree::Variant {
            name,
            variant,
            value,
        } => Tree::Variant {
            name,
            variant,
            value: Box::new(shortened(value)),
        },
        Tree::Seq(items) => {
            let mut list: Vec<_> = items.iter().take(MAX_ELEMENTS).map(shortened).collect();
            list.extend(more(items.len()));
            Tree::Seq(list)
        }
        Tree::Map(entries) => {
            let pair = |(key, value): &(Tree, Tree)| (shortened(key), shortened(value));
            let mut map: Vec<_> = entries.iter().take(MAX_ELEMENTS).map(pair).collect();
            map.extend(more(entries.len()).map(|more| (more, Tree::Null)));
            Tree::Map(map)
        }
        Tree::Struct { name, fields } => Tree::Struct {
            name,
            fields: fields
                .iter()
                .map(|(field, value)| (*field, shortened(value)))
                .collect(),
        },
        leaf => leaf.clone(),
    }
}
