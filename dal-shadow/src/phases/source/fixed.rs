//! Phases that do not change by themselves.

use tokio::sync::watch;

use super::{PhaseSource, Reading};
use crate::phases::Phase;
use crate::phases::{Phases, Setting};

/// Phases fixed in the program; `Harness::step` moves on from them.
#[derive(Clone, Debug)]
pub struct Fixed(Phases);

impl Fixed {
    /// One phase for every entity.
    pub fn new(phase: Phase) -> Self {
        Self(Phases::all(Setting::all(phase)))
    }

    /// A setting for each entity.
    pub fn phases(phases: Phases) -> Self {
        Self(phases)
    }
}

impl PhaseSource for Fixed {
    fn name(&self) -> String {
        "fixed phases".to_owned()
    }

    fn watch(self: Box<Self>) -> watch::Receiver<Reading> {
        watch::channel(Ok(self.0)).1
    }
}
