//! Trying the ways to a server in order, and saying what was tried.

use std::fmt;

/// The variable that leaves a kind of ways out.
const ONLY: &str = "DAL_SERVERS";

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

/// The kinds of ways that are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    pub(super) local: bool,
    pub(super) containers: bool,
}

/// The kinds that `DAL_SERVERS` allows: `local`, `containers`, or both while it is unset or empty.
///
/// # Errors
/// With the values that there are, for any other one.
pub(super) fn allowed(what: &str, choices: &'static str) -> Result<Allowed, ServersError> {
    let value = std::env::var_os(ONLY).unwrap_or_default();
    named(&value.to_string_lossy()).map_err(|why| ServersError::new(what, vec![why], choices))
}

fn named(value: &str) -> Result<Allowed, String> {
    let (local, containers) = match value {
        "" => (true, true),
        "local" => (true, false),
        "containers" => (false, true),
        other => {
            return Err(format!(
                "nothing: {ONLY}=`{other}` is not known; set it to `local` or `containers`, or unset it to allow both"
            ));
        }
    };
    Ok(Allowed { local, containers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_known_is_refused_with_those_that_are() {
        let kinds = |value| named(value).map(|allowed| (allowed.local, allowed.containers));
        assert_eq!(kinds(""), Ok((true, true)));
        assert_eq!(kinds("local"), Ok((true, false)));
        assert_eq!(kinds("containers"), Ok((false, true)));
        let refused = kinds("docker").unwrap_err();
        for part in ["DAL_SERVERS=`docker`", "`local`", "`containers`"] {
            assert!(refused.contains(part), "{refused}");
        }
    }
}
