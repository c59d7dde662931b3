//! Trying the ways to a server in order, and saying what was tried.

use std::fmt;

/// No way led to a server.
#[derive(Debug)]
pub struct ServersError {
    what: String,
    tried: Vec<String>,
    choices: &'static str,
}

impl ServersError {
    pub(super) fn new(what: &str, tried: Vec<String>, choices: &'static str) -> Self {
        Self {
            what: what.to_owned(),
            tried,
            choices,
        }
    }
}

impl fmt::Display for ServersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cannot get {}. Tried:", self.what)?;
        for line in &self.tried {
            writeln!(f, "  - {line}")?;
        }
        write!(f, "What to do, any one of:\n{}", self.choices)
    }
}

impl std::error::Error for ServersError {}

/// One way to a server: its name, and the attempt.
pub(super) type Way<'a, T> = (&'a str, Box<dyn FnOnce() -> Result<T, String> + 'a>);

/// The first way that works.
pub(super) fn first<T>(
    what: &str,
    choices: &'static str,
    ways: Vec<Way<'_, T>>,
) -> Result<T, ServersError> {
    let mut tried = Vec::new();
    for (name, attempt) in ways {
        match attempt() {
            Ok(found) => return Ok(found),
            Err(why) => tried.push(format!("{name}: {why}")),
        }
    }
    Err(ServersError::new(what, tried, choices))
}

/// Whether `DAL_SERVERS` allows this kind of way (`containers` or `local`; anything else allows both).
pub(super) fn allowed(kind: &str) -> bool {
    std::env::var("DAL_SERVERS").map_or(true, |only| only == kind)
}
