//! How an eligible call ended, as it is counted.

use crate::rules::RuleId;

use super::{Verdict, Why};

/// How a call that was eligible for comparing ended: a read that the phase compares, or a write
/// whose second write was sent. *Primary* is the answering store, *shadow*
/// the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CallOutcome {
    /// The same answer.
    Equal,
    /// The same answer because of a rule.
    EqualAfterRule(RuleId),
    /// The other store cannot do this.
    UnsupportedInShadow,
    /// Different values.
    Different,
    /// The answering store has nothing where the other has something.
    MissingInPrimary,
    /// The other store has nothing where the answering one has something.
    MissingInShadow,
    /// Another kind or code of error, or an error on one side only.
    ErrorClass,
    /// The same elements in another order.
    Order,
    /// The same elements as far as both pages go; the one that ends earlier says that it goes on.
    PageBoundary,
    /// A derived value that is as of its last write.
    StaleDerived,
    /// The other store is some versions behind.
    Lagging,
    /// The record was written meanwhile.
    Unstable,
    /// Nothing can be said.
    Inconclusive(Why),
    /// Not compared, to spare the other store.
    Shed,
    /// The other store's implementation panicked.
    ShadowPanicked,
    /// The other store did not answer before the shadow's deadline.
    TimedOut,
    /// Not in the sample.
    Unsampled,
}

/// The part of the eligible calls that an outcome belongs to: the five add up to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Share {
    /// Both answers were there and were compared, or the other store's is known to be wrong.
    Compared,
    /// Dropped to spare the other store.
    Shed,
    /// The other store's answer came too late.
    TimedOut,
    /// Both answers were there, and nothing can be said.
    Inconclusive,
    /// Not in the sample.
    Unsampled,
}

impl CallOutcome {
    /// The outcome's stable name in snake case.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::EqualAfterRule(_) => "equal_after_rule",
            Self::UnsupportedInShadow => "unsupported_in_shadow",
            Self::Different => "different",
            Self::MissingInPrimary => "missing_in_primary",
            Self::MissingInShadow => "missing_in_shadow",
            Self::ErrorClass => "error_class",
            Self::Order => "order",
            Self::PageBoundary => "page_boundary",
            Self::StaleDerived => "stale_derived",
            Self::Lagging => "lagging",
            Self::Unstable => "unstable",
            Self::Inconclusive(_) => "inconclusive",
            Self::Shed => "shed",
            Self::ShadowPanicked => "shadow_panicked",
            Self::TimedOut => "timed_out",
            Self::Unsampled => "unsampled",
        }
    }

    /// The rule or the reason, for the outcomes that have one.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::EqualAfterRule(rule) => Some(rule.as_str()),
            Self::Inconclusive(why) => Some(why.as_str()),
            _ => None,
        }
    }

    /// The part of the eligible calls that this belongs to.
    pub const fn share(&self) -> Share {
        match self {
            Self::Shed => Share::Shed,
            Self::TimedOut => Share::TimedOut,
            Self::Unsampled => Share::Unsampled,
            Self::Inconclusive(_) | Self::UnsupportedInShadow | Self::Unstable | Self::Lagging => {
                Share::Inconclusive
            }
            _ => Share::Compared,
        }
    }

    /// Whether the stores agree, by rule or without, on all that both of them showed.
    pub const fn is_equal(&self) -> bool {
        matches!(
            self,
            Self::Equal | Self::EqualAfterRule(_) | Self::PageBoundary
        )
    }

    /// Whether somebody should look: the stores disagree, or a second write was lost.
    pub const fn is_alarming(&self) -> bool {
        self.is_mismatch() || matches!(self, Self::Inconclusive(Why::Lost))
    }

    /// Whether the stores disagree: what no gate lets through.
    pub const fn is_mismatch(&self) -> bool {
        matches!(
            self,
            Self::Different
                | Self::MissingInPrimary
                | Self::MissingInShadow
                | Self::ErrorClass
                | Self::Order
                | Self::ShadowPanicked
        )
    }
}

impl From<&Verdict> for CallOutcome {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Equal => Self::Equal,
            Verdict::EqualAfterRule(rule) => Self::EqualAfterRule(rule.clone()),
            Verdict::UnsupportedInShadow => Self::UnsupportedInShadow,
            Verdict::MissingInPrimary(_) => Self::MissingInPrimary,
            Verdict::MissingInShadow(_) => Self::MissingInShadow,
            Verdict::ErrorClass(_) => Self::ErrorClass,
            Verdict::Order(_) => Self::Order,
            Verdict::Different(_) => Self::Different,
            Verdict::Inconclusive(why) => Self::Inconclusive(*why),
        }
    }
}
