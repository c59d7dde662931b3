//! What a comparison found.

use crate::compare::{CallOutcome, Why};
use crate::tree::answer::Answer;
use crate::tree::{Difference, Path};

/// What a comparison found: how it ended, and where the answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How it ended.
    pub outcome: CallOutcome,
    /// Where the answers differ, at most [`MAX_DIFFERENCES`](super::MAX_DIFFERENCES).
    pub differences: Vec<Difference>,
}

impl Verdict {
    /// An outcome without differing places.
    pub(crate) const fn of(outcome: CallOutcome) -> Self {
        Self {
            outcome,
            differences: Vec::new(),
        }
    }

    pub(crate) const fn inconclusive(why: Why) -> Self {
        Self::of(CallOutcome::Inconclusive(why))
    }

    /// The answers differ as a whole.
    pub(crate) fn whole(outcome: CallOutcome, primary: &Answer, secondary: &Answer) -> Self {
        Self {
            outcome,
            differences: vec![Difference {
                path: Path::root(),
                primary: Some(primary.inner()),
                secondary: Some(secondary.inner()),
            }],
        }
    }

    /// Whether the answers are the same, by rule or without.
    pub const fn is_equal(&self) -> bool {
        self.outcome.is_equal()
    }
}
