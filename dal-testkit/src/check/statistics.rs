//! What a check did: without it, agreeing stores prove nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use dal_traits::ErrorKind;

/// What a check did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// What was checked.
    pub name: String,
    /// The seed that makes the same sequences again.
    pub seed: u64,
    /// Sequences that ran to their end.
    pub sequences: u64,
    /// Sequences that ended early because no store gave a clear answer: they prove nothing.
    pub inconclusive: u64,
    /// Calls that were repeated because their answer was transient.
    pub repeated: u64,
    /// Calls by `entity.method`.
    pub methods: BTreeMap<String, Calls>,
    /// Uses of handles.
    pub handles: Handles,
    /// Pages that were read with a token that an earlier page gave.
    pub pages_continued: u64,
    /// Changes of the phase.
    pub phases: u64,
    /// Secondary writes that were left to transfers.
    pub transferred: u64,
    /// Reads that were compared on both stores after the last step of a sequence.
    pub at_the_end: u64,
    /// Classes of which every id was the same in both stores: an id that is not declared would not
    /// be noticed.
    pub ids_never_apart: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// Calls of one method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// All of them.
    pub calls: u64,
    /// Those that were compared, and both stores gave the same answer. This is what floors count.
    pub agreed: u64,
    /// Those of them that succeeded.
    pub ok: u64,
    /// Those of them whose answer was an error, by kind.
    pub errors: BTreeMap<&'static str, u64>,
}

/// Uses of handles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handles {
    /// Of an id that a store gave.
    pub bound: u64,
    /// Of an id for which a store has returned that nothing is there any more.
    pub dead: u64,
    /// Of an id that never existed.
    pub never_existed: u64,
}

impl Statistics {
    /// Every call.
    pub fn calls(&self) -> u64 {
        self.methods.values().map(|method| method.calls).sum()
    }

    /// Every call that was compared, with the same answer from both stores.
    pub fn agreed(&self) -> u64 {
        self.methods.values().map(|method| method.agreed).sum()
    }

    /// Every error answer that both stores agreed on.
    pub fn errors(&self) -> u64 {
        self.methods
            .values()
            .flat_map(|method| method.errors.values())
            .sum()
    }

    /// The share of error answers among the calls that agreed, from 0 to 1.
    pub fn error_rate(&self) -> f64 {
        ratio(self.errors(), self.agreed())
    }

    /// The share of the sequences that ended without a result, from 0 to 1.
    pub fn inconclusive_rate(&self) -> f64 {
        ratio(self.inconclusive, self.sequences + self.inconclusive)
    }

    /// The calls of a method that were compared and agreed, named `method` or `entity.method`.
    pub fn calls_of(&self, method: &str) -> u64 {
        self.named(method).map(|calls| calls.agreed).sum()
    }

    /// Those of them that succeeded.
    pub fn ok_of(&self, method: &str) -> u64 {
        self.named(method).map(|calls| calls.ok).sum()
    }

    fn named(&self, method: &str) -> impl Iterator<Item = &Calls> {
        self.methods
            .iter()
            .filter(move |(name, _)| is_named(name, method))
            .map(|(_, calls)| calls)
    }

    /// What a floor counts: the calls of `method` or `entity.method`, those of them that succeeded
    /// (`method.ok`), the error answers of a kind (`errors.not_found`), the uses of handles
    /// (`handles.bound`, `handles.dead`, `handles.never_existed`), pages with a token
    /// (`pages.continued`); nothing when it names none of these.
    pub(super) fn counted(&self, floor: &str) -> u64 {
        match floor.split_once('.') {
            Some(("pages", "continued")) => self.pages_continued,
            Some(("handles", "bound")) => self.handles.bound,
            Some(("handles", "dead")) => self.handles.dead,
            Some(("handles", "never_existed")) => self.handles.never_existed,
            Some(("errors", kind)) => self
                .methods
                .values()
                .filter_map(|method| method.errors.get(kind))
                .sum(),
            _ => match succeeded(floor) {
                Some(method) => self.ok_of(method),
                None => self.calls_of(floor),
            },
        }
    }

