//! `dal differences`: a summary of the files that `JsonLinesSink` writes.

mod line;
mod summary;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::exit;
use crate::format::Format;
use summary::{Group, Place, Summary};

/// One row for each fingerprint: records of one defect have the same.
#[derive(Args)]
pub struct Differences {
    /// The files of `JsonLinesSink`, in any order: differences.jsonl, and differences.jsonl.1 and so
    /// on, which were put aside.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How to write the summary.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Exit code 0 when the files hold no finding, 1 when they do, 2 when they cannot be read.
pub fn run(command: &Differences) -> ExitCode {
    let mut summary = Summary::default();
    for file in &command.files {
        if let Err(error) = summary.read(file) {
            return exit::could_not(&format!("{}: {error}", file.display()));
        }
    }
    match command.format {
        Format::Json => println!("{}", serde_json::json!(summary.report())),
        Format::Human => print!("{}", text(&summary)),
    }
    if summary.is_unreadable() {
        return exit::could_not(
            "no line can be read: are these files of `JsonLinesSink` (dal_shadow::sink)?",
        );
    }
    if summary.is_empty() {
        ExitCode::SUCCESS
    } else {
        exit::different()
    }
}

fn text(summary: &Summary) -> String {
    let report = summary.report();
    let mut text = String::new();
    for place in &report.places {
        let Place { entity, method, .. } = place;
        let (path, prints) = (shown(&place.path), place.fingerprints);
        let prints = match prints {
            1 => "1 fingerprint".to_owned(),
            more => format!("{more} fingerprints"),
        };
        let count = place.count;
        let _ = writeln!(
            text,
            "{entity}.{method} at {path}: at least {count} times, {prints}"
        );
    }
    if !report.places.is_empty() {
        text.push('\n');
    }
    for group in &report.groups {
        let _ = writeln!(text, "{}.{}: {}", group.entity, group.method, what(group));
        for place in &group.paths {
            let _ = writeln!(text, "    at {}", shown(place));
        }
        let _ = writeln!(
            text,
            "    fingerprint {}, at least {} times, first {}, last {}",
            group.fingerprint,
            group.count,
            moment(group.first_seen_ms),
            moment(group.last_seen_ms)
        );
    }
    let _ = writeln!(
        text,
        "{} findings in {} lines",
        report.groups.len(),
        report.lines
    );
    if report.unreadable_lines > 0 {
        let torn = if report.torn_last_lines > 0 {
            format!(
                "; {} of them is the last of its file, which is being written or was cut by a crash",
                report.torn_last_lines
            )
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{} lines cannot be read{torn}",
            report.unreadable_lines
        );
    }
    text
}

fn shown(path: &str) -> &str {
    if path.is_empty() {
        "the answer itself"
    } else {
        path
    }
}

fn what(group: &Group) -> String {
    match &group.detail {
        Some(detail) => format!("{} ({detail})", group.outcome),
        None => group.outcome.clone(),
    }
}

fn moment(milliseconds: u64) -> String {
    i128::from(milliseconds)
        .checked_mul(1_000_000)
        .and_then(|ns| OffsetDateTime::from_unix_timestamp_nanos(ns).ok())
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{milliseconds} ms after 1970"))
}
