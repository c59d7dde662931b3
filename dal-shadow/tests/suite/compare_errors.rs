//! Errors are results: compared by kind and code.

use dal_shadow::answer::Answer;
use dal_shadow::compare::{CallOutcome, Verdict, Why, compare};
use dal_shadow::rules::Rules;
use dal_traits::{Class, ErrorKind};

fn error(class: Class) -> Answer {
    Answer::error(class, &"some text")
}

fn of(kind: ErrorKind) -> Answer {
    error(Class::new(kind))
}

fn verdict(first: &Answer, second: &Answer) -> Verdict {
    compare(first, second, &Rules::none())
}

fn outcome(first: &Answer, second: &Answer) -> CallOutcome {
    verdict(first, second).outcome
}

#[test]
fn every_kind_but_unexpected_and_the_transient_ones_equals_itself_and_no_other() {
    for first in ErrorKind::ALL {
        for second in ErrorKind::ALL {
            let verdict = verdict(&of(*first), &of(*second));
            if first.is_transient() || second.is_transient() {
                assert_eq!(verdict.outcome, CallOutcome::Inconclusive(Why::Transient));
            } else {
                let same = first == second && *first != ErrorKind::Unexpected;
                assert_eq!(verdict.is_equal(), same, "{first} {second}");
            }
        }
    }
}

#[test]
fn the_code_is_compared_and_the_text_and_constraint_are_not() {
    let taken = |code: &'static str| Class::new(ErrorKind::UniqueViolation).code(code);
    let (email, name) = (error(taken("EmailTaken")), error(taken("NameTaken")));
    assert_eq!(outcome(&email, &name), CallOutcome::ErrorClass);
    assert_eq!(
        outcome(&email, &of(ErrorKind::UniqueViolation)),
        CallOutcome::ErrorClass
    );
    let other = Answer::error(taken("EmailTaken").constraint("uk_email"), &"another text");
    assert_eq!(outcome(&email, &other), CallOutcome::Equal);
}

#[test]
fn an_error_against_a_value_is_named_by_what_it_means() {
    let value = Answer::value(&7);
    let none = Answer::value(&None::<u8>);
    let missing = of(ErrorKind::NotFound);
    assert_eq!(outcome(&missing, &value), CallOutcome::MissingInPrimary);
    assert_eq!(outcome(&value, &missing), CallOutcome::MissingInSecondary);
    // Both have nothing, but say so differently.
    assert_eq!(outcome(&none, &missing), CallOutcome::ErrorClass);
    assert_eq!(outcome(&missing, &none), CallOutcome::ErrorClass);
    let refused = of(ErrorKind::AccessDenied);
    assert_eq!(outcome(&value, &refused), CallOutcome::ErrorClass);
    assert_eq!(outcome(&refused, &value), CallOutcome::ErrorClass);
}

#[test]
fn what_the_other_store_cannot_do_is_unsupported_in_shadow() {
    let cannot = of(ErrorKind::Unsupported);
    assert_eq!(
        outcome(&Answer::value(&7), &cannot),
        CallOutcome::UnsupportedInShadow
    );
    assert_eq!(
        outcome(&of(ErrorKind::NotFound), &cannot),
        CallOutcome::UnsupportedInShadow
    );
    assert_eq!(
        outcome(&cannot, &Answer::value(&7)),
        CallOutcome::ErrorClass
    );
}

#[test]
fn a_transient_error_on_either_side_is_inconclusive() {
    let value = Answer::value(&7);
    for kind in ErrorKind::ALL.iter().filter(|kind| kind.is_transient()) {
        let expected = CallOutcome::Inconclusive(Why::Transient);
        assert_eq!(outcome(&of(*kind), &value), expected);
        assert_eq!(outcome(&value, &of(*kind)), expected);
    }
}
