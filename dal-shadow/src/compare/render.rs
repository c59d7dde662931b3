//! Two answers side by side, for people.

use std::time::Duration;

use similar::TextDiff;

use crate::tree::Tree;
use crate::tree::answer::Answer;

/// At most so many lines of a diff are kept.
const MAX_LINES: usize = 200;

/// The diff is exact when it is found in this time, and coarser else.
const PATIENCE: Duration = Duration::from_millis(50);

/// The lines that differ, with three lines around them: `-` is the primary's, `+` the secondary's.
/// Empty when the texts are the same. Not redacted: for tests and terminals.
pub fn render(primary: &Answer, secondary: &Answer) -> String {
    trees(&primary.to_tree(), &secondary.to_tree())
}

pub(crate) fn trees(primary: &Tree, secondary: &Tree) -> String {
    let (primary, secondary) = (format!("{primary:#}\n"), format!("{secondary:#}\n"));
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_lines(primary.as_str(), secondary.as_str());
    let text = diff.unified_diff().context_radius(3).to_string();
    let mut lines: Vec<_> = text
        .lines()
        // Line numbers of a text that no reader has.
        .map(|line| if line.starts_with("@@") { "…" } else { line })
        .collect();
    if lines.first() == Some(&"…") {
        lines.remove(0);
    }
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        lines.push("… (cut)");
    }
    lines.join("\n")
}
