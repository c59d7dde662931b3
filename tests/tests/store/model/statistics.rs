//! What was compared: replies by operation and outcome.

use std::cell::RefCell;
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Statistics {
    counts: RefCell<BTreeMap<(&'static str, String), u64>>,
}

impl Statistics {
    pub fn add(&self, operation: &'static str, outcome: String) {
        *self
            .counts
            .borrow_mut()
            .entry((operation, outcome))
            .or_default() += 1;
    }

    pub fn count(&self, operation: &str, outcome: &str) -> u64 {
        let counts = self.counts.borrow();
        let found = counts
            .iter()
            .find(|((op, out), _)| *op == operation && out == outcome);
        found.map_or(0, |(_, count)| *count)
    }

    pub fn text(&self) -> String {
        let counts = self.counts.borrow();
        let all: u64 = counts.values().sum();
        let parts = counts
            .iter()
            .map(|((operation, outcome), count)| format!("{operation} {outcome} {count}"));
        format!(
            "{all} replies compared three ways: {}",
            parts.collect::<Vec<_>>().join(", ")
        )
    }
}
