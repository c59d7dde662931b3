//! How `dal` ends: one meaning for each code.

use std::process::ExitCode;

/// It ran, and the answer is no: a difference, a step that is refused, nothing running.
pub fn different() -> ExitCode {
    ExitCode::from(1)
}

/// It could not run; says why, and what to do.
pub fn could_not(why: &str) -> ExitCode {
    eprintln!("dal: {why}");
    ExitCode::from(2)
}
