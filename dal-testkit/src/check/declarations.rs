//! Where ids and generated values stand in answers: by struct and field, by newtype, or by method;
//! never by a bare name or a value.

use std::collections::{BTreeMap, BTreeSet};

use dal_shadow::ops::OpMethod;
use dal_shadow::tree::{Found, Tree};

/// What is declared so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Declarations {
    fields: Vec<(String, String, &'static str)>,
    newtypes: Vec<(&'static str, &'static str)>,
    answers: Vec<(&'static str, &'static str)>,
    generated: Vec<(String, String)>,
}

impl Declarations {
    /// What the traits declare. The attribute has checked the paths: a field of a type has a dot,
    /// and what has none is a method.
    pub(super) fn declared(methods: &[&'static OpMethod]) -> Self {
        let mut declared = Self::default();
        let copied = |(owner, field): (&str, &str)| (owner.to_owned(), field.to_owned());
        for method in methods {
            for (class, path) in method.ids {
                match path.split_once('.').map(copied) {
                    Some((owner, field)) => declared.fields.push((owner, field, class)),
                    None => declared.answers.push((path, class)),
                }
            }
            let generated = method.generated.iter();
            let fields = generated.filter_map(|path| path.split_once('.').map(copied));
            declared.generated.extend(fields);
        }
        declared
    }

    /// Learns from a creation where ids of this class stand.
    pub(super) fn learn(&mut self, class: &'static str, found: &Found<'_>) {
        if let Tree::Newtype { name, .. } = found.value
            && !self.newtypes.contains(&(name, class))
        {
            self.newtypes.push((name, class));
        }
        if let Some((owner, field)) = found.owner
            && self.field(owner, field).is_none()
        {
            self.fields
                .push((owner.to_owned(), field.to_owned(), class));
        }
    }

    /// The class of the ids in a field.
    pub(super) fn field(&self, owner: &str, field: &str) -> Option<&'static str> {
        self.fields
            .iter()
            .find(|(a, b, _)| a == owner && b == field)
            .map(|(.., class)| *class)
    }

    /// The class of the ids that a newtype wraps.
    pub(super) fn newtype(&self, name: &str) -> Option<&'static str> {
        self.newtypes
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, class)| *class)
    }

    /// The class of the ids that a method answers.
    pub(super) fn answer(&self, method: &str) -> Option<&'static str> {
        self.answers
            .iter()
            .find(|(known, _)| *known == method)
            .map(|(_, class)| *class)
    }

    /// For each declared field that the structs in these answers do not have: what they have instead.
    pub(super) fn misnamed(&self, answers: [&Tree; 2]) -> Vec<String> {
        let mut structs = BTreeMap::new();
        for answer in answers {
            fields_of(answer, &mut structs);
        }
        let ids = self
            .fields
            .iter()
            .map(|(owner, field, _)| ("ids", owner, field));
        let generated = self
            .generated
            .iter()
            .map(|(owner, field)| ("generated", owner, field));
        ids.chain(generated)
            .filter_map(|(word, owner, field)| {
                let fields: &BTreeSet<_> = structs.get(owner.as_str())?;
                let known = || fields.iter().copied().collect::<Vec<_>>().join("`, `");
                (!fields.contains(field.as_str())).then(|| {
                    format!(
                        "`{word}` names `{owner}.{field}`, and `{owner}` has no such field here; it has `{}`",
                        known()
                    )
                })
            })
            .collect()
    }

    /// Whether each store makes the values of a field by itself.
    pub(super) fn is_generated(&self, owner: &str, field: &str) -> bool {
        self.generated.iter().any(|(a, b)| a == owner && b == field)
    }
}

/// The structs in an answer, each with the fields that serde gave.
fn fields_of<'a>(tree: &'a Tree, structs: &mut BTreeMap<&'a str, BTreeSet<&'a str>>) {
    match tree {
        Tree::Some(value) | Tree::Newtype { value, .. } | Tree::Variant { value, .. } => {
            fields_of(value, structs);
        }
        Tree::Seq(items) => items.iter().for_each(|item| fields_of(item, structs)),
        Tree::Map(entries) => {
            for (key, value) in entries {
                fields_of(key, structs);
                fields_of(value, structs);
            }
        }
        Tree::Struct { name, fields } => {
            for (field, value) in fields {
                structs.entry(name).or_default().insert(field);
                fields_of(value, structs);
            }
        }
        _ => {}
    }
}
