//! What is counted of calls, in a method, a report and a total alike.

use serde::Serialize;

use crate::compare::{CallOutcome, Share};

/// How the calls that can be compared ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Calls that can be compared: reads in the phases that compare them, and writes whose
    /// secondary write was sent. The sum of the next seven.
    pub eligible: u64,
    /// Both answers were there and were compared.
    pub compared: u64,
    /// Both stores succeeded, and there was nothing to compare: `()`, `None`, an empty list or
    /// page, the answer of a mirror method.
    pub acknowledged: u64,
    /// Not compared, to spare the secondary store.
    pub shed: u64,
    /// The secondary store's answer came too late.
    pub timed_out: u64,
    /// Nothing can be said; `reasons` says why.
    pub inconclusive: u64,
    /// Not in the sample.
    pub unsampled: u64,
    /// Not decided yet.
    pub in_flight: u64,
    /// The part of `compared` in which the stores agree.
    pub equal: u64,
    /// The part of `compared` in which they do not.
    pub different: u64,
}

/// What became of secondary writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WriteCounts {
    /// Writes that the primary store made and that the secondary store has to make as well.
    pub sent: u64,
    /// The secondary store made them.
    pub applied: u64,
    /// The secondary store refused them, for good.
    pub refused: u64,
    /// They failed after every repetition that is safe; their effect may be unknown.
    pub failed: u64,
    /// They were dropped in favour of a transfer of their records.
    pub transferred: u64,
    /// They were on their way when the runtime ended, or were dropped and the trait has no
    /// `repair`.
    pub lost: u64,
    /// They wait, or are under way. `sent` is the sum of these six.
    pub pending: u64,
    /// Repetitions of secondary writes.
    pub retried: u64,
    /// Callers that stopped waiting for a secondary write before it had ended.
    pub late: u64,
    /// Primary writes whose effect is unknown (the store failed, or panicked): transfers bring
    /// their records; without `repair`, the secondary store lacks them if they were made.
    pub unknown: u64,
}

impl Counts {
    /// Whether every eligible call is accounted for, exactly.
    pub const fn adds_up(&self) -> bool {
        self.eligible
            == self.compared
                + self.acknowledged
                + self.shed
                + self.timed_out
                + self.inconclusive
                + self.unsampled
                + self.in_flight
    }

    /// A call that can be compared begins.
    pub(super) const fn begin(&mut self) {
        self.eligible += 1;
        self.in_flight += 1;
    }

    /// One that began ended like this.
    pub(super) const fn end(&mut self, outcome: &CallOutcome) {
        self.in_flight -= 1;
        let share = match outcome.share() {
            Share::Compared => {
                self.equal += outcome.is_equal() as u64;
                &mut self.compared
            }
            Share::Acknowledged => &mut self.acknowledged,
            Share::Shed => &mut self.shed,
            Share::TimedOut => &mut self.timed_out,
            Share::Inconclusive => &mut self.inconclusive,
            Share::Unsampled => &mut self.unsampled,
        };
        *share += 1;
        self.different += outcome.is_mismatch() as u64;
    }

    /// Adds what was counted elsewhere.
    pub(super) fn add(&mut self, more: &Self) {
        *self = self.with(more, u64::wrapping_add);
    }

    /// What was counted after `before`, an earlier state of these counts. Calls that were in flight
    /// then belong to the time after it.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            eligible: self
                .eligible
                .saturating_sub(before.eligible - before.in_flight),
            in_flight: self.in_flight,
            ..self.with(before, u64::saturating_sub)
        }
    }

    fn with(&self, other: &Self, each: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            eligible: each(self.eligible, other.eligible),
            compared: each(self.compared, other.compared),
            acknowledged: each(self.acknowledged, other.acknowledged),
            shed: each(self.shed, other.shed),
            timed_out: each(self.timed_out, other.timed_out),
            inconclusive: each(self.inconclusive, other.inconclusive),
            unsampled: each(self.unsampled, other.unsampled),
            in_flight: each(self.in_flight, other.in_flight),
            equal: each(self.equal, other.equal),
            different: each(self.different, other.different),
        }
    }
}

impl WriteCounts {
    /// Adds what was counted elsewhere.
    pub(super) fn add(&mut self, more: &Self) {
        *self = self.with(more, u64::wrapping_add);
    }

    /// What was counted after `before`, an earlier state of these counts. Writes that were pending
    /// then belong to the time after it.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            sent: self.sent.saturating_sub(before.sent - before.pending),
            pending: self.pending,
            ..self.with(before, u64::saturating_sub)
        }
    }

    fn with(&self, other: &Self, each: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            sent: each(self.sent, other.sent),
            applied: each(self.applied, other.applied),
            refused: each(self.refused, other.refused),
            failed: each(self.failed, other.failed),
            transferred: each(self.transferred, other.transferred),
            lost: each(self.lost, other.lost),
            pending: each(self.pending, other.pending),
            retried: each(self.retried, other.retried),
            late: each(self.late, other.late),
            unknown: each(self.unknown, other.unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_in_flight_at_the_mark_belongs_to_the_time_after_it() {
        let mut before = Counts::default();
        (0..3).for_each(|_| before.begin());
        before.end(&CallOutcome::Equal);
        let mut now = before;
        now.end(&CallOutcome::Different);
        now.begin();
        let since = now.since(&before);
        assert!(now.adds_up() && since.adds_up(), "{since:?}");
        let counts = (
            since.eligible,
            since.equal,
            since.different,
            since.in_flight,
        );
        assert_eq!(counts, (3, 0, 1, 2));
        let mut sum = before;
        sum.add(&since);
        assert_eq!((sum.compared, sum.equal, sum.different), (2, 1, 1));
    }

    #[test]
    fn secondary_writes_that_were_pending_at_the_mark_belong_to_the_time_after_it() {
        let before = WriteCounts {
            sent: 5,
            applied: 2,
            transferred: 1,
            pending: 2,
            ..WriteCounts::default()
        };
        let now = WriteCounts {
            sent: 6,
            applied: 4,
            transferred: 2,
            pending: 0,
            ..WriteCounts::default()
        };
        let since = now.since(&before);
        let counts = (since.sent, since.applied, since.transferred, since.pending);
        assert_eq!(counts, (3, 2, 1, 0));
    }
}
