//! Whether a difference, or a failure, stands still while both stores are read again.

use crate::tree::answer::Answer;

use super::{CallOutcome, Verdict, Why};

/// What was seen of both stores so far.
///
/// A difference counts when the primary gives the same answer every time and the secondary another
/// one every time, in whatever way it differs. A transient error says nothing when a repetition
/// succeeds; one that stays while the other store answers is a difference.
#[derive(Debug)]
pub(crate) struct Confirmation {
    seen: Seen,
    /// How often both stores were read.
    looks: u32,
    /// How often the same was seen in a row.
    same: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// The stores differ.
    Mismatch,
    /// A store failed for the moment.
    Failing { primary: bool, secondary: bool },
    /// There is nothing to confirm.
    Settled,
}

impl Seen {
    fn of(verdict: &Verdict, answers: Option<&(Answer, Answer)>) -> Self {
        match (&verdict.outcome, answers) {
            // A panic is a bug, however often it happens.
            (CallOutcome::Panicked, _) => Self::Settled,
            (CallOutcome::Inconclusive(Why::Transient), Some((primary, secondary))) => {
                Self::Failing {
                    primary: primary.is_transient(),
                    secondary: secondary.is_transient(),
                }
            }
            (outcome, _) if outcome.is_mismatch() => Self::Mismatch,
            _ => Self::Settled,
        }
    }
}

impl Confirmation {
    /// After the first look.
    pub(crate) fn new(verdict: &Verdict, answers: Option<&(Answer, Answer)>) -> Self {
        Self {
            seen: Seen::of(verdict, answers),
            looks: 1,
            same: 1,
        }
    }

    /// Which stores should be read again, the primary and the secondary: for a difference both; for
    /// a failure the one that failed, so that a store in trouble costs the other one nothing.
    pub(crate) const fn wants(&self) -> (bool, bool) {
        match self.seen {
            Seen::Mismatch => (true, true),
            Seen::Failing { primary, secondary } => (primary, secondary),
            Seen::Settled => (false, false),
        }
    }

    /// They were read again; `moved` when the primary's answer is another one than before.
    pub(crate) fn again(
        &mut self,
        verdict: &mut Verdict,
        answers: Option<&(Answer, Answer)>,
        moved: bool,
    ) {
        let now = Seen::of(verdict, answers);
        let meant = match (self.seen, now) {
            (Seen::Mismatch, Seen::Settled) if verdict.is_equal() => Some(if moved {
                CallOutcome::Unstable
            } else {
                CallOutcome::Lagging
            }),
            (Seen::Mismatch, Seen::Mismatch) if moved => Some(CallOutcome::Unstable),
            (Seen::Failing { .. }, now) if now == Seen::Mismatch || verdict.is_equal() => {
                Some(CallOutcome::Inconclusive(Why::Transient))
            }
            _ => None,
        };
        self.looks += 1;
        self.same = if now == self.seen { self.same + 1 } else { 1 };
        self.seen = now;
        if let Some(outcome) = meant {
            if matches!(outcome, CallOutcome::Inconclusive(_)) {
                verdict.differences.clear();
            }
            verdict.outcome = outcome;
            self.seen = Seen::Settled;
        }
    }

    /// What the last verdict is worth.
    pub(crate) fn end(self, verdict: Verdict, answers: Option<&(Answer, Answer)>) -> Verdict {
        match (self.seen, answers) {
            (Seen::Failing { primary, secondary }, Some((one, other)))
                if primary != secondary && self.looks > 1 && self.same == self.looks =>
            {
                Verdict::whole(CallOutcome::ErrorClass, one, other)
            }
            _ => verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use dal_traits::{Class, ErrorKind};

    use super::*;
    use crate::compare::compare;
    use crate::rules::Rules;

    fn fails() -> Answer {
        Answer::error(Class::new(ErrorKind::Throttled), &"later")
    }

    fn outcome(looks: &[(Answer, Answer)]) -> CallOutcome {
        let seen = |both: &(Answer, Answer)| compare(&both.0, &both.1, &Rules::none());
        let (first, rest) = looks.split_first().unwrap();
        let mut verdict = seen(first);
        let mut last = first;
        let mut confirmation = Confirmation::new(&verdict, Some(first));
        for both in rest {
            if confirmation.wants() == (false, false) {
                break;
            }
            verdict = seen(both);
            let moved = !compare(&last.0, &both.0, &Rules::none()).is_equal();
            confirmation.again(&mut verdict, Some(both), moved);
            last = both;
        }
        confirmation.end(verdict, Some(last)).outcome
    }

    #[test]
    fn a_secondary_that_is_wrong_in_a_new_way_each_time_is_different() {
        let looks = [1, 2, 3].map(|wrong| (Answer::value(&7), Answer::value(&wrong)));
        assert_eq!(outcome(&looks), CallOutcome::Different);
        let one = (Answer::value(&7), Answer::value(&8));
        assert_eq!(outcome(&[one]), CallOutcome::Different);
    }

    #[test]
    fn a_primary_that_moves_or_a_secondary_that_catches_up_is_no_difference() {
        let (seven, eight) = (|| Answer::value(&7), || Answer::value(&8));
        let catches_up = [(seven(), eight()), (seven(), seven())];
        assert_eq!(outcome(&catches_up), CallOutcome::Lagging);
        let moved = [(seven(), eight()), (eight(), seven())];
        assert_eq!(outcome(&moved), CallOutcome::Unstable);
        let met = [(seven(), eight()), (eight(), eight())];
        assert_eq!(outcome(&met), CallOutcome::Unstable);
    }

    #[test]
    fn a_failure_that_passes_says_nothing_and_one_that_stays_is_a_difference() {
        let seven = || Answer::value(&7);
        let unclear = CallOutcome::Inconclusive(Why::Transient);
        assert_eq!(outcome(&[(seven(), fails())]), unclear);
        let passes = [(seven(), fails()), (seven(), seven())];
        assert_eq!(outcome(&passes), unclear);
        let stays = [(seven(), fails()), (seven(), fails()), (seven(), fails())];
        assert_eq!(outcome(&stays), CallOutcome::ErrorClass);
        let both = [(fails(), fails()), (fails(), fails())];
        assert_eq!(outcome(&both), unclear);
        let in_turn = [(seven(), fails()), (fails(), seven())];
        assert_eq!(outcome(&in_turn), unclear);
        let hides = [(seven(), fails()), (seven(), Answer::value(&8))];
        assert_eq!(outcome(&hides), unclear);
        let between = [(seven(), Answer::value(&8)), (seven(), fails())];
        assert_eq!(outcome(&between), unclear);
    }
}
