//! What comparisons have shown since the last copy, which steps need how much of it, and whether it
//! is enough.

use serde::Serialize;

use crate::compare::{CallOutcome, Why};
use crate::harness::reason::Reason;
use crate::phases::{Phase, SecondaryRole, Verb, plan};
use crate::tree::answer::Answer;

/// How much a step forward needs to be shown by comparisons: see
/// [`Harness::may_step`](super::Harness::may_step).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// Each read method that was called was compared so often; by default 100. With 0, one read
    /// method of the entity must still have been compared.
    pub min_compared: u64,
    /// The greatest share, for each read method, of calls that ended as lagging; the same for
    /// unstable, pending, shed, inconclusive and timed out. By default 0.01, one per cent.
    pub share: f64,
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            min_compared: 100,
            share: 0.01,
        }
    }
}

/// What the calls of a method have shown since the last copy of its entity, or since the start of
/// the process.
///
/// Acknowledgements, empty pages, page ends, reads outside of the sample and pages that are asked
/// for with another store's token show nothing, and are in none of these counts but `calls`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MethodEvidence {
    /// Its entity.
    pub entity: &'static str,
    /// The method.
    pub method: &'static str,
    /// Calls, in every phase.
    pub calls: u64,
    /// Both stores returned something, and it was compared. Errors that are alike show nothing.
    pub compared: u64,
    /// Calls in which the stores disagreed.
    pub different: u64,
    /// The secondary was behind.
    pub lagging: u64,
    /// The record was written meanwhile.
    pub unstable: u64,
    /// A secondary write of the record had not ended in time.
    pub pending: u64,
    /// Not compared, to spare the secondary.
    pub shed: u64,
    /// Nothing could be said.
    pub inconclusive: u64,
    /// The secondary answered too late.
    pub timed_out: u64,
    /// The secondary cannot do this.
    pub unsupported: u64,
}

/// What the answers of a call were, as far as evidence goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// There are no two answers.
    Nothing,
    /// Both are there, and they show nothing: errors, or values that hold nothing.
    Empty,
    /// Both are values, and one of them holds something.
    Content,
}

impl Seen {
    pub(crate) fn of(answers: Option<&(Answer, Answer)>) -> Self {
        match answers {
            None => Self::Nothing,
            Some((Answer::Value(one), Answer::Value(other)))
                if !(one.holds_nothing() && other.holds_nothing()) =>
            {
                Self::Content
            }
            Some(_) => Self::Empty,
        }
    }
}

impl MethodEvidence {
    /// Counts a call that ended like this.
    pub(crate) const fn add(&mut self, outcome: &CallOutcome, seen: Seen) {
        if outcome.is_mismatch() {
            self.different += 1;
            return;
        }
        let count = match outcome {
            CallOutcome::Lagging => &mut self.lagging,
            CallOutcome::Unstable => &mut self.unstable,
            CallOutcome::Pending => &mut self.pending,
            CallOutcome::Shed => &mut self.shed,
            CallOutcome::TimedOut => &mut self.timed_out,
            CallOutcome::Acknowledged
            | CallOutcome::Unsampled
            | CallOutcome::Transferred
            | CallOutcome::Inconclusive(Why::PageEnd) => return,
            CallOutcome::Inconclusive(_) => &mut self.inconclusive,
            // Without an answer it is a page that only the other store can continue.
            CallOutcome::UnsupportedInShadow if matches!(seen, Seen::Nothing) => return,
            CallOutcome::UnsupportedInShadow => &mut self.unsupported,
            // Errors that are alike: a store without a single record gives them, too.
            _ if !matches!(seen, Seen::Content) => return,
            _ => &mut self.compared,
        };
        *count += 1;
    }

    /// The calls that were to show something.
    pub(crate) fn counted(&self) -> u64 {
        self.compared
            + self.different
            + self.unsupported
            + self.shares().map(|(_, times)| times).iter().sum::<u64>()
    }

    /// The counts that are bounded, by the name of their outcome.
    pub(crate) const fn shares(&self) -> [(&'static str, u64); 6] {
        [
            ("lagging", self.lagging),
            ("unstable", self.unstable),
            ("pending", self.pending),
            ("shed", self.shed),
            ("inconclusive", self.inconclusive),
            ("timed_out", self.timed_out),
        ]
    }
}

impl Evidence {
    /// What these methods have not shown that a step needs, or have shown against it.
    pub(crate) fn missing(&self, methods: &[MethodEvidence]) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if methods.iter().all(|method| method.compared == 0) {
            reasons.push(Reason::NothingCompared);
        }
        for method in methods {
            self.of_method(method, &mut reasons);
        }
        reasons
    }

