//! What a wrapper holds, and one call that has entered.

use std::sync::Arc;

use crate::call::context::Context;
use crate::flow::gate::Inside;
use crate::harness::Harness;
use crate::harness::core::Core;
use crate::harness::entity::Entity;
use crate::harness::method::Method;
use crate::harness::spec::MethodSpec;
use crate::phases::{Plan, Second, Store, plan};

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
    pub(super) core: &'a Arc<Core>,
    pub(super) entity: &'a Entity,
    pub(super) method: &'a Arc<Method>,
    pub(super) inside: Inside<'a>,
    pub(super) plan: Plan,
    pub(super) key: Option<u64>,
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
                    core.delivery.announce(spec.entity, spec.method);
                    Method::new(spec, rules)
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
    /// counts them in the same way. `key` is the hash of the record's key.
    pub async fn begin(
        &self,
        position: usize,
        spec: &'static MethodSpec,
        key: Option<u64>,
    ) -> Ticket<'_> {
        let inside = self.entity.gate.enter(spec.verb, &self.entity.name).await;
        let method = self.method(position);
        method.called();
        Ticket {
            core: &self.core,
            entity: &self.entity,
            method,
            plan: plan(inside.phase, spec.verb),
            inside,
            key,
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

    pub(super) fn context(&self) -> Context {
        Context {
            phase: self.inside.phase,
            epoch: self.inside.epoch,
            first: self.plan.first,
            key: self.key,
            correlation_id: dal_traits::OpCx::current().correlation_id().into(),
        }
    }
}
