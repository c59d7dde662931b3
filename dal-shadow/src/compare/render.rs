//! Two answers side by side, for people.

use std::time::Duration;

use similar::TextDiff;

use crate::tree::Tree;
use crate::tree::answer::Answer;

/// At most so many lines of a diff are kept.
const MAX_LINES: usize = 200;

/// The diff is exact when it is found in this time, and coarser else.
const PATIENCE: Duration = Duration::from_millis(50);

/// The lines that differ, with three lines around them: `-` is the first answer, `+` the second.
/// Empty when the texts are the same. Not redacted: for tests and terminals.
pub fn render(first: &Answer, second: &Answer) -> String {
    trees(&first.to_tree(), &second.to_tree())
}

pub(crate) fn trees(first: &Tree, second: &Tree) -> String {
    let (first, second) = (format!("{first:#}\n"), format!("{second:#}\n"));
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_lines(first.as_str(), second.as_str());
    let text = diff.unified_diff().context_radius(3).to_string();
    let mut lines: Vec<_> = text
        .lines()
        // Line numbers of a text that nobody sees.
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
