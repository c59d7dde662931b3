//! `dal phase`: a phase file before it is put in force.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use dal_shadow::{EVERY_OTHER, Phases, Setting};
use serde::Serialize;

use crate::exit;
use crate::format::Format;

#[derive(Subcommand)]
pub enum Phase {
    /// Check a phase file: is it valid, which entities does it name, which steps does it take?
    ///
    /// The file is what `WatchedFile` reads: {"user": "shadow-read@5", "*": "mysql-only"}. Give the
    /// file of `remember(path)` with --in-force to see the step of each entity from the phase that
    /// is in force. Only steps to a neighbouring phase are taken; a running harness refuses others.
    /// A step forward also needs evidence from comparisons, which only the running harness has;
    /// `!` at the end of a setting ("dynamodb-read!") forces the step without it.
    ///
    /// Exit code 0: valid, and every step is taken. 1: not valid, or a step would be refused.
    /// 2: a file cannot be read.
    Check {
        /// The phase file.
        file: PathBuf,
        /// The remembered file: what is in force now.
        #[arg(long, value_name = "FILE")]
        in_force: Option<PathBuf>,
        /// How to write the result.
        #[arg(long, value_enum, default_value = "human")]
        format: Format,
    },
}

/// Runs one of them.
pub fn run(command: &Phase) -> ExitCode {
    let Phase::Check {
        file,
        in_force,
        format,
    } = command;
    check(file, in_force.as_deref(), *format).unwrap_or_else(|why| exit::could_not(&why))
}

fn check(file: &Path, in_force: Option<&Path>, format: Format) -> Result<ExitCode, String> {
    let wanted = match Phases::from_json(&read(file)?) {
        Ok(wanted) => wanted,
        Err(reason) => {
            let report = Report {
                valid: false,
                reason: Some(reason),
                entities: Vec::new(),
            };
            return Ok(print(&report, file, format));
        }
    };
    let before = in_force.map(remembered).transpose()?;
    let report = Report {
        valid: true,
        reason: None,
        entities: entities(&wanted, before.as_ref()),
    };
    Ok(print(&report, file, format))
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn remembered(file: &Path) -> Result<Phases, String> {
    Phases::from_remembered(&read(file)?).map_err(|reason| {
        let file = file.display();
        format!("{file} is not a file of remembered phases: {reason}")
    })
}

/// What is known of a phase file, in the shape that `--format json` prints.
#[derive(Serialize)]
struct Report {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    entities: Vec<Entity>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the JSON output")]
struct Entity {
    entity: String,
    /// The phase that the file asks for; none for an entity that it does not name.
    wanted: Option<&'static str>,
    /// Per cent of the reads that are compared, where the phase compares any.
    sample: Option<f64>,
    /// Whether the file forces the step (`!`), without the evidence that it needs.
    forced: bool,
    in_force: Option<&'static str>,
    step: Step,
}

/// What the file does to an entity.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Nothing is known of what is in force.
    Unknown,
    None,
    Forward,
    Back,
    /// To a phase that is not a neighbour.
    Refused,
    /// In force, and not named in the file: it stays as it is.
    NotNamed,
}

/// Every entity that either file names. `*` stands for itself.
fn entities(wanted: &Phases, before: Option<&Phases>) -> Vec<Entity> {
    let mut names: Vec<&str> = wanted.entities().map(|(name, _)| name).collect();
    let in_force = before.iter().flat_map(|before| before.entities());
    names.extend(in_force.map(|(name, _)| name));
    names.sort_unstable();
    names.dedup();
    let of = |phases: &Phases, name: &str| match name {
        EVERY_OTHER => phases.entities().find(|(n, _)| *n == name).map(|(_, s)| s),
        _ => phases.get(name),
    };
    names
        .into_iter()
        .map(|name| {
            let asked = of(wanted, name);
            let now = before.and_then(|before| of(before, name));
            Entity {
                entity: name.to_owned(),
                wanted: asked.map(|setting| setting.phase.as_str()),
                sample: asked.map(|setting| setting.sample),
                forced: asked.is_some_and(|setting| setting.forced),
                in_force: now.map(|setting| setting.phase.as_str()),
                step: step(asked, now),
            }
        })
        .collect()
}

fn step(wanted: Option<Setting>, in_force: Option<Setting>) -> Step {
    match (wanted, in_force) {
        (None, _) => Step::NotNamed,
        (Some(_), None) => Step::Unknown,
        (Some(to), Some(from)) if to.phase == from.phase => Step::None,
        (Some(to), Some(from)) if !from.phase.is_adjacent(to.phase) => Step::Refused,
        (Some(to), Some(from)) if to.phase > from.phase => Step::Forward,
        (Some(_), Some(_)) => Step::Back,
    }
}

fn print(report: &Report, file: &Path, format: Format) -> ExitCode {
    match format {
        Format::Json => println!("{}", serde_json::json!(report)),
        Format::Human => print!("{}", text(report, file)),
    }
    let refused = |entity: &Entity| entity.step == Step::Refused;
    if report.valid && !report.entities.iter().any(refused) {
        ExitCode::SUCCESS
    } else {
        exit::different()
    }
}

fn text(report: &Report, file: &Path) -> String {
    let mut text = String::new();
    let file = file.display();
    if let Some(reason) = &report.reason {
        let _ = writeln!(text, "{file} is not valid: {reason}");
        return text;
    }
    let _ = writeln!(text, "{file} is valid");
    let width = |of: fn(&Entity) -> usize| report.entities.iter().map(of).max().unwrap_or(0);
    let name = width(|entity| entity.entity.len());
    let phase = width(|entity| entity.wanted.map_or(1, str::len));
    for entity in &report.entities {
        let wanted = entity.wanted.unwrap_or("-");
        let line = format!(
            "  {:name$}  {wanted:phase$}  {}",
            entity.entity,
            note(entity)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn note(entity: &Entity) -> String {
    let from = entity.in_force.unwrap_or_default();
    let sample = match entity.sample {
        Some(sample) if sample < 100.0 => format!("{sample} % of the reads; "),
        _ => String::new(),
    };
    let step = match entity.step {
        Step::Unknown if entity.forced => return sample + "FORCES the step (`!`)",
        Step::Unknown => return sample.trim_end_matches("; ").to_owned(),
        Step::None => "no step".to_owned(),
        Step::Forward if entity.forced => format!(
            "a step forward from {from}, FORCED (`!`): taken without the evidence that it may need"
        ),
        Step::Forward => format!("a step forward from {from}"),
        Step::Back => format!("a step back from {from}"),
        Step::Refused => format!(
            "REFUSED: {from} is in force, and this is not a neighbouring phase; take one step at a time"
        ),
        Step::NotNamed => format!("not named in the file: {from} stays in force"),
    };
    sample + &step
}
