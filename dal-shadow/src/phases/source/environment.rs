//! Phases from the environment, read once.

use tokio::sync::watch;

use super::{PhaseSource, Reading};
use crate::phases::Phases;

/// The variable that [`Environment`] reads.
pub const VARIABLE: &str = "DAL_PHASES";

/// Phases from an environment variable at start: `DAL_PHASES="user=shadow-read@5,*=mysql-only"`.
#[derive(Clone, Debug)]
pub struct Environment(String);

impl Environment {
    /// From [`VARIABLE`].
    pub fn new() -> Self {
        Self::variable(VARIABLE)
    }

    /// From a variable of another name.
    pub fn variable(name: impl Into<String>) -> Self {
        Self(name.into())
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::new()
    }
}

impl PhaseSource for Environment {
    fn name(&self) -> String {
        format!("environment variable {}", self.0)
    }

    fn watch(self: Box<Self>) -> watch::Receiver<Reading> {
        let reading = std::env::var(&self.0)
            .map_err(|error| error.to_string())
            .and_then(|text| Phases::from_list(&text));
        watch::channel(reading).1
    }
}
