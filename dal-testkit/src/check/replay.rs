//! Steps written as Rust, from their derived `Debug`.

mod parse;

use dal_shadow::ops::Operation;

use super::Step;

/// What a replay needs in scope.
pub(super) const IMPORTS: &str = "it needs `use dal_testkit::check::{Phase, Step, h};` where it uses them, and the names of your own types; a unit variant of an enum of yours is written without the enum, so `use` that, too";

/// The builder's method that takes these steps.
pub(super) fn method<O>(steps: &[Step<O>]) -> &'static str {
    if has_phases(steps) {
        "regressions_through(..)"
    } else {
        "regressions(..)"
    }
}

fn has_phases<O>(steps: &[Step<O>]) -> bool {
    steps.iter().any(|step| matches!(step, Step::To(_)))
}

/// One element of the list that [`method`] takes.
pub(super) fn written<O: Operation>(steps: &[Step<O>]) -> String {
    let phases = has_phases(steps);
    let mut text = "vec![\n".to_owned();
    for step in steps {
        let line = match step {
            Step::Call(call) => {
                let call = parse::rust(&call.written());
                if phases {
                    format!("Step::Call({call})")
                } else {
                    call
                }
            }
            Step::To(phase) => format!("Step::To(Phase::{phase:?})"),
        };
        text.push_str("    ");
        text.push_str(&line);
        text.push_str(",\n");
    }
    text.push_str("],");
    text
}
