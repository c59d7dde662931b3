//! Whether two answers are the same, and where not.

mod outcome;
pub(crate) mod pages;
pub mod render;
mod verdict;

pub use crate::rules::RuleId;
pub use crate::tree::{Difference, Path, Step};
pub use outcome::{CallOutcome, Share};
pub use verdict::{Verdict, Why};

use dal_traits::ErrorKind;

use crate::rules::{Ruled, Rules};
use crate::tree::answer::{Answer, ErrorAnswer};
use crate::tree::{Tree, differences};

/// A verdict names at most so many differing places.
pub const MAX_DIFFERENCES: usize = 32;

/// Compares the answering store's answer with the other store's.
///
/// Raw trees first: rules cost nothing while the answers are equal. Errors are equal by kind
/// *and* code; their texts and constraint names are never compared, and
/// [`ErrorKind::Unexpected`] is equal to nothing. A transient error on either side is
/// inconclusive.
pub fn compare(first: &Answer, second: &Answer, rules: &Rules) -> Verdict {
    if is_transient(first) || is_transient(second) {
        return Verdict::Inconclusive(Why::Transient);
    }
    match (first, second) {
        (Answer::Unserializable(_), _) | (_, Answer::Unserializable(_)) => {
            Verdict::Inconclusive(Why::Unserializable)
        }
        (Answer::Value(first), Answer::Value(second)) => values(first, second, rules),
        (Answer::Error(first), Answer::Error(second)) => errors(first, second, rules),
        (Answer::Error(error), Answer::Value(value)) => {
            if let Some(rule) = rules.errors(Some(&error.class), None) {
                return Verdict::EqualAfterRule(rule);
            }
            let found = whole(error.to_tree(), value.clone());
            if error.class.kind == ErrorKind::NotFound && !value.is_missing() {
                Verdict::MissingInPrimary(found)
            } else {
                Verdict::ErrorClass(found)
            }
        }
        (Answer::Value(value), Answer::Error(error)) => {
            if let Some(rule) = rules.errors(None, Some(&error.class)) {
                return Verdict::EqualAfterRule(rule);
            }
            let found = whole(value.clone(), error.to_tree());
            match error.class.kind {
                ErrorKind::Unsupported => Verdict::UnsupportedInShadow,
                ErrorKind::NotFound if !value.is_missing() => Verdict::MissingInShadow(found),
                _ => Verdict::ErrorClass(found),
            }
        }
    }
}

fn is_transient(answer: &Answer) -> bool {
    matches!(answer, Answer::Error(error) if error.class.is_transient())
}

fn values(first: &Tree, second: &Tree, rules: &Rules) -> Verdict {
    if first == second {
        return Verdict::Equal;
    }
    match rules.apply(first, second) {
        Ruled::Equal(rule) => Verdict::EqualAfterRule(rule),
        Ruled::Untouched => unequal(first, second),
        Ruled::Unequal(first, second) => unequal(&first, &second),
    }
}

/// Names the inequality of two trees that are not equal.
fn unequal(first: &Tree, second: &Tree) -> Verdict {
    let found = differences(first, second, MAX_DIFFERENCES);
    if first.is_missing() && !second.is_missing() {
        return Verdict::MissingInPrimary(found);
    }
    if second.is_missing() && !first.is_missing() {
        return Verdict::MissingInShadow(found);
    }
    let (mut a, mut b) = (first.clone(), second.clone());
    a.sort_lists();
    b.sort_lists();
    if a == b {
        Verdict::Order(found)
    } else {
        Verdict::Different(found)
    }
}

fn errors(first: &ErrorAnswer, second: &ErrorAnswer, rules: &Rules) -> Verdict {
    let (a, b) = (&first.class, &second.class);
    if a.kind != ErrorKind::Unexpected && a.kind == b.kind && a.code == b.code {
        return Verdict::Equal;
    }
    if let Some(rule) = rules.errors(Some(a), Some(b)) {
        return Verdict::EqualAfterRule(rule);
    }
    if b.kind == ErrorKind::Unsupported && a.kind != ErrorKind::Unsupported {
        return Verdict::UnsupportedInShadow;
    }
    // As a whole: which text stood next to which code is what a reader needs.
    Verdict::ErrorClass(whole(first.to_tree(), second.to_tree()))
}

/// The one difference of two answers that differ as a whole.
fn whole(first: Tree, second: Tree) -> Vec<Difference> {
    vec![Difference {
        path: Path::root(),
        first: Some(first),
        second: Some(second),
    }]
}
