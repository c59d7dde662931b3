//! Why nothing can be said about two answers.

/// Why nothing can be said about two answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// A store failed in a way that was gone at the next call, or both stores failed.
    Transient,
    /// A value refused to be serialized.
    Unserializable,
    /// An answer is larger than the limit of a snapshot.
    TooLarge,
    /// The application's own `Clone`, `Serialize`, rule or normalizer panicked.
    Panicked,
    /// The application's own rule or normalizer did not return.
    Stuck,
    /// The caller went away before there was an answer.
    Abandoned,
    /// The secondary write was not taken, because too many were waiting.
    Lost,
    /// Both pages hold the same, and only one store says that more follow: perhaps an empty page.
    PageEnd,
}

impl Why {
    pub(crate) const ALL: [Self; 8] = [
        Self::Transient,
        Self::Unserializable,
        Self::TooLarge,
        Self::Panicked,
        Self::Stuck,
        Self::Abandoned,
        Self::Lost,
        Self::PageEnd,
    ];

    /// The reason's stable name in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Unserializable => "unserializable",
            Self::TooLarge => "too_large",
            Self::Panicked => "user_code_panicked",
            Self::Stuck => "user_code_stuck",
            Self::Abandoned => "abandoned",
            Self::Lost => "lost",
            Self::PageEnd => "page_end",
        }
    }

    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Transient => "a store failed for a moment, so the answers were not compared",
            Self::Unserializable => "an answer cannot be serialized, so it was not compared",
            Self::TooLarge => "an answer is larger than the snapshot limit, and was not compared",
            Self::Panicked => "the application's Clone, Serialize or rule panicked; not compared",
            Self::Stuck => "the application's rule or normalizer did not return; not compared",
            Self::Abandoned => "the caller went away before there was an answer to compare",
            Self::Lost => "the secondary write was lost, because too many were waiting",
            Self::PageEnd => "the pages hold the same, and only one store says that more follow",
        }
    }
}
