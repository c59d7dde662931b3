//! What a change of the source says of entities: names that no wrapper uses, and wrappers that it
//! forgets.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::harness::core::Known;
use crate::phases::Phases;

/// A source that changes all the time has the log say the same this often.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// When which name was said.
#[derive(Default)]
pub(super) struct SourceNames(BTreeMap<String, Instant>);

impl SourceNames {
    /// Takes what the source wants now, and says which names are new to no use, and which entities
    /// in use are not named any more.
    pub(super) fn take(&mut self, known: &mut Known, source: &str, wanted: &Phases) {
        let unused_before = known.unused();
        let before = std::mem::replace(&mut known.wanted, wanted.clone());
        for entity in known.unused() {
            if !unused_before.contains(&entity) && self.is_due(&entity) {
                tracing::warn!(
                    target: "dal_shadow",
                    source,
                    entity,
                    "the phase source names an entity that no wrapper uses: look for a typing error"
                );
            }
        }
        for entity in known.entities.keys() {
            let forgotten = before.get(entity).is_some() && wanted.get(entity).is_none();
            if forgotten && self.is_due(entity) {
                tracing::warn!(
                    target: "dal_shadow",
                    source,
                    entity,
                    "the phase source no longer names this entity: its phase stays in force. Name it, or `*`"
                );
            }
        }
    }

    fn is_due(&mut self, entity: &str) -> bool {
        let now = Instant::now();
        self.0.retain(|_, said| now < *said + SAY_AGAIN);
        let due = !self.0.contains_key(entity);
        if due {
            self.0.insert(entity.to_owned(), now);
        }
        due
    }
}
