//! A read through a wrapper.

use std::sync::Arc;
use std::time::Instant;

use futures::future::BoxFuture;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::call::eligible::Eligible;
use crate::call::guarded::{Called, contained, snapshot_of};
use crate::call::shadow_read::ShadowRead;
use crate::call::ticket::{Ticket, short};
use crate::compare::{CallOutcome, Verdict, Why, unreadable};
use crate::flow::sampling::in_sample;
use crate::harness::carry::Carrier;
use crate::harness::settings::Order;
use crate::phases::Store;
use crate::tree::answer::Answer;

/// The read of the secondary, where the order puts it beside that of the primary.
enum Early {
    Not(OwnedSemaphorePermit),
    Sent(JoinHandle<(Called, OwnedSemaphorePermit)>),
}

/// A read that will be compared, with a place among the shadow reads under way. For generated code.
#[derive(Debug)]
pub struct Sampled {
    eligible: Eligible,
    permit: OwnedSemaphorePermit,
    carrier: Option<Carrier>,
}

impl Ticket<'_> {
    /// Whether this read is compared, and the copies of its arguments, made by `keep` for those
    /// that are. One that carries another store's page token is not `portable`. Both run the
    /// application's code, so neither runs for a read that is not in the sample.
    pub fn sampled<A>(
        &self,
        portable: impl FnOnce() -> bool,
        keep: impl FnOnce() -> A,
    ) -> Option<(Sampled, Arc<A>)> {
        let eligible = Eligible::new(self.core, self.method);
        match self.admitted(portable, keep) {
            Ok((permit, args, carrier)) => {
                let sampled = Sampled {
                    eligible,
                    permit,
                    carrier,
                };
                Some((sampled, Arc::new(args)))
            }
            Err(CallOutcome::UnsupportedInShadow) => {
                let verdict = Verdict::of(CallOutcome::UnsupportedInShadow);
                eligible.ended(verdict, &self.context(), None);
                None
            }
            Err(outcome) => {
                eligible.uncompared(outcome);
                None
            }
        }
    }

    /// A read that is not compared has its answer.
    pub async fn uncompared(&self) {
        if self.core.policy.reads.order == Order::PrimaryFirst {
            self.core.delivered().await;
        }
    }

    fn admitted<A>(
        &self,
        portable: impl FnOnce() -> bool,
        keep: impl FnOnce() -> A,
    ) -> Result<(OwnedSemaphorePermit, A, Option<Carrier>), CallOutcome> {
        let own = self.method.compared.sample;
        if !in_sample(
            self.key.map(short),
            own.unwrap_or_else(|| self.entity.sample()),
        ) {
            return Err(CallOutcome::Unsampled);
        }
        match contained(portable) {
            Some(true) => {}
            Some(false) => return Err(CallOutcome::UnsupportedInShadow),
            None => return Err(CallOutcome::Inconclusive(Why::Panicked)),
        }
        let permit = Arc::clone(&self.core.reads)
            .try_acquire_owned()
            .map_err(|_| CallOutcome::Shed)?;
        if !self.core.breaker(self.plan.primary.other()).admits() {
            return Err(CallOutcome::Shed);
        }
        let (args, carrier) = contained(|| (keep(), self.core.capture()))
            .ok_or(CallOutcome::Inconclusive(Why::Panicked))?;
        Ok((permit, args, carrier))
    }

    /// A read that is compared: `answering` is the call on the primary, `again` makes one on either
    /// store.
    pub async fn read<O>(
        self,
        sampled: Sampled,
        answering: impl Future<Output = O>,
        snapshot: impl Fn(&O) -> Answer,
        again: impl Fn(Store) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
    ) -> O {
        let Sampled {
            eligible,
            permit,
            carrier,
        } = sampled;
        let (core, context) = (Arc::clone(self.core), self.context());
        let record = self.record();
        let policy = &core.policy;
        let read = ShadowRead::new(
            &core,
            self.method,
            self.entity.id,
            &context,
            carrier,
            Box::new(again),
        );
        // Linked to the caller's span and not inside of it: the caller's work ends earlier.
        let span = tracing::debug_span!(
            target: "dal_shadow",
            "dal.shadow.read",
            entity = self.method.spec.entity,
            method = self.method.spec.method,
        );
        span.follows_from(tracing::Span::current());
        let read = Arc::new(read);
        let early = match policy.reads.order {
            Order::Concurrent => Early::Sent(core.runtime.spawn({
                let read = Arc::clone(&read);
                // The place is taken as long as the secondary works, also when the caller leaves.
                async move { (read.secondary().await, permit) }.instrument(span.clone())
            })),
            Order::Detached | Order::PrimaryFirst => Early::Not(permit),
        };
        let began = Instant::now();
        let output = answering.await;
        self.method.took(self.plan.primary, began.elapsed());
        let primary = snapshot_of(&output, policy.reads.snapshot_bytes, snapshot);
        if let Answer::Error(error) = &primary {
            self.method.failed(error.class.kind.as_str());
        }
        drop(self.inside);
        if let Some(why) = unreadable(&primary) {
            eligible.ended(Verdict::inconclusive(why), &context, None);
            if policy.reads.order == Order::PrimaryFirst {
                core.delivered().await;
            }
            return output;
        }
        let (writes, wait) = (Arc::clone(&core.writes), policy.reads.pending_timeout);
        let comparing = async move {
            // What the primary has may be on its way to the secondary.
            if let Some(record) = record {
                let settled = writes.settled(record);
                if tokio::time::timeout(wait, settled).await.is_err() {
                    eligible.uncompared(CallOutcome::Pending);
                    return;
                }
            }
            let (called, permit) = match early {
                Early::Not(permit) => (read.secondary().await, permit),
                Early::Sent(call) => match call.await {
                    Ok(ended) => ended,
                    // The process is shutting down.
                    Err(_) => return,
                },
            };
            let found = read.found(primary, called).await;
            eligible.ended(found.verdict, &context, found.answers);
            drop(permit);
        };
        let comparing = core.runtime.spawn(comparing.instrument(span));
        if policy.reads.order == Order::PrimaryFirst {
            // The caller waits for a bounded time; the comparison goes on by itself.
            let _ended = tokio::time::timeout(self.method.compared.timeout, comparing).await;
            core.delivered().await;
        }
        output
    }
}
