//! A report as a table, for a log line or an admin page.

use std::fmt::{self, Formatter};

use super::{Report, Totals};
use crate::harness::entity::EntityReport;
use crate::harness::method::MethodReport;
use crate::phases::Setting;
use crate::rules::RuleState;

const COLUMNS: [&str; 10] = [
    "calls",
    "compared",
    "equal",
    "different",
    "acknowledged",
    "inconclusive",
    "shed",
    "timed out",
    "unsampled",
    "errors",
];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "phases from {}", self.source)?;
        if let Some(problem) = &self.problem {
            writeln!(f, "unreadable at this moment: {problem}")?;
        }
        if !self.unused.is_empty() {
            let names = self.unused.join(", ");
            writeln!(f, "no wrapper uses these names of the source: {names}")?;
        }
        if self.best_effort_writes {
            writeln!(
                f,
                "dual writes are best effort: a crash between the two loses the secondary write"
            )?;
        }
        let methods = self.methods().map(|method| method.method.len() + 2);
        let entities = self.entities.iter().map(|entity| title(entity).len());
        let width = methods.chain(entities).max().unwrap_or(0);
        write!(f, "\n{:width$}", "")?;
        COLUMNS
            .iter()
            .try_for_each(|column| write!(f, "  {column}"))?;
        for entity in &self.entities {
            write!(f, "\n{}", title(entity))?;
            for method in &entity.methods {
                let mut counts = Totals::default();
                counts.add(method);
                line(f, width, &format!("  {}", method.method), &counts)?;
                findings(f, method)?;
            }
        }
        line(f, width, "total", &self.total())?;
        let missing = self.total().missing_writes;
        if missing > 0 {
            write!(
                f,
                "\n{missing} secondary writes are, or may be, missing in the secondary store: copy"
            )?;
        }
        let sinks = self.sinks;
        if sinks.dropped > 0 {
            write!(
                f,
                "\n{} findings were counted but not recorded: the sinks were too slow",
                sinks.dropped
            )?;
        }
        if sinks.panicked > 0 {
            write!(f, "\na sink panicked {} times", sinks.panicked)?;
        }
        for rule in &self.rules {
            let what = match rule.state {
                RuleState::Used => continue,
                RuleState::Unused => "has changed no comparison so far",
                RuleState::Expired => "has expired and no longer applies",
                RuleState::Broken => "has a path that cannot be read, and never applies",
            };
            write!(f, "\nthe rule `{}` {what}", rule.id.as_str())?;
        }
        Ok(())
    }
}

fn title(entity: &EntityReport) -> String {
    match entity.phase {
        Some(phase) => {
            let setting = Setting {
                sample: entity.sample,
                ..Setting::all(phase)
            };
            format!("{}: {setting}", entity.entity)
        }
        None => format!("{}: no phase, calls wait", entity.entity),
    }
}

/// What a reader asks next: why nothing could be said, and where the answers differ most often.
fn findings(f: &mut Formatter<'_>, method: &MethodReport) -> fmt::Result {
    if !method.reasons.is_empty() {
        let reasons = method.reasons.iter();
        let reasons: Vec<_> = reasons
            .map(|(why, times)| format!("{why} {times}"))
            .collect();
        write!(f, "\n      inconclusive: {}", reasons.join(", "))?;
    }
    let most = method.paths.iter().max_by_key(|(_, times)| **times);
    if let Some((place, times)) = most {
        let place = if place.is_empty() {
            "the answer itself"
        } else {
            place
        };
        let more = method.paths.len() - 1;
        write!(f, "\n      differs most at {place} ({times} calls)")?;
        if more > 0 {
            write!(f, " and at {more} more places")?;
        }
    }
    Ok(())
}

fn line(f: &mut Formatter<'_>, width: usize, name: &str, counts: &Totals) -> fmt::Result {
    let numbers = [
        counts.calls,
        counts.compared,
        counts.equal,
        counts.different,
        counts.acknowledged,
        counts.inconclusive,
        counts.shed,
        counts.timed_out,
        counts.unsampled,
        counts.errors,
    ];
    write!(f, "\n{name:width$}")?;
    for (column, number) in COLUMNS.iter().zip(numbers) {
        let width = column.len();
        write!(f, "  {number:>width$}")?;
    }
    Ok(())
}
