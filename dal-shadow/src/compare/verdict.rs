//! What a comparison found.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Path;
use crate::tree::Tree;

/// The name of a rule: unique among the rules of a harness.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// The id with this text.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for RuleId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RuleId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// One place where two answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub path: Path,
    /// What the answering store has there; `None` where it has nothing at all.
    pub first: Option<Tree>,
    /// What the other store has there.
    pub second: Option<Tree>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path)?;
        side(self.first.as_ref(), f)?;
        f.write_str(" | ")?;
        side(self.second.as_ref(), f)
    }
}

fn side(tree: Option<&Tree>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match tree {
        Some(tree) => write!(f, "{tree}"),
        None => f.write_str("absent"),
    }
}

/// Why two answers could not be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// A store failed in a way that may be gone at the next call.
    Transient,
    /// A value refused to be serialized.
    Unserializable,
    /// The caller went away before there was an answer.
    Abandoned,
    /// The second write was not taken, because too many were waiting.
    Lost,
    /// Both pages hold the same, and only one store says that more follow: perhaps an empty page.
    PageEnd,
}

impl Why {
    /// The reason's stable name in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Unserializable => "unserializable",
            Self::Abandoned => "abandoned",
            Self::Lost => "lost",
            Self::PageEnd => "page_end",
        }
    }
}

/// What a comparison of two answers found. *Primary* is the answering store, *shadow* the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same, as they are.
    Equal,
    /// The same only because of a rule (the last of those that were needed).
    EqualAfterRule(RuleId),
    /// The other store answered that it cannot do this.
    UnsupportedInShadow,
    /// The answering store has nothing where the other has something.
    MissingInPrimary(Vec<Difference>),
    /// The other store has nothing where the answering one has something.
    MissingInShadow(Vec<Difference>),
    /// Another kind or code of error, an error instead of a value, or an `Unexpected` error.
    ErrorClass(Vec<Difference>),
    /// The same elements in another order.
    Order(Vec<Difference>),
    /// Different values.
    Different(Vec<Difference>),
    /// Nothing can be said.
    Inconclusive(Why),
}

impl Verdict {
    /// Whether the answers are the same, by rule or without.
    pub const fn is_equal(&self) -> bool {
        matches!(self, Self::Equal | Self::EqualAfterRule(_))
    }

    /// The differences, at most [`super::MAX_DIFFERENCES`].
    pub fn differences(&self) -> &[Difference] {
        match self {
            Self::MissingInPrimary(differences)
            | Self::MissingInShadow(differences)
            | Self::ErrorClass(differences)
            | Self::Order(differences)
            | Self::Different(differences) => differences,
            Self::Equal
            | Self::EqualAfterRule(_)
            | Self::UnsupportedInShadow
            | Self::Inconclusive(_) => &[],
        }
    }
}
