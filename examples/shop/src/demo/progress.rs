//! What is seen while the workers call.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use dal_shadow::Harness;
use indicatif::{ProgressBar, ProgressStyle};

/// How often the line on a terminal changes.
pub(super) const TICK: Duration = Duration::from_millis(100);
/// How often a line is written elsewhere.
const LINE: Duration = Duration::from_secs(2);

/// One line about what is going on.
pub(super) fn say(line: &str) {
    eprintln!("dal demo: {line}");
}

/// The progress of one run: a bar on a terminal, plain lines elsewhere.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    written: Instant,
}

impl Progress {
    pub(super) fn begin(length: Duration) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(millis(length));
            // The template is a constant; a wrong one would only look plain.
            if let Ok(style) = ProgressStyle::with_template("{bar:24} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            bar,
            began: Instant::now(),
            written: Instant::now(),
        }
    }

    pub(super) fn show(&mut self, harness: &Harness) {
        let due = self.written.elapsed() >= LINE;
        if self.bar.is_none() && !due {
            return;
        }
        let total = harness.report().total();
        let line = format!(
            "{:.1} s: {} calls, {} compared, {} different",
            self.began.elapsed().as_secs_f32(),
            total.calls,
            total.counts.compared,
            total.counts.different
        );
        if let Some(bar) = &self.bar {
            bar.set_position(millis(self.began.elapsed()));
            bar.set_message(line);
        } else {
            self.written = Instant::now();
            say(&line);
        }
    }

    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
