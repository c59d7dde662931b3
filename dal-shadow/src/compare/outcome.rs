//! How an eligible call ended, as it is counted.

use crate::rules::RuleId;

use super::Why;

/// How a call that was eligible for comparing ended: a read that the phase compares, or a write
/// whose secondary write was sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CallOutcome {
    /// The same answer.
    Equal,
    /// The same answer because of a rule.
    EqualAfterRule(RuleId),
    /// Both stores succeeded and neither returned anything that could differ: `()`, `None`, an
    /// empty list or page, or the answer of a mirror method. No evidence that the stores agree.
    Acknowledged,
    /// The secondary cannot do this.
    UnsupportedInShadow,
    /// Different values.
    Different,
    /// The primary has nothing where the secondary has something.
    MissingInPrimary,
    /// The secondary has nothing where the primary has something.
    MissingInSecondary,
    /// Another kind or code of error, or an error on one side only.
    ErrorClass,
    /// The same elements in another order.
    Order,
    /// The same elements as far as both pages go; the one that ends earlier says that it goes on.
    PageBoundary,
    /// The secondary was behind: read again, it returned the same.
    Lagging,
    /// The record was written meanwhile.
    Unstable,
    /// Nothing can be said.
    Inconclusive(Why),
    /// Not compared, to spare the secondary.
    Shed,
    /// The secondary's implementation panicked.
    Panicked,
    /// The secondary did not answer before the timeout.
    TimedOut,
    /// Not in the sample.
    Unsampled,
    /// A secondary write that was dropped in favour of a transfer of its records.
    Transferred,
    /// A secondary write, or a transfer, of the record that was read had not ended in time.
    Pending,
}

/// The part of the eligible calls that an outcome belongs to: the six add up to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Share {
    /// Both answers were there and were compared, or the secondary is known to be wrong.
    Compared,
    /// Both stores succeeded, and there was nothing to compare.
    Acknowledged,
    /// Dropped to spare the secondary.
    Shed,
    /// The secondary's answer came too late.
    TimedOut,
    /// Nothing can be said.
    Inconclusive,
    /// Not in the sample.
    Unsampled,
}

impl CallOutcome {
    /// The outcomes that are known before a call: those without a rule or a reason.
    pub(crate) const WITHOUT_DETAIL: &'static [Self] = &[
        Self::Equal,
        Self::Acknowledged,
        Self::UnsupportedInShadow,
        Self::Different,
        Self::MissingInPrimary,
        Self::MissingInSecondary,
        Self::ErrorClass,
        Self::Order,
        Self::PageBoundary,
        Self::Lagging,
        Self::Unstable,
        Self::Shed,
        Self::Panicked,
        Self::TimedOut,
        Self::Unsampled,
        Self::Transferred,
        Self::Pending,
    ];

    /// The outcome's stable name in snake case.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::EqualAfterRule(_) => "equal_after_rule",
            Self::Acknowledged => "acknowledged",
            Self::UnsupportedInShadow => "unsupported_in_shadow",
            Self::Different => "different",
            Self::MissingInPrimary => "missing_in_primary",
            Self::MissingInSecondary => "missing_in_secondary",
            Self::ErrorClass => "error_class",
            Self::Order => "order",
            Self::PageBoundary => "page_boundary",
            Self::Lagging => "lagging",
            Self::Unstable => "unstable",
            Self::Inconclusive(_) => "inconclusive",
            Self::Shed => "shed",
            Self::Panicked => "panicked",
            Self::TimedOut => "timed_out",
            Self::Unsampled => "unsampled",
            Self::Transferred => "transferred",
            Self::Pending => "pending",
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

    /// What happened, in one sentence for a log.
    pub const fn sentence(&self) -> &'static str {
        match self {
            Self::Equal | Self::EqualAfterRule(_) => "both stores returned the same",
            Self::Acknowledged => "both stores succeeded; there was nothing to compare",
            Self::UnsupportedInShadow => "the secondary cannot make this call; it was not compared",
            Self::Different => "the secondary returned another value than the primary",
            Self::MissingInPrimary => "the primary lacks what the secondary returned",
            Self::MissingInSecondary => "the secondary lacks what the primary returned",
            Self::ErrorClass => "the stores ended with different errors, or one with an error",
            Self::Order => "the secondary returned the same elements in another order",
            Self::PageBoundary => "both pages hold the same up to the end of the shorter one",
            Self::Lagging => "the secondary was behind, and returned the same when read again",
            Self::Unstable => "the record was written while it was compared",
            Self::Inconclusive(why) => why.sentence(),
            Self::Shed => "the read was not compared, to spare the secondary",
            Self::Panicked => "the secondary's implementation panicked",
            Self::TimedOut => "the secondary did not answer before the timeout",
            Self::Unsampled => "the read is not in the sample",
            Self::Transferred => "the secondary write was dropped; a transfer brings its records",
            Self::Pending => "a secondary write or transfer of the record had not ended",
        }
    }

    /// The part of the eligible calls that this belongs to.
    pub const fn share(&self) -> Share {
        match self {
            Self::Shed => Share::Shed,
            Self::TimedOut => Share::TimedOut,
            Self::Unsampled => Share::Unsampled,
            Self::Acknowledged => Share::Acknowledged,
            Self::Inconclusive(_)
            | Self::UnsupportedInShadow
            | Self::Unstable
            | Self::Lagging
            | Self::Transferred
            | Self::Pending => Share::Inconclusive,
            _ => Share::Compared,
        }
    }

    /// Whether the stores agree, by rule or without, on all that both of them showed.
    pub const fn is_equal(&self) -> bool {
        matches!(
            self,
            Self::Equal | Self::EqualAfterRule(_) | Self::Acknowledged | Self::PageBoundary
        )
    }

    /// Whether somebody should look: the stores disagree, or a secondary write was lost.
    pub const fn is_alarming(&self) -> bool {
        self.is_mismatch() || matches!(self, Self::Inconclusive(Why::Lost))
    }

    /// Whether the stores disagree: what no gate lets through.
    pub const fn is_mismatch(&self) -> bool {
        matches!(
            self,
            Self::Different
                | Self::MissingInPrimary
                | Self::MissingInSecondary
                | Self::ErrorClass
                | Self::Order
                | Self::Panicked
        )
    }

    /// Whether a sink gets a record of it.
    pub(crate) const fn is_recorded(&self) -> bool {
        self.is_mismatch()
            || matches!(
                self,
                Self::Unstable | Self::Lagging | Self::Inconclusive(_) | Self::UnsupportedInShadow
            )
    }
}
