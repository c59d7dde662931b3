//! A phase source that says what a test sends, and where an entity is by then.

use dal_shadow::source::{PhaseSource, Reading};
use dal_shadow::{EntityStatus, Harness, Phases};
use tokio::sync::watch;

pub struct Manual(watch::Receiver<Reading>);

impl Manual {
    /// A source that says this first, and then what is sent.
    pub fn new(first: &str) -> (Self, watch::Sender<Reading>) {
        let (sender, readings) = watch::channel(says(first));
        (Self(readings), sender)
    }
}

impl PhaseSource for Manual {
    fn name(&self) -> String {
        "a test".to_owned()
    }

    fn watch(self: Box<Self>) -> watch::Receiver<Reading> {
        self.0
    }
}

/// `entity=phase,…`.
pub fn says(list: &str) -> Reading {
    Phases::from_list(list)
}

pub fn of(harness: &Harness, entity: &str) -> EntityStatus {
    let mut status = harness.status().into_iter();
    status.find(|status| status.entity == entity).unwrap()
}
