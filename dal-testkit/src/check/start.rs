//! What every sequence begins with, and what is refused before the first one.

use std::collections::BTreeSet;

use dal_shadow::ops::{Bound, OpMethod, SLOTS, h};
use dal_shadow::tree::Tree;

use super::call::Limits;
use super::comparison::{Comparison, TraitRules};

/// Ids that both stores hold from the start, by class.
pub(super) type Known = Vec<(&'static str, Vec<Tree>)>;

/// The names of the two stores, as they are shown.
#[derive(Clone, Debug)]
pub(super) struct Engines {
    pub(super) mysql: String,
    pub(super) dynamodb: String,
}

impl Engines {
    pub(super) fn names(&self) -> [&str; 2] {
        [&self.mysql, &self.dynamodb]
    }
}

/// What every sequence begins with.
pub(super) struct Start {
    pub(super) rules: TraitRules,
    pub(super) known: Known,
    pub(super) tokens: BTreeSet<&'static str>,
    /// The tokens that one store takes from the other.
    pub(super) portable: BTreeSet<&'static str>,
    pub(super) engines: Engines,
    pub(super) limits: Limits,
}

impl Start {
    /// Reads what the traits declare.
    ///
    /// # Errors
    /// When something names nothing: a class of ids that no method makes, a `.known(..)` class that no
    /// method takes, a place that cannot be read.
    pub(super) fn of(
        methods: &[&'static OpMethod],
        known: Known,
        engines: Engines,
        limits: Limits,
    ) -> Result<Self, String> {
        let declared = || methods.iter().filter_map(|method| method.token.as_ref());
        let tokens = declared()
            .map(|token| token.place.class)
            .collect::<BTreeSet<_>>();
        let portable = declared()
            .filter(|token| token.portable)
            .map(|token| token.place.class)
            .collect();
        refuse_unknown_classes(methods, &known)?;
        refuse_unmade_classes(methods, &known, &tokens)?;
        Ok(Self {
            rules: TraitRules::of(methods)?,
            known,
            tokens,
            portable,
            engines,
            limits,
        })
    }

    /// The slots of one store before the first call.
    pub(super) fn bound(&self) -> Bound {
        let mut bound = Bound::new(self.tokens.iter().copied());
        for (class, ids) in &self.known {
            for (id, slot) in ids.iter().zip(0..) {
                bound.bind(class, h(slot), id.clone());
            }
        }
        bound
    }

    /// A comparison that knows the ids that both stores begin with.
    pub(super) fn comparison(&self) -> Comparison<'_> {
        let mut comparison = Comparison::new(&self.rules);
        for (class, ids) in &self.known {
            for id in ids {
                comparison.ids.pair(class, id, id);
            }
        }
        comparison
    }
}

/// Refuses `.known(..)` for a class that no method knows, and for more ids than there are slots.
fn refuse_unknown_classes(methods: &[&'static OpMethod], known: &Known) -> Result<(), String> {
    let classes = methods
        .iter()
        .flat_map(|method| {
            let made = method.creates.iter().map(|made| made.class);
            let inside = method.ids.iter().map(|(class, _)| *class);
            method.handles.iter().copied().chain(made).chain(inside)
        })
        .collect::<BTreeSet<_>>();
    for (class, ids) in known {
        if !classes.contains(class) {
            let there = classes.iter().map(|class| format!("`{class}`"));
            return Err(format!(
                "`.known(\"{class}\", ..)` names a class that no method takes or makes; there are {}",
                there.collect::<Vec<_>>().join(", ")
            ));
        }
        if ids.len() > usize::from(SLOTS) {
            return Err(format!(
                "`.known(\"{class}\", ..)` names {} ids, and a class has {SLOTS} slots; name {SLOTS} of them",
                ids.len()
            ));
        }
    }
    Ok(())
}

/// Refuses a class that a method takes and that no method makes.
fn refuse_unmade_classes(
    methods: &[&'static OpMethod],
    known: &Known,
    tokens: &BTreeSet<&'static str>,
) -> Result<(), String> {
    for method in methods {
        for class in method.handles {
            let made = tokens.contains(class)
                || known.iter().any(|(known, _)| known == class)
                || methods
                    .iter()
                    .any(|other| other.creates.iter().any(|made| made.class == *class));
            if !made {
                return Err(format!(
                    "`{}` of `{}` takes a `{class}`, and no method makes one: write `creates({class} = field)` on the method that does (for a page token `token({class} = next)`), or name seeded ids with `.known(\"{class}\", [..])`",
                    method.method, method.repository
                ));
            }
        }
    }
    Ok(())
}