    /// Adds what one sequence did.
    pub(super) fn add(&mut self, other: &Self) {
        self.sequences += other.sequences;
        self.inconclusive += other.inconclusive;
        self.repeated += other.repeated;
        self.phases += other.phases;
        self.transferred += other.transferred;
        self.at_the_end += other.at_the_end;
        self.pages_continued += other.pages_continued;
        for (name, calls) in &other.methods {
            let sum = self.methods.entry(name.clone()).or_default();
            sum.calls += calls.calls;
            sum.agreed += calls.agreed;
            sum.ok += calls.ok;
            for (kind, count) in &calls.errors {
                *sum.errors.entry(kind).or_default() += count;
            }
        }
        self.handles.bound += other.handles.bound;
        self.handles.dead += other.handles.dead;
        self.handles.never_existed += other.handles.never_existed;
    }
}

/// Whether a floor names something that is counted; `methods` are named `entity.method`.
pub(super) fn is_countable(floor: &str, methods: &[String]) -> bool {
    let kind = floor.strip_prefix("errors.");
    COUNTED.contains(&floor)
        || kind.is_some_and(|kind| ErrorKind::ALL.iter().any(|known| known.as_str() == kind))
        || !methods_of(floor, methods).is_empty()
}

/// The methods that a floor names.
pub(super) fn methods_of<'a>(floor: &str, methods: &'a [String]) -> Vec<&'a str> {
    let named = methods
        .iter()
        .filter(|name| is_named(name, succeeded(floor).unwrap_or(floor)));
    named.map(String::as_str).collect()
}

/// What a floor can name beside methods and errors.
pub(super) const COUNTED: [&str; 4] = [
    "handles.bound",
    "handles.dead",
    "handles.never_existed",
    "pages.continued",
];

/// The method of `method.ok`.
fn succeeded(floor: &str) -> Option<&str> {
    floor.strip_suffix(".ok")
}

/// Whether `entity.method` is meant by `method` or `entity.method`.
fn is_named(full: &str, name: &str) -> bool {
    full == name
        || full
            .split_once('.')
            .is_some_and(|(_, method)| method == name)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share is shown with one decimal"
)]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} sequences ({} inconclusive), {} calls compared and agreed, {:.1} % error answers, seed {}, {:.1} s",
            self.name,
            self.sequences + self.inconclusive,
            self.inconclusive,
            self.agreed(),
            self.error_rate() * 100.0,
            self.seed,
            self.took.as_secs_f64(),
        )?;
        for (name, calls) in &self.methods {
            write!(f, "  {name}: {}", calls.agreed)?;
            if calls.calls > calls.agreed {
                write!(f, " of {}", calls.calls)?;
            }
            let errors = calls
                .errors
                .iter()
                .map(|(kind, count)| format!("{kind} {count}"))
                .collect::<Vec<_>>();
            if !errors.is_empty() {
                write!(f, " ({})", errors.join(", "))?;
            }
            writeln!(f)?;
        }
        let Handles {
            bound,
            dead,
            never_existed,
        } = self.handles;
        write!(
            f,
            "  handles: {bound} bound, {dead} dead, {never_existed} never existed"
        )?;
        if self.repeated > 0 {
            write!(
                f,
                "\n  repeated after a transient answer: {} calls",
                self.repeated
            )?;
        }
        if self.pages_continued > 0 {
            write!(f, "\n  pages: {} continued", self.pages_continued)?;
        }
        if self.phases > 0 {
            write!(f, "\n  phases: {} changes", self.phases)?;
        }
        if self.at_the_end > 0 {
            write!(
                f,
                "\n  at the end of sequences: {} reads were the same on both stores",
                self.at_the_end
            )?;
        }
        if self.transferred > 0 {
            write!(
                f,
                "\n  transfers in place of secondary writes: {}",
                self.transferred
            )?;
        }
        if !self.ids_never_apart.is_empty() {
            write!(
                f,
                "\n  note: ids of {} were the same in both stores throughout, so an undeclared one would not be noticed; let one factory start them at 8 and the other one at 998",
                self.ids_never_apart.join(", ")
            )?;
        }
        Ok(())
    }
}
