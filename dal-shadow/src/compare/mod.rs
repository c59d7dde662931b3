//! Whether two answers are the same, and where not.

pub(crate) mod confirm;
mod outcome;
pub(crate) mod pages;
pub mod render;
pub(crate) mod terms;
mod verdict;
mod why;

pub use crate::rules::RuleId;
pub use crate::tree::{Difference, Path, Step};
pub use outcome::{CallOutcome, Share};
pub use verdict::Verdict;
pub use why::Why;

use dal_traits::ErrorKind;

use crate::rules::{Ruled, Rules};
use crate::tree::answer::{Answer, ErrorAnswer};
use crate::tree::{Tree, differences};

/// A verdict names at most so many differing places.
pub const MAX_DIFFERENCES: usize = 32;

/// Compares the primary's answer with the secondary's.
///
/// Raw trees first: rules cost nothing while the answers are equal. Errors are equal by kind
/// *and* code; their texts and constraint names are never compared, and
/// [`ErrorKind::Unexpected`] is equal to nothing. A transient error on either side is
/// inconclusive: whether it stays is for a re-read to say.
pub fn compare(primary: &Answer, secondary: &Answer, rules: &Rules) -> Verdict {
    if primary.is_transient() || secondary.is_transient() {
        return Verdict::inconclusive(Why::Transient);
    }
    if let Some(why) = unreadable(primary).or_else(|| unreadable(secondary)) {
        return Verdict::inconclusive(why);
    }
    match (primary, secondary) {
        (Answer::Value(one), Answer::Value(other)) => values(one, other, rules),
        (Answer::Error(one), Answer::Error(other)) => {
            errors(one, other, rules, || (primary, secondary))
        }
        (Answer::Error(error), Answer::Value(value)) => {
            if let Some(rule) = rules.errors(Some(&error.class), None) {
                return Verdict::of(CallOutcome::EqualAfterRule(rule));
            }
            let missing = error.class.kind == ErrorKind::NotFound && !value.is_missing();
            let outcome = if missing {
                CallOutcome::MissingInPrimary
            } else {
                CallOutcome::ErrorClass
            };
            Verdict::whole(outcome, primary, secondary)
        }
        (Answer::Value(value), Answer::Error(error)) => {
            if let Some(rule) = rules.errors(None, Some(&error.class)) {
                return Verdict::of(CallOutcome::EqualAfterRule(rule));
            }
            let outcome = match error.class.kind {
                ErrorKind::Unsupported => return Verdict::of(CallOutcome::UnsupportedInShadow),
                ErrorKind::NotFound if !value.is_missing() => CallOutcome::MissingInSecondary,
                _ => CallOutcome::ErrorClass,
            };
            Verdict::whole(outcome, primary, secondary)
        }
        // Unreadable, and answered above.
        _ => Verdict::inconclusive(Why::Unserializable),
    }
}

/// Why the call succeeded and there is nothing to compare.
pub(crate) const fn unreadable(answer: &Answer) -> Option<Why> {
    match answer {
        Answer::Value(_) | Answer::Error(_) => None,
        Answer::Unserializable(_) => Some(Why::Unserializable),
        Answer::TooLarge => Some(Why::TooLarge),
        Answer::Panicked => Some(Why::Panicked),
    }
}

fn values(primary: &Tree, secondary: &Tree, rules: &Rules) -> Verdict {
    if primary == secondary {
        return Verdict::of(if primary.holds_nothing() {
            CallOutcome::Acknowledged
        } else {
            CallOutcome::Equal
        });
    }
    match rules.apply(primary, secondary) {
        Ruled::Equal(rule) => Verdict::of(CallOutcome::EqualAfterRule(rule)),
        Ruled::Untouched => unequal(primary, secondary),
        Ruled::Unequal(primary, secondary) => unequal(&primary, &secondary),
    }
}

/// Names the inequality of two trees that are not equal.
fn unequal(primary: &Tree, secondary: &Tree) -> Verdict {
    let differences = differences(primary, secondary, MAX_DIFFERENCES);
    let outcome = match (primary.is_missing(), secondary.is_missing()) {
        (true, false) => CallOutcome::MissingInPrimary,
        (false, true) => CallOutcome::MissingInSecondary,
        _ if same_elements(primary, secondary, &differences) => CallOutcome::Order,
        _ => CallOutcome::Different,
    };
    Verdict {
        outcome,
        differences,
    }
}

/// Whether one tree is the other one with its lists in another order.
fn same_elements(primary: &Tree, secondary: &Tree, differences: &[Difference]) -> bool {
    // Sorting takes time. Most often a value that differs is nowhere in the other tree.
    let leaf = differences.iter().find_map(|place| place.primary.as_ref());
    if leaf.is_some_and(|leaf| leaf.is_leaf() && !secondary.contains(leaf)) {
        return false;
    }
    let (mut one, mut other) = (primary.clone(), secondary.clone());
    one.sort_lists();
    other.sort_lists();
    one == other
}

fn errors<'a>(
    primary: &ErrorAnswer,
    secondary: &ErrorAnswer,
    rules: &Rules,
    answers: impl FnOnce() -> (&'a Answer, &'a Answer),
) -> Verdict {
    let (a, b) = (&primary.class, &secondary.class);
    if a.kind != ErrorKind::Unexpected && a.kind == b.kind && a.code == b.code {
        return Verdict::of(CallOutcome::Equal);
    }
    if let Some(rule) = rules.errors(Some(a), Some(b)) {
        return Verdict::of(CallOutcome::EqualAfterRule(rule));
    }
    if b.kind == ErrorKind::Unsupported && a.kind != ErrorKind::Unsupported {
        return Verdict::of(CallOutcome::UnsupportedInShadow);
    }
    // As a whole: which text stood next to which code is what a reader needs.
    let (primary, secondary) = answers();
    Verdict::whole(CallOutcome::ErrorClass, primary, secondary)
}
