//! Equality and a total order of trees: the order serves multisets and map keys, nothing else.

use std::cmp::Ordering;

use super::Tree;

impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Some(a), Self::Some(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::UInt(a), Self::UInt(b)) => a == b,
            (Self::F32(a), Self::F32(b)) => {
                a.partial_cmp(b) == Some(Ordering::Equal) || both_nan(f64::from(*a), f64::from(*b))
            }
            (Self::Float(a), Self::Float(b)) => {
                a.partial_cmp(b) == Some(Ordering::Equal) || both_nan(*a, *b)
            }
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Seq(a), Self::Seq(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            (Self::Struct { name: a, fields: c }, Self::Struct { name: b, fields: d }) => {
                a == b && c == d
            }
            (Self::Newtype { name: a, value: c }, Self::Newtype { name: b, value: d }) => {
                a == b && c == d
            }
            (
                Self::Variant {
                    name,
                    variant,
                    value,
                },
                Self::Variant {
                    name: other_name,
                    variant: other_variant,
                    value: other_value,
                },
            ) => name == other_name && variant == other_variant && value == other_value,
            _ => false,
        }
    }
}

impl Eq for Tree {}

impl PartialOrd for Tree {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tree {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Some(a), Self::Some(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::UInt(a), Self::UInt(b)) => a.cmp(b),
            (Self::F32(a), Self::F32(b)) => floats(f64::from(*a), f64::from(*b)),
            (Self::Float(a), Self::Float(b)) => floats(*a, *b),
            (Self::Str(a), Self::Str(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (Self::Seq(a), Self::Seq(b)) => a.cmp(b),
            (Self::Map(a), Self::Map(b)) => a.cmp(b),
            (Self::Struct { name: a, fields: c }, Self::Struct { name: b, fields: d }) => {
                a.cmp(b).then_with(|| c.cmp(d))
            }
            (Self::Newtype { name: a, value: c }, Self::Newtype { name: b, value: d }) => {
                a.cmp(b).then_with(|| c.cmp(d))
            }
            (
                Self::Variant {
                    name,
                    variant,
                    value,
                },
                Self::Variant {
                    name: other_name,
                    variant: other_variant,
                    value: other_value,
                },
            ) => (name, variant, value).cmp(&(other_name, other_variant, other_value)),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl Tree {
    /// Whether it has no parts.
    pub(crate) const fn is_leaf(&self) -> bool {
        matches!(
            self,
            Self::Bool(_)
                | Self::Int(_)
                | Self::UInt(_)
                | Self::F32(_)
                | Self::Float(_)
                | Self::Str(_)
                | Self::Bytes(_)
        )
    }

    /// Whether this value, or a part of it, is `leaf`.
    pub(crate) fn contains(&self, leaf: &Self) -> bool {
        match self {
            Self::Some(value) | Self::Newtype { value, .. } | Self::Variant { value, .. } => {
                value.contains(leaf)
            }
            Self::Seq(items) => items.iter().any(|item| item.contains(leaf)),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.contains(leaf)),
            Self::Struct { fields, .. } => fields.iter().any(|(_, value)| value.contains(leaf)),
            value => value == leaf,
        }
    }

    /// Sorts every list in the tree, from the leaves up.
    pub(crate) fn sort_lists(&mut self) {
        match self {
            Self::Some(value) | Self::Newtype { value, .. } | Self::Variant { value, .. } => {
                value.sort_lists();
            }
            Self::Seq(items) => {
                items.iter_mut().for_each(Self::sort_lists);
                items.sort();
            }
            Self::Map(entries) => {
                for (_, value) in entries {
                    value.sort_lists();
                }
            }
            Self::Struct { fields, .. } => {
                for (_, value) in fields {
                    value.sort_lists();
                }
            }
            _ => {}
        }
    }
}

fn both_nan(a: f64, b: f64) -> bool {
    a.is_nan() && b.is_nan()
}

/// Agrees with the equality above: −0 equals 0, every NaN equals every NaN and comes last.
fn floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn rank(tree: &Tree) -> u8 {
    match tree {
        Tree::Null => 0,
        Tree::Some(_) => 1,
        Tree::Bool(_) => 2,
        Tree::Int(_) => 3,
        Tree::UInt(_) => 4,
        Tree::F32(_) => 5,
        Tree::Float(_) => 6,
        Tree::Str(_) => 7,
        Tree::Bytes(_) => 8,
        Tree::Seq(_) => 9,
        Tree::Map(_) => 10,
        Tree::Struct { .. } => 11,
        Tree::Newtype { .. } => 12,
        Tree::Variant { .. } => 13,
    }
}
