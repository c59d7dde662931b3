//! Warnings about writes that go missing: at most one a minute for each entity, and one for each new
//! reason.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::flow::converge::Incomplete;
use crate::phases::Store;

/// While secondary writes are not made, the log says so this often.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// What was said of an entity.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    /// When the log said last that writes are not made.
    at: Option<Instant>,
    /// Writes that were not made since then.
    missed: u64,
    incomplete: Option<(Store, Incomplete)>,
}

impl Alarm {
    /// A secondary write was refused, failed or lost. Transfers bring its records, or not.
    pub(crate) fn not_made(&self, entity: &str, method: &str, repaired: bool) {
        let mut said = self.said();
        said.missed += 1;
        let now = Instant::now();
        if said.at.is_some_and(|at| now < at + SAY_AGAIN) {
            return;
        }
        said.at = Some(now);
        let missed = std::mem::take(&mut said.missed);
        drop(said);
        if repaired {
            tracing::warn!(
                target: "dal_shadow",
                entity,
                method,
                missed,
                "secondary writes are not made: their records are dirty until transfers make them equal. Look at why the secondary store refuses or fails them"
            );
        } else {
            tracing::warn!(
                target: "dal_shadow",
                entity,
                method,
                missed,
                "secondary writes are not made, and nothing repairs their records: mend the secondary store, then copy"
            );
        }
    }

    /// The store is complete, or incomplete for this reason.
    pub(crate) fn incomplete(&self, entity: &str, store: Store, why: Option<Incomplete>) {
        let mut said = self.said();
        let now = why.map(|why| (store, why));
        if std::mem::replace(&mut said.incomplete, now) == now {
            return;
        }
        drop(said);
        if let Some(why) = why {
            tracing::warn!(
                target: "dal_shadow",
                entity,
                store = store.as_str(),
                %why,
                "the store may lack records, and it is not known which: it gains no role until a copy"
            );
        }
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
