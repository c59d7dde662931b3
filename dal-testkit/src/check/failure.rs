//! How a check fails.

use std::fmt;

use dal_shadow::ops::{NotData, Operation};

use super::{Statistics, Step, regressions};

/// What went wrong in a check.
pub struct Failure<O> {
    /// In one word.
    pub kind: FailureKind,
    /// In a sentence.
    pub summary: String,
    /// The steps that show it, as few as were found; empty where no sequence is to blame.
    pub steps: Vec<Step<O>>,
    /// What each step before the one that shows it returned, in short; empty where that is not known.
    /// Through the wrapper it is what the wrapper returned.
    pub returned: Vec<String>,
    /// The step that shows it, counted from 0.
    pub at: usize,
    /// The call that shows it, where that is made on both stores after the last step.
    pub after: Option<String>,
    /// What is different, by field path with both values: `email: "a" | "b"`.
    pub differences: Vec<String>,
    /// Both answers in full, each with the name of its store.
    pub answers: Vec<(String, String)>,
    /// What may help.
    pub help: Vec<String>,
    /// How often the steps failed in the same way when they were run again at the end; `None` where
    /// no sequence is to blame.
    pub confirmed: Option<Confirmed>,
    /// Where the steps were kept, or how to keep them; empty when no sequence is to blame.
    pub kept: String,
    /// What the check did until then.
    pub statistics: Statistics,
}

/// How often the steps of a failure failed in the same way when they were run again. `Display`:
/// `fails 3 of 3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The runs that failed in the same way.
    pub failed: usize,
    /// All of them.
    pub of: usize,
}

impl fmt::Display for Confirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fails {} of {}", self.failed, self.of)?;
        if self.failed < self.of {
            f.write_str(": not deterministic")?;
        }
        Ok(())
    }
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The two stores gave different answers, or only one of them gave one.
    Difference,
    /// They did once, and not when the same calls were repeated on fresh stores.
    NotReproducible,
    /// A factory's stores are not fresh: one shows what was done to another.
    NotFresh,
    /// Something panicked, or a store gave a token after every page.
    Broken,
    /// A call did not return in time.
    TimedOut,
    /// No store gave a clear answer, so nothing was shown.
    Inconclusive,
    /// The check is not set up so that it can say anything.
    Setup,
    /// Every answer agreed, but too little was compared.
    Floor,
}

impl<O: Operation> Failure<O> {
    /// A failure that no sequence is to blame for.
    pub(super) fn new(kind: FailureKind, summary: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind,
            summary: summary.into(),
            steps: Vec::new(),
            returned: Vec::new(),
            at: 0,
            after: None,
            differences: Vec::new(),
            answers: Vec::new(),
            help: Vec::new(),
            confirmed: None,
            kept: String::new(),
            statistics: Statistics::default(),
        })
    }

    /// The steps as a file that `.regressions(..)` takes.
    ///
    /// # Errors
    /// With the argument that cannot be kept as data.
    pub fn regression(&self) -> Result<String, NotData> {
        regressions::file_of(&self.steps)
    }
}

impl<O: Operation> fmt::Display for Failure<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.summary)?;
        if !self.steps.is_empty() {
            writeln!(f)?;
        }
        for (index, step) in self.steps.iter().enumerate() {
            let shows = index == self.at && self.after.is_none();
            let mark = if shows { "→" } else { " " };
            writeln!(f, "{mark} {:>3}. {step:?}", index + 1)?;
            if let Some(returned) = self.returned.get(index).filter(|text| !text.is_empty()) {
                writeln!(f, "         returned {returned}")?;
            }
        }
        if let Some(call) = &self.after {
            writeln!(f, "→ end. {call} on both stores")?;
        }
        if !self.differences.is_empty() {
            writeln!(f)?;
        }
        for difference in &self.differences {
            writeln!(f, "  differs at {difference}")?;
        }
        for (store, answer) in &self.answers {
            writeln!(f, "  {store} returned {answer}")?;
        }
        for help in &self.help {
            writeln!(f, "  help: {help}")?;
        }
        if !self.steps.is_empty() {
            writeln!(f, "\nregression: {}", self.kept)?;
            if let Ok(text) = self.regression() {
                write!(f, "\n{text}")?;
            }
        }
        if self.statistics.calls() > 0 {
            writeln!(f, "\n{}", self.statistics)?;
        }
        Ok(())
    }
}

impl<O: Operation> fmt::Debug for Failure<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<O: Operation> std::error::Error for Failure<O> {}
