//! What a comparison found.

use crate::rules::RuleId;
use crate::tree::Difference;

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

    /// The differences, at most [`MAX_DIFFERENCES`](super::MAX_DIFFERENCES).
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
