//! Sets of methods, for sequences that leave some methods out.

use std::collections::BTreeSet;

use dal_shadow::ops::OpMethod;

/// Methods of one or several traits, each once.
#[derive(Default)]
pub(super) struct Methods(Vec<&'static OpMethod>);

/// Whether this is the same method.
pub(super) fn is(one: &OpMethod, other: &OpMethod) -> bool {
    (one.repository, one.method) == (other.repository, other.method)
}

impl Methods {
    pub(super) fn insert(&mut self, method: &'static OpMethod) {
        if !self.has(method) {
            self.0.push(method);
        }
    }

    pub(super) fn has(&self, method: &OpMethod) -> bool {
        self.0.iter().any(|own| is(own, method))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Some of these methods: from one to all, more often a few.
    pub(super) fn subset(&self, random: &mut fastrand::Rng) -> Self {
        let mut methods = self.0.clone();
        random.shuffle(&mut methods);
        let most = random.usize(1..=methods.len().max(1));
        methods.truncate(random.usize(1..=most));
        Self(methods)
    }

    /// The methods that make the ids which a subset uses and does not make itself, in the order in
    /// which they need each other. Ids of the classes in `known` are there from the start.
    pub(super) fn makers(
        &self,
        subset: &Self,
        known: &BTreeSet<&'static str>,
        random: &mut fastrand::Rng,
    ) -> Vec<&'static OpMethod> {
        let mut makers: Vec<&'static OpMethod> = Vec::new();
        let mut users = subset.0.clone();
        while let Some(user) = users.pop() {
            for class in user.handles {
                let creates = |method: &&'static OpMethod| {
                    method.creates.iter().any(|made| made.class == *class)
                };
                let is_made = subset.0.iter().chain(&makers).any(creates);
                if is_made || known.contains(class) {
                    continue;
                }
                let able = self.0.iter().copied().filter(creates).collect::<Vec<_>>();
                if let Some(maker) = random.choice(able) {
                    makers.push(maker);
                    users.push(maker);
                }
            }
        }
        makers.reverse();
        makers
    }
}
