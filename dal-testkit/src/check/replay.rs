//! Steps written as Rust, from their derived `Debug`.

mod parse;

use dal_shadow::ops::Operation;

use super::Step;

/// The builder's method that takes these steps.
pub(super) fn method<O>(steps: &[Step<O>]) -> &'static str {
    if has_phases(steps) {
        "regressions_through([..])"
    } else {
        "regressions([..])"
    }
}

fn has_phases<O>(steps: &[Step<O>]) -> bool {
    steps.iter().any(|step| matches!(step, Step::To(_)))
}

/// The names of this crate that a replay uses, as the line that brings them in.
pub(super) fn imports(replay: &str) -> String {
    let ours = [("Phase", "Phase::"), ("Step", "Step::"), ("h", "h(")];
    let used = ours
        .into_iter()
        .filter(|(_, sign)| uses(replay, sign))
        .map(|(name, _)| name)
        .collect::<Vec<_>>();
    match used.as_slice() {
        [] => String::new(),
        [one] => format!("`use dal_testkit::check::{one};`, "),
        more => format!("`use dal_testkit::check::{{{}}};`, ", more.join(", ")),
    }
}

/// Whether the text uses a name, not merely one that ends like it.
fn uses(text: &str, sign: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '.';
    text.match_indices(sign).any(|(at, _)| {
        !text
            .get(..at)
            .is_some_and(|before| before.ends_with(inside))
    })
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
