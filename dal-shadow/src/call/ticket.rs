//! What a wrapper holds, and one call that has entered.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use tracing::Span;

use crate::call::context::Context;
use crate::call::key::Keys;
use crate::flow::converge::{EntityId, RecordId};
use crate::flow::gate::Inside;
use crate::harness::Harness;
use crate::harness::carry::Carrier;
use crate::harness::core::Core;
use crate::harness::entity::Entity;
use crate::harness::method::Method;
use crate::harness::repairer::Repairer;
use crate::harness::spec::MethodSpec;
use crate::harness::unused::say_unused_settings;
use crate::phases::{Plan, SecondaryRole, Store, Verb, plan};

/// The engine of one wrapper. Cheap to clone. For generated code.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Wrapper>);

struct Wrapper {
    core: Arc<Core>,
    entity: Arc<Entity>,
    /// The wrapper's own entity, then those whose records its writes change as well.
    entities: Vec<EntityId>,
    repairer: Option<Repairer>,
    methods: Vec<Arc<Method>>,
}

/// One call that has entered: it knows its phase, and is under way until it is dropped. For
/// generated code.
#[derive(Debug)]
pub struct Ticket<'a> {
    pub(super) engine: &'a Engine,
    pub(super) core: &'a Arc<Core>,
    pub(super) entity: &'a Arc<Entity>,
    pub(super) method: &'a Arc<Method>,
    pub(super) inside: Inside,
    pub(super) plan: Plan,
    pub(super) key: Option<u128>,
}

impl Engine {
    /// The engine of a wrapper of `entities`, its own first, whose methods are `specs`.
    pub fn new(
        harness: &Harness,
        entities: &'static [&'static str],
        specs: &'static [MethodSpec],
        repairer: Option<Repairer>,
    ) -> Self {
        let core = Arc::clone(harness.core());
        let numbers = entities.iter().map(|name| core.number(name)).collect();
        let entity = core.join(entities);
        if let Some(repairer) = &repairer {
            entity.repaired_by(repairer);
            core.writes.repairable(entity.id, true);
        }
        let methods = specs
            .iter()
            .map(|spec| {
                entity.method(spec, || {
                    let rules = core.rules.for_method(&spec.rules());
                    core.delivery.announce(spec.entity, spec.method);
                    let compared = core.policy.of_method(spec.entity, spec.method);
                    Method::new(spec, rules, compared)
                })
            })
            .collect();
        say_unused_settings(&core.policy, &entity);
        core.delivery.measure();
        Self(Arc::new(Wrapper {
            core,
            entity,
            entities: numbers,
            repairer,
            methods,
        }))
    }

    /// A call of the method whose specification is the `position`-th begins; the generated code
    /// counts them in the same way. `key` is the hash of the record's key.
    pub async fn begin(
        &self,
        position: usize,
        spec: &'static MethodSpec,
        key: Option<u128>,
    ) -> Ticket<'_> {
        let wrapper = &*self.0;
        let inside = wrapper
            .entity
            .gate
            .enter(spec.verb, &wrapper.entity.name)
            .await;
        let method = self.method(position);
        method.called();
        let plan = plan(inside.phase, spec.verb);
        let mut ticket = Ticket {
            engine: self,
            core: &wrapper.core,
            entity: &wrapper.entity,
            method,
            plan,
            inside,
            key,
        };
        if spec.verb == Verb::Read && ticket.is_fenced() {
            method.fenced();
            ticket.plan = Plan {
                primary: plan.primary.other(),
                secondary: SecondaryRole::None,
            };
        }
        ticket
    }

    /// The keys of one of its calls.
    pub(super) fn keys<'a>(&'a self, carrier: Option<&'a Carrier>, span: &'a Span) -> Keys<'a> {
        Keys {
            core: &self.0.core,
            entities: &self.0.entities,
            repairer: self.0.repairer.as_ref(),
            carrier,
            span,
        }
    }

    /// Whether this method's secondary writes are left out, and its records transferred instead.
    pub(super) fn only_transfers(&self, spec: &MethodSpec) -> bool {
        let wrapper = &*self.0;
        let repaired = |number: &EntityId| {
            let entity = wrapper.core.entity_numbered(*number);
            entity.is_some_and(|entity| entity.repairer().is_some())
        };
        wrapper.core.only_transfers.load(Ordering::Relaxed)
            && !spec.bulk
            && wrapper.entities.iter().all(repaired)
    }

    pub(super) fn core(&self) -> &Arc<Core> {
        &self.0.core
    }

    pub(super) fn entity(&self) -> &Arc<Entity> {
        &self.0.entity
    }

    /// Both lists are made from the same specifications, so the position is always there.
    #[expect(
        clippy::indexing_slicing,
        reason = "generated code indexes the static list of specifications with the same constant"
    )]
    fn method(&self, position: usize) -> &Arc<Method> {
        &self.0.methods[position]
    }
}

impl std::fmt::Debug for Wrapper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wrapper")
            .field("entity", &self.entity.name)
            .finish_non_exhaustive()
    }
}

impl Ticket<'_> {
    /// The store whose answer the caller gets.
    pub fn primary(&self) -> Store {
        self.plan.primary
    }

    /// Whether the other store has no part in this call.
    pub fn is_single(&self) -> bool {
        self.plan.secondary == SecondaryRole::None
    }

    /// Whether the primary store for reads may lack something that was acknowledged, or is
    /// incomplete: then the one for writes answers.
    fn is_fenced(&self) -> bool {
        let writes = plan(self.inside.phase, Verb::Write);
        if writes.secondary == SecondaryRole::None || writes.primary == self.plan.primary {
            return false;
        }
        let (writes, entity) = (&self.core.writes, self.entity.id);
        if !self.method.spec.presence.is_empty() {
            // A page token stays with the store that made it, as long as that one is complete.
            return writes.is_behind(entity);
        }
        match self.record() {
            Some(record) => writes.is_fenced(record),
            None => writes.is_any_fenced(entity),
        }
    }

    /// The record whose key the call names.
    pub(super) fn record(&self) -> Option<RecordId> {
        let entity = self.entity.id;
        self.key.map(|key| RecordId { entity, key })
    }

    pub(super) fn context(&self) -> Context {
        Context {
            phase: self.inside.phase,
            epoch: self.inside.epoch,
            primary: self.plan.primary,
            key: self.key.map(short),
            correlation_id: dal_traits::OpCx::current().correlation_id().into(),
        }
    }
}

/// The part of a key's hash that is shown.
#[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
pub(super) const fn short(key: u128) -> u64 {
    key as u64
}
