//! Settings that name what no wrapper has: usually a typing error.

use std::sync::Arc;

use crate::harness::entity::Entity;
use crate::harness::policy::Policy;

/// Names in the settings that no wrapper has so far: entities as `order`, methods as
/// `user.by_email`.
pub(crate) fn unused_settings(policy: &Policy, entities: &[Arc<Entity>]) -> Vec<String> {
    let known = |name: &str| entities.iter().find(|entity| entity.name == name);
    let of_entities = policy.evidence_for.keys();
    let of_entities = of_entities.filter(|name| known(name).is_none()).cloned();
    let of_methods = policy.methods.keys().filter(|(entity, method)| {
        let reads = known(entity).is_some_and(|entity| entity.reads_by(method));
        !reads
    });
    let of_methods = of_methods.map(|(entity, method)| format!("{entity}.{method}"));
    of_entities.chain(of_methods).collect()
}

/// Says which settings name a method that an entity does not have, now that it has a wrapper.
pub(crate) fn say_unused_settings(policy: &Policy, entity: &Arc<Entity>) {
    let own = policy.methods.keys();
    let own = own.filter(|(of, method)| *of == entity.name && !entity.reads_by(method));
    for (_, method) in own {
        tracing::error!(
            target: "dal_shadow",
            entity = entity.name,
            method,
            "the settings name a method that no wrapper of the entity reads by: look for a typing error"
        );
    }
}
