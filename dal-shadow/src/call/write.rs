//! A write through a wrapper: on the primary store, on a task that does not belong to the caller,
//! then on its way to the secondary one.

use std::any::Any;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::Instant;

use dal_traits::{Effect, OpCx};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::{Instrument, Span};

use crate::call::context::Context;
use crate::call::guarded::{Repeatable, contained, snapshot_of};
use crate::call::key::Key;
use crate::call::secondary_write::SecondaryWrite;
use crate::call::ticket::{Engine, Ticket};
use crate::flow::gate::Inside;
use crate::flow::writes::{Pending, UnderWay};
use crate::harness::carry::Carrier;
use crate::harness::method::Method;
use crate::phases::SecondaryRole;
use crate::tree::answer::Answer;

/// A write as the generated code describes it.
pub struct Write<O, N, S> {
    /// The records that the arguments name.
    pub keys: Vec<Key>,
    /// The call on the primary store; it owns what it needs.
    pub primary: BoxFuture<'static, O>,
    /// The snapshot of its result.
    pub snapshot: fn(&O) -> Answer,
    /// The records that the result names.
    pub named: N,
    /// The secondary write, made from the result; nothing when there is nothing to write.
    pub secondary: S,
}

/// What the caller gets: the result, or the panic of the primary store; and the secondary write.
type Ended<O> = (Result<O, Box<dyn Any + Send>>, Option<Pending>);

/// The part of a write that outlives its caller.
struct Task {
    engine: Engine,
    method: Arc<Method>,
    inside: Inside,
    context: Context,
    carrier: Option<Carrier>,
    /// Of what the secondary store does for the write.
    span: Span,
    under_way: UnderWay,
}

impl Ticket<'_> {
    /// Runs a write.
    pub async fn write<O, N, S>(self, write: Write<O, N, S>) -> O
    where
        O: Send + 'static,
        N: FnOnce(&O) -> Vec<Key> + Send + 'static,
        S: FnOnce(&O) -> Option<Repeatable> + Send + 'static,
    {
        let carrier = self.core.capture();
        let spec = self.method.spec;
        // Linked to the caller's span and not inside of it: the caller's work may end earlier.
        let span = tracing::debug_span!(
            target: "dal_shadow",
            "dal.shadow.write",
            entity = spec.entity,
            method = spec.method,
        );
        span.follows_from(tracing::Span::current());
        let keys = self.engine.keys(carrier.as_ref(), &span);
        let records = keys.records(write.keys);
        let names_more = keys.entities(spec.names_more);
        let under_way = self
            .core
            .writes
            .begin(self.entity.id, records, spec.bulk, names_more);
        let (waits, limit) = (
            self.plan.secondary == SecondaryRole::Await || self.core.policy.writes.awaited,
            self.core.policy.writes.caller_timeout,
        );
        let method = Arc::clone(self.method);
        let task = Task {
            engine: self.engine.clone(),
            method: Arc::clone(self.method),
            context: self.context(),
            inside: self.inside,
            carrier: carrier.clone(),
            span: span.clone(),
            under_way,
        };
        let (sender, ended) = oneshot::channel();
        let cx = OpCx::current();
        let Write {
            primary,
            snapshot,
            named,
            secondary,
            ..
        } = write;
        let work = cx.scope(async move {
            let ended = task.run(primary, snapshot, named, secondary).await;
            // The caller may have gone: the write is acknowledged with that.
            let _sent = sender.send(ended);
        });
        let work: BoxFuture<'static, ()> = Box::pin(work.in_current_span());
        let work = match &carrier {
            None => work,
            Some(carrier) => carrier.carry(work),
        };
        Handle::try_current()
            .unwrap_or_else(|_| self.core.runtime.clone())
            .spawn(work);
        let Ok((output, pending)) = ended.await else {
            // The caller must not wait for ever for a result that nothing can bring.
            resume_unwind(Box::new(
                "the task of a write was dropped before it ended: the runtime is shutting down, or \
                 the carrier of `HarnessBuilder::carry` does not run the future that it is given",
            ));
        };
        if let Some(mut pending) = pending
            && waits
            && !pending.wait(limit).await
        {
            method.secondary_writes(|counts| counts.late += 1);
        }
        if self.core.policy.writes.awaited {
            self.core.delivered().await;
        }
        output.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Task {
    async fn run<O, N, S>(
        self,
        primary: BoxFuture<'static, O>,
        snapshot: fn(&O) -> Answer,
        named: N,
        secondary: S,
    ) -> Ended<O>
    where
        N: FnOnce(&O) -> Vec<Key>,
        S: FnOnce(&O) -> Option<Repeatable>,
    {
        let began = Instant::now();
        let output = match AssertUnwindSafe(primary).catch_unwind().await {
            Ok(output) => output,
            Err(panic) => {
                self.method.secondary_writes(|counts| counts.unknown += 1);
                return (Err(panic), None);
            }
        };
        self.method.took(self.context.primary, began.elapsed());
        let answer = snapshot_of(
            &output,
            self.engine.core().policy.reads.snapshot_bytes,
            snapshot,
        );
        if let Answer::Error(error) = &answer {
            self.method.failed(error.class.kind.as_str());
            if error.class.effect == Effect::Unknown {
                self.method.secondary_writes(|counts| counts.unknown += 1);
                self.under_way.unknown();
                self.engine.entity().may_lack(&self.engine.core().writes);
            } else {
                self.under_way.nothing();
            }
            return (Ok(output), None);
        }
        // A `Clone` of the application that panics leaves records whose keys are unknown.
        let made = contained(|| (named(&output), secondary(&output)));
        let pending = match made {
            None => {
                self.method.secondary_writes(|counts| counts.unknown += 1);
                self.under_way.unknown();
                None
            }
            Some((_, None)) => {
                self.under_way.nothing();
                None
            }
            Some((named, Some(write))) => Some(self.made(named, answer, write)),
        };
        (Ok(output), pending)
    }

    fn made(self, named: Vec<Key>, answer: Answer, write: Repeatable) -> Pending {
        let write = SecondaryWrite::new(
            &self.engine,
            &self.method,
            self.context,
            answer,
            write,
            self.carrier.clone(),
            self.span.clone(),
        );
        if self.engine.only_transfers(self.method.spec) {
            write.leave_out();
        }
        let named = self
            .engine
            .keys(self.carrier.as_ref(), &self.span)
            .records(named);
        let pending = self.under_way.made(named, Arc::new(write));
        // Only now may a step find that no write is under way.
        drop(self.inside);
        pending
    }
}
