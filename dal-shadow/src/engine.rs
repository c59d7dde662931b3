//! What a wrapper holds, and how one call goes through it.

use std::sync::Arc;
use std::time::Instant;

use futures::future::{BoxFuture, Either};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinHandle};

use crate::answer::Answer;
use crate::entity::Entity;
use crate::gate::Inside;
use crate::harness::Harness;
use crate::judge::{Call, Context, Judge};
use crate::method::{Eligible, Method};
use crate::phase::{Plan, Second, Store, plan};
use crate::policy::Order;
use crate::record::CallOutcome;
use crate::sample::in_sample;
use crate::second::{FirstWrite, SecondWrite};
use crate::shadow_call::{Called, Repeatable, contained};
use crate::shared::Core;
use crate::spec::MethodSpec;

/// A call on the other store that has ended, or is under way.
type Early = Either<std::future::Ready<Result<Called, JoinError>>, JoinHandle<Called>>;

/// The engine of one wrapper. For generated code.
#[derive(Debug)]
pub struct Engine {
    core: Arc<Core>,
    entity: Arc<Entity>,
    methods: Vec<Arc<Method>>,
}

/// One call that has entered: it knows its phase, and is under way until it is dropped. For
/// generated code.
#[derive(Debug)]
pub struct Ticket<'a> {
    core: &'a Arc<Core>,
    method: &'a Arc<Method>,
    inside: Inside<'a>,
    plan: Plan,
    key: Option<u64>,
    portable: bool,
}

impl Engine {
    /// The engine of a wrapper whose methods are `specs`.
    pub fn new(harness: &Harness, entity: &'static str, specs: &'static [MethodSpec]) -> Self {
        let core = Arc::clone(harness.core());
        let entity = core.entity(entity);
        if entity.gate.now().is_none() {
            tracing::error!(
                target: "dal_shadow",
                entity = entity.name,
                source = core.source,
                "the phase source does not name this entity: its calls wait until it does"
            );
        }
        let methods = specs
            .iter()
            .map(|spec| {
                entity.method(spec, || {
                    let rules = core.rules.for_method(&spec.rules());
                    Method::new(spec, Arc::clone(&entity), rules)
                })
            })
            .collect();
        Self {
            core,
            entity,
            methods,
        }
    }

    /// A call of the method whose specification is the `position`-th begins; the generated code
    /// counts them in the same way. `key` is the hash of the record's key. A call that carries
    /// another store's page token is not `portable`.
    pub async fn begin(
        &self,
        position: usize,
        spec: &'static MethodSpec,
        key: Option<u64>,
        portable: bool,
    ) -> Ticket<'_> {
        let inside = self.entity.gate.enter(spec.verb, &self.entity.name).await;
        let method = self.method(position);
        method.called();
        Ticket {
            core: &self.core,
            method,
            plan: plan(inside.phase, spec.verb),
            inside,
            key,
            portable,
        }
    }

    /// Both lists are made from the same specifications, so the position is always there.
    #[expect(
        clippy::indexing_slicing,
        reason = "generated code indexes the static list of specifications with the same constant"
    )]
    fn method(&self, position: usize) -> &Arc<Method> {
        &self.methods[position]
    }
}

impl Ticket<'_> {
    /// The store whose answer the caller gets.
    pub fn first(&self) -> Store {
        self.plan.first
    }

    /// Whether the other store has no part in this call.
    pub fn is_single(&self) -> bool {
        self.plan.second == Second::None
    }

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
        if !in_sample(self.key, self.method.entity.sample()) {
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
        let answer = snapshot_of(&output, snapshot);
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
        output
    }

    fn context(&self) -> Context {
        Context {
            phase: self.inside.phase,
            epoch: self.inside.epoch,
            first: self.plan.first,
            key: self.key,
            correlation_id: dal_traits::OpCx::current().correlation_id().into(),
        }
    }
}

/// The snapshot of an answer. A `Serialize` that panics must not reach the caller.
fn snapshot_of<O>(output: &O, snapshot: impl Fn(&O) -> Answer) -> Answer {
    contained(|| snapshot(output)).unwrap_or_else(Answer::panicked)
}
