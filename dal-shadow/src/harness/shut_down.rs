//! A clean stop: nothing is on its way any more, and the next start may rely on it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::harness::core::Core;
use crate::phases::{Remembered, Store};

impl Core {
    /// Lets no write in any more, waits until everything has ended, and remembers which stores are
    /// complete; false when that did not come about in this time, or could not be remembered.
    pub(crate) async fn shut_down(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        self.writes.stop();
        let (mut clean, mut complete) = (true, BTreeMap::new());
        for entity in self.entities() {
            let at_rest = timeout_at(deadline, self.writes.at_rest(entity.id)).await;
            if at_rest.is_ok() {
                let mut stores = vec![Store::MySql, Store::DynamoDb];
                stores.retain(|store| self.writes.why(entity.id, *store).is_none());
                let names = stores.into_iter().map(|store| store.as_str().to_owned());
                complete.insert(entity.name.clone(), names.collect());
            } else {
                clean = false;
            }
        }
        let phases = self.in_force();
        if let Some(memory) = &self.memory {
            clean &= memory.close(&Remembered { phases, complete });
        }
        clean
            & self
                .drain(deadline.saturating_duration_since(Instant::now()))
                .await
    }
}
