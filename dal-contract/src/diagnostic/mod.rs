//! What is found in a contract, with the place where it stands.

mod codes;
mod render;

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

pub(crate) use codes::*;
pub use codes::{CODES, Code};
pub use render::render;

/// The file that a finding is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum File {
    /// The contract.
    Contract,
    /// The sidecar with `x-dal` members.
    Sidecar,
}

/// Whether a finding refuses something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something is worth knowing.
    Info,
    /// It is read, with the meaning that is given; strict mode refuses it.
    Warning,
    /// What it stands in is not loaded.
    Error,
}

/// A place in a file: bytes, and the way to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub file: File,
    pub span: Range<usize>,
    pub path: Arc<str>,
}

/// What a finding is about, and what it refuses if it is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Contract,
    Table(usize),
    Entity(usize, usize),
}

impl Scope {
    /// Whether a finding in this scope concerns the entity at these places.
    pub const fn covers(self, table: usize, entity: usize) -> bool {
        match self {
            Self::Contract => true,
            Self::Table(found) => found == table,
            Self::Entity(t, e) => t == table && e == entity,
        }
    }
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnostic {
    /// Its code: `E-NO-COLUMN`.
    pub code: &'static str,
    /// Whether it refuses something.
    pub severity: Severity,
    /// The file.
    pub file: File,
    /// Where in the JSON: `tables[2].attributes[0].join`; empty for the root.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The bytes of the file that it is about.
    #[serde(skip)]
    pub span: Range<usize>,
    /// What is the matter.
    pub message: String,
    /// How it was understood, where that is not obvious.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub understood: Option<String>,
    /// What to do.
    pub help: String,
    #[serde(skip)]
    pub(crate) scope: Scope,
}

/// A contract's text, and that of its sidecar.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The contract.
    pub contract: &'a str,
    /// The sidecar, if there is one.
    pub sidecar: Option<&'a str>,
}

impl<'a> Sources<'a> {
    pub(crate) fn text(&self, file: File) -> &'a str {
        match file {
            File::Contract => self.contract,
            File::Sidecar => self.sidecar.unwrap_or_default(),
        }
    }
}

/// Collects findings.
pub(crate) struct Findings {
    pub scope: Scope,
    list: Vec<(Code, At, Scope, String, Option<String>, String)>,
}

impl Findings {
    pub const fn new() -> Self {
        Self {
            scope: Scope::Contract,
            list: Vec::new(),
        }
    }

    /// Adds a finding: what is the matter, and what to do.
    pub fn add(
        &mut self,
        code: Code,
        at: &At,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let (message, help) = (message.into(), help.into());
        self.list
            .push((code, at.clone(), self.scope, message, None, help));
    }

    /// Adds a finding whose subject was understood in a way that is worth saying.
    pub fn understood(
        &mut self,
        code: Code,
        at: &At,
        message: impl Into<String>,
        understood: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(code, at, message, help);
        if let Some(last) = self.list.last_mut() {
            last.4 = Some(understood.into());
        }
    }

    /// Whether an error refuses this entity. In strict mode a warning does.
    pub fn refuses(&self, table: usize, entity: usize, strict: bool) -> bool {
        self.list.iter().any(|(code, _, scope, ..)| {
            severity(*code, strict) == Severity::Error && scope.covers(table, entity)
        })
    }

    /// The findings in the order of the files.
    pub fn finish(self, sources: Sources<'_>, strict: bool) -> Vec<Diagnostic> {
        let lines = [
            (File::Contract, Lines::of(sources.contract)),
            (File::Sidecar, Lines::of(sources.text(File::Sidecar))),
        ];
        let mut found: Vec<_> = self
            .list
            .into_iter()
            .map(|(code, at, scope, message, understood, help)| {
                let text = sources.text(at.file);
                let span = within(text, &at.span);
                let lines = lines.iter().find(|(file, _)| *file == at.file);
                let (line, column) = lines.map_or((1, 1), |(_, l)| l.place(text, span.start));
                Diagnostic {
                    code: code.name,
                    severity: severity(code, strict),
                    file: at.file,
                    path: at.path.to_string(),
                    line,
                    column,
                    span,
                    message,
                    understood,
                    help,
                    scope,
                }
            })
            .collect();
        found.sort_by_key(|d| (d.file == File::Sidecar, d.span.start));
        found
    }
}

fn severity(code: Code, strict: bool) -> Severity {
    match code.name.as_bytes().first() {
        Some(b'E') => Severity::Error,
        Some(b'W') if strict => Severity::Error,
        Some(b'W') => Severity::Warning,
        _ => Severity::Info,
    }
}

/// The span, cut to whole characters of the text.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    start..text.ceil_char_boundary(span.end).max(start)
}

/// Where each line begins.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(ends).collect())
    }

    /// Line and column of a byte, from 1.
    fn place(&self, text: &str, byte: usize) -> (usize, usize) {
        let line = self.0.partition_point(|&start| start <= byte);
        let start = self.0.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = text.get(start..byte).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}
