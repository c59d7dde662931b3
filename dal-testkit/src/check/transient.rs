//! What it means when a store keeps giving a transient answer: a conflict, throttling, a timeout, an
//! outage.

use dal_shadow::answer::Answer;
use dal_shadow::ops::OpMethod;

use super::FailureKind;
use super::call::{Limits, is_transient, may_repeat};
use super::fault::{Fault, Weight, outcome_of};

/// The fault of two answers of which at least one is transient, however often it was asked for.
///
/// On one side only it is a difference: at once where the call could be repeated, and after the
/// sequence was repeated on fresh stores where it could not (a write whose effect is unknown). On
/// both sides there is nothing to compare.
pub(super) fn fault(
    method: &OpMethod,
    at: usize,
    names: [&str; 2],
    answers: [&Answer; 2],
    limits: Limits,
) -> Fault {
    let [first, second] = answers;
    let name = method.method;
    let asked = |answer: &Answer| {
        let times = if may_repeat(method, answer) {
            limits.repeats + 1
        } else {
            1
        };
        match times {
            1 => "once, as its effect is unknown".to_owned(),
            times => format!("{times} times"),
        }
    };
    let (store, answer) = match (is_transient(first), is_transient(second)) {
        (true, true) => {
            let [one, other] = names;
            let summary = format!(
                "`{name}` of `{}` has no result: {one} (asked {}) and {other} (asked {}) both gave a transient answer",
                method.repository,
                asked(first),
                asked(second),
            );
            let mut fault = Fault::new(FailureKind::Inconclusive, at, summary);
            fault.help.push(format!("a call that is never answered proves nothing: mend what makes `{name}` fail. If the answer is what the method means to say (an optimistic condition that does not hold), classify it as `condition_failed`. On stores that are shared or throttled, `.repeats(n)` asks more often, and `.inconclusive_at_most(share)` lets some sequences end so"));
            return described(fault, method, names, answers);
        }
        (true, false) => (names[0], first),
        _ => (names[1], second),
    };
    let repeated = may_repeat(method, answer);
    let kind = if repeated {
        FailureKind::Difference
    } else {
        FailureKind::Inconclusive
    };
    let summary = format!(
        "`{name}` of `{}` differs: {store} gave a transient answer (asked {}), and the other store answered",
        method.repository,
        asked(answer),
    );
    let fault = described(Fault::new(kind, at, summary), method, names, answers);
    if repeated {
        fault
    } else {
        fault.weighing(Weight::OneSided(store.to_owned()))
    }
}

fn described(fault: Fault, method: &OpMethod, names: [&str; 2], answers: [&Answer; 2]) -> Fault {
    let [first, second] = answers.map(outcome_of);
    fault
        .of(method)
        .places([format!("{first} | {second}")])
        .answered(names, answers)
}
