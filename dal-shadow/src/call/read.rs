//! A read through a wrapper.

use std::sync::Arc;
use std::time::Instant;

use futures::future::{BoxFuture, Either};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinHandle};

use crate::call::eligible::Eligible;
use crate::call::guarded::{Called, snapshot_of};
use crate::call::shadow_read::{Call, Judge};
use crate::call::ticket::Ticket;
use crate::compare::CallOutcome;
use crate::flow::sampling::in_sample;
use crate::harness::policy::Order;
use crate::phases::Store;
use crate::tree::answer::Answer;

/// A call on the other store that has ended, or is under way.
type Early = Either<std::future::Ready<Result<Called, JoinError>>, JoinHandle<Called>>;

impl Ticket<'_> {
    /// A read: `answering` is the call on the answering store, `again` makes one on either.
    pub async fn read<O>(
        self,
        answering: impl Future<Output = O>,
        snapshot: impl Fn(&O) -> Answer,
        again: impl Fn(Store) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
    ) -> O {
        let eligible = Eligible::new(self.core, self.method);
        let permit = match self.permit() {
            Ok(permit) => permit,
            Err(outcome) => {
                let output = answering.await;
                eligible.settle(&outcome);
                return output;
            }
        };
        let context = self.context();
        let call = Call::new(self.core, self.method, &context, Box::new(again));
        let call = Arc::new(call);
        let policy = &self.core.policy;
        let order = match policy.order {
            Order::Random(_) => self.core.draw(),
            order => order,
        };
        let early = self.early(order, &call).await;
        let began = Instant::now();
        let output = answering.await;
        self.method.took(self.plan.first, began.elapsed());
        let first = snapshot_of(&output, snapshot);
        if let Answer::Error(error) = &first {
            self.method.failed(error.class.kind.as_str());
        }
        let judge = Judge::new(call, context, eligible);
        drop(self.inside);
        let other = self.plan.first.other();
        let judging = self.core.runtime.spawn(async move {
            let called = match early {
                Some(early) => early.await.unwrap_or(Called::Panicked),
                None => judge.call.on(other).await,
            };
            judge.judge(first, called).await;
            drop(permit);
        });
        if matches!(order, Order::PrimaryFirst | Order::ShadowFirst) {
            // Who waits, waits for a bounded time; the judgement goes on by itself.
            let _ended = tokio::time::timeout(policy.deadline, judging).await;
        }
        output
    }

    /// A place among the shadow reads under way, or why this read is not compared.
    fn permit(&self) -> Result<OwnedSemaphorePermit, CallOutcome> {
        if !self.portable {
            return Err(CallOutcome::UnsupportedInShadow);
        }
        if !in_sample(self.key, self.entity.sample()) {
            return Err(CallOutcome::Unsampled);
        }
        if !self.core.breaker(self.plan.first.other()).admits() {
            return Err(CallOutcome::Shed);
        }
        Arc::clone(&self.core.reads)
            .try_acquire_owned()
            .map_err(|_| CallOutcome::Shed)
    }

    /// The call on the other store, where the order puts it before the answering one or beside it.
    async fn early(&self, order: Order, call: &Arc<Call>) -> Option<Early> {
        if !matches!(order, Order::Concurrent | Order::ShadowFirst) {
            return None;
        }
        let (call, other) = (Arc::clone(call), self.plan.first.other());
        let mut early = self.core.runtime.spawn(async move { call.on(other).await });
        if order == Order::Concurrent {
            return Some(Either::Right(early));
        }
        // A call ends by its own deadline, so this wait is bounded.
        Some(Either::Left(std::future::ready((&mut early).await)))
    }
}
