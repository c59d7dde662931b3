//! A report as a table, for a log line or an admin page.

use std::fmt::{self, Formatter};

use super::{EntityReport, Report, Totals};
use crate::harness::counts::WriteCounts;
use crate::harness::entity::EntityStatus;
use crate::harness::method::{CONTINUED_PAGE, MethodReport};
use crate::phases::{Phase, Setting, Store, Verb, plan};
use crate::rules::RuleState;

/// So many pairs of ends of one method are shown, the most frequent ones.
const MAX_ENDS: usize = 3;

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
            writeln!(
                f,
                "no wrapper uses these names of the source: {names}; look for a typing error"
            )?;
        }
        if !self.unused_settings.is_empty() {
            let names = self.unused_settings.join(", ");
            writeln!(
                f,
                "no wrapper has these names of the settings: {names}; look for a typing error"
            )?;
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
        for (position, entity) in self.entities.iter().enumerate() {
            write!(f, "\n{}", title(entity))?;
            let (before, after) = self.entities.split_at(position);
            last_step(f, before, after)?;
            standing(f, &entity.status)?;
            for method in &entity.methods {
                let mut counts = Totals::default();
                counts.add(method);
                line(f, width, &format!("  {}", method.method), &counts)?;
                findings(f, method)?;
                secondary_writes(f, &method.secondary_writes)?;
            }
        }
        let total = self.total();
        line(f, width, "total", &total)?;
        if total.counts.different > 0 {
            write!(
                f,
                "\nthe stores differ: the sinks have what differs and a correlation id; allow the field that names a record (`Redaction::allow`), and it stands beside"
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
            write!(f, "\na sink panicked {} times: mend it", sinks.panicked)?;
        }
        for rule in &self.rules {
            let what = match rule.state {
                RuleState::Used => continue,
                RuleState::Unused => "has changed no comparison so far: remove it if it stays so",
                RuleState::Expired => {
                    "has expired and no longer applies: mend the difference, or renew it"
                }
                RuleState::Broken => "has a path that cannot be read, and never applies: mend it",
            };
            write!(f, "\nthe rule `{}` {what}", rule.id.as_str())?;
        }
        Ok(())
    }
}

fn title(entity: &EntityReport) -> String {
    let status = &entity.status;
    match status.phase {
        Some(phase) => {
            let setting = Setting {
                sample: status.sample,
                ..Setting::all(phase)
            };
            format!("{}: {setting}", status.entity)
        }
        None => format!("{}: no phase, calls wait", status.entity),
    }
}

/// What is to be said of the last step of the first entity of `rest`. A group says it once: below the
/// first of its entities, with the names of all that it is about.
fn last_step(f: &mut Formatter<'_>, before: &[EntityReport], rest: &[EntityReport]) -> fmt::Result {
    let Some((own, after)) = rest.split_first() else {
        return Ok(());
    };
    let own = &own.status;
    let step = |of: fn(&EntityStatus) -> &Option<String>| {
        let what = of(own).as_ref()?;
        let alike = |other: &&EntityReport| {
            other.status.group == own.group && of(&other.status).as_ref() == Some(what)
        };
        if before.iter().any(|other| alike(&other)) {
            return None;
        }
        let names: Vec<_> = after.iter().filter(alike).collect();
        if names.is_empty() {
            return Some(("the last step".to_owned(), what));
        }
        let names = names.iter().map(|other| other.status.entity.as_str());
        let names: Vec<_> = [own.entity.as_str()].into_iter().chain(names).collect();
        Some((format!("the last step of {}", names.join(", ")), what))
    };
    if let Some((step, problem)) = step(|status| &status.problem) {
        write!(f, "\n    {step} was not taken: {problem}")?;
    }
    if let Some((step, forced)) = step(|status| &status.forced) {
        write!(
            f,
            "\n    {step} was forced past: {forced}; watch it, and take the `!` out of the source"
        )?;
    }
    Ok(())
}