    fn of_method(&self, counts: &MethodEvidence, reasons: &mut Vec<Reason>) {
        let method = counts.method;
        let (compared, needed) = (counts.compared, self.min_compared);
        if counts.different > 0 {
            let times = counts.different;
            reasons.push(Reason::Different { method, times });
        }
        if compared < needed {
            reasons.push(Reason::TooFew {
                method,
                compared,
                needed,
            });
        }
        let of = counts.counted();
        let at_most = self.at_most(of);
        let shares = counts.shares().into_iter();
        reasons.extend(
            shares
                .filter(|(_, times)| *times > at_most)
                .map(|(outcome, times)| Reason::TooMany {
                    method,
                    outcome,
                    times,
                    of,
                    at_most,
                }),
        );
        if counts.unsupported > 0 {
            let times = counts.unsupported;
            reasons.push(Reason::Unsupported { method, times });
        }
    }

    /// How many of so many calls may end as lagging, and so on.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count, at most the count, rounded down"
    )]
    pub(crate) fn at_most(&self, of: u64) -> u64 {
        // The small number makes up for shares that binary fractions cannot express.
        (self.share.clamp(0.0, 1.0) * of as f64 + 1e-6) as u64
    }
}

/// Whether the step relies on what comparisons have shown: it leads forward, from a phase that
/// compares reads.
pub(crate) fn needs_evidence(from: Phase, to: Phase) -> bool {
    to > from && plan(from, Verb::Read).secondary == SecondaryRole::Compare
}

#[cfg(test)]
mod tests {
    use dal_traits::{Class, ErrorKind};

    use super::*;

    fn seen(primary: Answer, secondary: Answer) -> Seen {
        Seen::of(Some(&(primary, secondary)))
    }

    #[test]
    fn errors_that_are_alike_and_pages_of_another_store_show_nothing() {
        let value = || Answer::value(&1);
        let none = || Answer::value(&None::<u8>);
        let error = || Answer::error(Class::new(ErrorKind::NotFound), &"no such user");
        assert_eq!(seen(value(), value()), Seen::Content);
        assert_eq!(seen(none(), value()), Seen::Content);
        assert_eq!(seen(none(), none()), Seen::Empty);
        assert_eq!(seen(error(), error()), Seen::Empty);
        let mut shown = MethodEvidence::default();
        for (outcome, seen) in [
            (CallOutcome::Equal, Seen::Empty),
            (CallOutcome::Acknowledged, Seen::Empty),
            (CallOutcome::UnsupportedInShadow, Seen::Nothing),
            (CallOutcome::Unsampled, Seen::Nothing),
            (CallOutcome::Inconclusive(Why::PageEnd), Seen::Content),
        ] {
            shown.add(&outcome, seen);
        }
        assert_eq!(shown, MethodEvidence::default());
        shown.add(&CallOutcome::UnsupportedInShadow, Seen::Empty);
        shown.add(&CallOutcome::Equal, Seen::Content);
        shown.add(&CallOutcome::Different, Seen::Content);
        let counts = (shown.unsupported, shown.compared, shown.different);
        assert_eq!((counts, shown.counted()), ((1, 1, 1), 3));
    }

    #[test]
    fn a_share_is_rounded_down() {
        let share = |share| Evidence {
            share,
            ..Evidence::default()
        };
        assert_eq!(share(0.01).at_most(99), 0);
        assert_eq!(share(0.01).at_most(100), 1);
        assert_eq!(share(0.29).at_most(100), 29);
        assert_eq!(share(7.0).at_most(5), 5);
        assert_eq!(share(f64::NAN).at_most(5), 0);
    }

    #[test]
    fn the_three_steps_forward_from_where_reads_are_compared_need_evidence() {
        let pairs = Phase::ALL.windows(2);
        let forward: Vec<bool> = pairs.map(|it| needs_evidence(it[0], it[1])).collect();
        assert_eq!(forward, [false, false, true, true, true]);
        let mut pairs = Phase::ALL.windows(2);
        assert!(pairs.all(|it| !needs_evidence(it[1], it[0])));
    }
}
