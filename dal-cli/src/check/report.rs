//! The result of a check as JSON.

use dal_contract::{Diagnostic, EntityOutcome, Severity, describe};
use dal_traits::model::{AccessPath, Entity, Model, PathKind, PathOrder};
use serde::Serialize;

use super::Checked;

/// What is not known without a catalog.
pub const NOT_CHECKED: [&str; 4] = [
    "whether tables and columns exist",
    "whether types fit",
    "whether keys and joins are unique",
    "what MySQL keeps and DynamoDB does not",
];

#[derive(Serialize)]
pub struct Report<'a> {
    entities: Vec<EntityReport<'a>>,
    diagnostics: Vec<&'a Diagnostic>,
    /// Empty when there was a catalog.
    not_checked: &'static [&'static str],
}

#[derive(Serialize)]
pub struct EntityReport<'a> {
    #[serde(flatten)]
    pub outcome: &'a EntityOutcome,
    /// The codes that refuse it.
    pub refused_by: Vec<&'static str>,
    #[serde(flatten)]
    pub model: Option<Loaded>,
}

#[derive(Serialize)]
pub struct Loaded {
    /// Why it cannot be written.
    pub read_only: Vec<String>,
    pub fields: Vec<String>,
    pub partition_key: Key,
    pub sort_key: Option<Key>,
    pub paths: Vec<Path>,
}

#[derive(Serialize)]
pub struct Key {
    pub attribute: String,
    #[serde(rename = "type")]
    pub attribute_type: String,
    pub expression: String,
}

#[derive(Serialize)]
pub struct Path {
    pub name: String,
    /// The fields that must be given.
    pub given: Vec<String>,
    /// The fields that order the records, a prefix of which may be given.
    pub order: Vec<String>,
    /// `table`, `guard` or `index`.
    pub served_by: &'static str,
    pub consistency: &'static str,
    /// Whether it finds at most one record.
    pub unique: bool,
    /// Whether both stores page alike.
    pub total: bool,
    /// How MySQL orders: `same`, `encoded` or `column`.
    pub mysql_order: &'static str,
    pub access_patterns: Vec<String>,
}

pub fn report(checked: &Checked) -> Report<'_> {
    Report {
        entities: entities(checked),
        diagnostics: checked.found().collect(),
        not_checked: if checked.has_catalog {
            &[]
        } else {
            &NOT_CHECKED
        },
    }
}

pub fn entities(checked: &Checked) -> Vec<EntityReport<'_>> {
    let contract = &checked.contract;
    let outcomes = checked
        .entities
        .iter()
        .filter_map(|place| contract.entities.get(*place));
    outcomes
        .map(|outcome| {
            let found = outcome
                .diagnostics
                .iter()
                .filter_map(|d| contract.diagnostics.get(*d));
            let errors = found.filter(|found| found.severity == Severity::Error);
            let loaded = contract
                .model
                .entity(&outcome.name)
                .filter(|_| outcome.loaded);
            EntityReport {
                outcome,
                refused_by: errors.map(|found| found.code).collect(),
                model: loaded.and_then(|entity| of(entity, &contract.model)),
            }
        })
        .collect()
}

fn of(entity: &Entity, model: &Model) -> Option<Loaded> {
    let key = |place: usize| {
        let attribute = entity.attributes.get(place)?;
        Some(Key {
            attribute: attribute.name.clone(),
            attribute_type: attribute.attribute_type.to_string(),
            expression: describe(&attribute.expr, entity.source, &model.catalog),
        })
    };
    Some(Loaded {
        read_only: entity.read_only.clone(),
        fields: entity
            .fields
            .iter()
            .map(|field| field.name.clone())
            .collect(),
        partition_key: key(entity.partition_key)?,
        sort_key: entity.sort_key.and_then(key),
        paths: entity
            .paths
            .iter()
            .map(|path| of_path(path, entity))
            .collect(),
    })
}

fn of_path(path: &AccessPath, entity: &Entity) -> Path {
    let names = |fields: &[usize]| -> Vec<String> {
        let found = fields.iter().filter_map(|field| entity.fields.get(*field));
        found.map(|field| field.name.clone()).collect()
    };
    Path {
        name: path.name.clone(),
        given: names(&path.equal),
        order: names(&path.sort),
        served_by: match path.kind {
            PathKind::Table => "table",
            PathKind::Guard => "guard",
            PathKind::Index(_) => "index",
        },
        consistency: if path.is_strong() {
            "strong"
        } else {
            "eventual"
        },
        unique: path.unique,
        total: path.total,
        mysql_order: match path.order {
            PathOrder::Same => "same",
            PathOrder::Encoded => "encoded",
            PathOrder::Column => "column",
        },
        access_patterns: path.aliases.clone(),
    }
}