/// What is not as it should be with an entity, and what to do.
fn standing(f: &mut Formatter<'_>, status: &EntityStatus) -> fmt::Result {
    if status.phase.is_none() {
        write!(f, "\n    name it in the phase source, or name `*`")?;
    }
    for (store, why) in &status.incomplete {
        write!(
            f,
            "\n    {store} may lack records ({why}): copy (`repairing`, `repair_record`, `repaired`)"
        )?;
        if let Some(other) = status.phase.and_then(|phase| answers_instead(phase, store)) {
            write!(f, "; until then {other} answers its reads")?;
        }
    }
    if status.dirty > 0 {
        write!(
            f,
            "\n    {} records may differ until a transfer makes them equal: wait",
            status.dirty
        )?;
    }
    if status.parked > 0 {
        write!(
            f,
            "\n    the transfers of {} of them keep failing: look at what the secondary store refuses",
            status.parked
        )?;
    }
    if status.pending > 0 {
        write!(
            f,
            "\n    {} secondary writes wait or are under way",
            status.pending
        )?;
    }
    Ok(())
}

/// The store that answers reads in this phase while `store`, which should, is incomplete.
fn answers_instead(phase: Phase, store: &str) -> Option<Store> {
    let (reads, writes) = (plan(phase, Verb::Read), plan(phase, Verb::Write));
    (reads.primary.as_str() == store && writes.primary != reads.primary).then_some(writes.primary)
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
    if method.reasons.contains_key(CONTINUED_PAGE) {
        write!(
            f,
            "\n      continued pages are not compared: only the store that made a page token continues it; make the token `portable`, or test them with `check`"
        )?;
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
    let mut ends: Vec<_> = method.ends.iter().collect();
    ends.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
    for (ends, times) in ends.iter().take(MAX_ENDS) {
        write!(
            f,
            "\n      ended differently (primary | secondary): {ends} ({times} calls)"
        )?;
    }
    if ends.len() > MAX_ENDS {
        let more = ends.len() - MAX_ENDS;
        write!(f, "\n      ended differently in {more} more ways")?;
    }
    if method.fenced > 0 {
        write!(
            f,
            "\n      fenced: the primary store for writes answered {} reads",
            method.fenced
        )?;
    }
    Ok(())
}

/// What became of the secondary writes, where there are any: the parts that are not zero.
fn secondary_writes(f: &mut Formatter<'_>, counts: &WriteCounts) -> fmt::Result {
    let parts = [
        ("made", counts.applied),
        ("transferred", counts.transferred),
        ("refused", counts.refused),
        ("failed", counts.failed),
        ("lost", counts.lost),
        ("pending", counts.pending),
    ];
    if counts.sent > 0 {
        let parts: Vec<_> = parts
            .into_iter()
            .filter(|(_, times)| *times > 0)
            .map(|(what, times)| format!("{times} {what}"))
            .collect();
        let (sent, parts) = (counts.sent, parts.join(", "));
        write!(f, "\n      secondary writes: {sent} sent, {parts}")?;
    }
    if counts.late > 0 {
        write!(
            f,
            "\n      {} callers stopped waiting for a secondary write",
            counts.late
        )?;
    }
    if counts.unknown > 0 {
        write!(
            f,
            "\n      {} primary writes of unknown effect",
            counts.unknown
        )?;
    }
    if counts.lost > 0 {
        write!(f, "\n      what is lost may be missing: copy")?;
    }
    Ok(())
}

fn line(f: &mut Formatter<'_>, width: usize, name: &str, totals: &Totals) -> fmt::Result {
    let counts = totals.counts;
    let numbers = [
        totals.calls,
        counts.compared,
        counts.equal,
        counts.different,
        counts.acknowledged,
        counts.inconclusive,
        counts.shed,
        counts.timed_out,
        counts.unsampled,
        totals.errors,
    ];
    write!(f, "\n{name:width$}")?;
    for (column, number) in COLUMNS.iter().zip(numbers) {
        let width = column.len();
        write!(f, "  {number:>width$}")?;
    }
    Ok(())
}
