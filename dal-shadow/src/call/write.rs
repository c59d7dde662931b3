//! A write through a wrapper.

use std::time::Instant;

use crate::call::guarded::{Repeatable, contained, snapshot_of};
use crate::call::secondary_write::{FirstWrite, SecondWrite};
use crate::call::ticket::Ticket;
use crate::phases::Second;
use crate::tree::answer::Answer;

impl Ticket<'_> {
    /// A write: `second` makes the second write from the answer of the first one, and nothing when
    /// that one was refused.
    pub async fn write<O>(
        self,
        answering: impl Future<Output = O>,
        snapshot: impl Fn(&O) -> Answer,
        second: impl FnOnce(&O) -> Option<Repeatable>,
    ) -> O {
        let began = Instant::now();
        let moment = self.core.queue.now();
        let first = FirstWrite::new(self.method);
        let output = answering.await;
        self.method.took(self.plan.first, began.elapsed());
        let answer = snapshot_of(&output, self.core.policy.snapshot, snapshot);
        first.answered(&answer);
        let Some(write) = contained(|| second(&output)).unwrap_or_default() else {
            return output;
        };
        let write = SecondWrite::new(self.core, self.method, self.context(), answer, write);
        let ended = write.submit(moment);
        drop(self.inside);
        let policy = &self.core.policy;
        let waits = self.plan.second == Second::Await || policy.await_second_writes;
        if waits
            && tokio::time::timeout(policy.second_write_wait, ended)
                .await
                .is_err()
        {
            self.method.second(|second| second.late += 1);
            tracing::warn!(
                target: "dal_shadow",
                entity = self.method.spec.entity,
                method = self.method.spec.method,
                "the caller no longer waits for the second write, which goes on"
            );
        }
        if policy.await_second_writes {
            self.core.delivered().await;
        }
        output
    }
}
