//! Names become places: tables and columns of MySQL, attributes of the entity.

mod attributes;
mod construction;
mod joins;
mod keys;
mod names;
mod overlap;
mod rows;

use dal_traits::catalog::Catalog;
use dal_traits::model::{Attribute, IndexKey};

use crate::diagnostic::{
    At, ENTITY_OVERLAP, Findings, KEY_TYPE, KEY_UNRESOLVED, PROJECTION, Scope,
};
use crate::document::{Document, TableDecl};
use crate::json::nearest;

pub(crate) use rows::Rows;

/// An entity with its names resolved. `None` in [`Resolved`] stands for one that has no source table
/// or no key, for which errors are reported.
#[derive(Debug)]
pub(crate) struct ResolvedEntity {
    /// The place of its source table in the catalog.
    pub source: usize,
    pub attributes: Vec<ResolvedAttribute>,
    pub partition_key: usize,
    pub sort_key: Option<usize>,
    /// For each index of the table; none when no item is in it.
    pub index_keys: Vec<Option<IndexKey>>,
    /// Whether each attribute of the contract is among `attributes`.
    pub is_whole: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ResolvedAttribute {
    pub attribute: Attribute,
    pub at: At,
    /// Its place among the attributes of the contract; none for a key that the contract only names.
    pub declared: Option<usize>,
    pub compare: dal_traits::model::Compare,
    pub sensitive: bool,
}

/// What each entity of each table resolved to.
pub(crate) struct Resolved {
    /// The catalog; without one, the tables and columns that the contract names.
    pub rows: Rows,
    pub entities: Vec<Vec<Option<ResolvedEntity>>>,
}

pub(crate) fn resolve(
    document: &Document,
    catalog: Option<&Catalog>,
    findings: &mut Findings,
) -> Resolved {
    let mut rows = Rows::new(catalog);
    let owners: Vec<&str> = document
        .tables
        .iter()
        .flat_map(|table| &table.entities)
        .filter_map(|entity| entity.source.as_ref())
        .map(|source| source.value.as_str())
        .collect();
    let mut entities = Vec::new();
    for (t, table) in document.tables.iter().enumerate() {
        let mut resolved = Vec::new();
        for (e, entity) in table.entities.iter().enumerate() {
            findings.scope = Scope::Entity(t, e);
            let found = entity.source.as_ref().and_then(|source| {
                let place = rows.table(source, findings)?;
                let names = attributes::resolve(entity, place, &owners, &mut rows, findings);
                keys::resolve(table, entity, names, findings)
            });
            resolved.push(found);
        }
        key_types(t, table, &resolved, findings);
        empty_indexes(t, table, &resolved, findings);
        projections(t, table, &resolved, findings);
        overlaps(t, table, &resolved, &rows, findings);
        entities.push(resolved);
    }
    findings.scope = Scope::Contract;
    Resolved { rows, entities }
}

/// A key has the same type in each entity of a table.
fn key_types(
    t: usize,
    table: &TableDecl,
    resolved: &[Option<ResolvedEntity>],
    findings: &mut Findings,
) {
    let keys = |entity: &ResolvedEntity| {
        let table = [Some(entity.partition_key), entity.sort_key];
        let of_indexes = entity.index_keys.iter().flat_map(|key| match key {
            Some(key) => [Some(key.partition_key), key.sort_key],
            None => [None, None],
        });
        table.into_iter().chain(of_indexes).collect::<Vec<_>>()
    };
    for (e, entity) in resolved.iter().enumerate() {
        let Some(entity) = entity else { continue };
        findings.scope = Scope::Entity(t, e);
        for (k, place) in keys(entity).into_iter().enumerate() {
            let Some(own) = place.and_then(|place| entity.attributes.get(place)) else {
                continue;
            };
            let first = resolved.iter().flatten().find_map(|other| {
                let place = keys(other).get(k).copied().flatten()?;
                other.attributes.get(place)
            });
            let own_type = own.attribute.attribute_type;
            if let Some(first) = first
                && first.attribute.attribute_type != own_type
            {
                let message = format!(
                    "the key `{}` of `{}` is {own_type} here and {} in another entity",
                    own.attribute.name, table.name.value, first.attribute.attribute_type,
                );
                let help = "give it the same type in each entity of the table";
                findings.add(KEY_TYPE, &own.at, message, help);
            }
        }
    }
}

fn are_whole(resolved: &[Option<ResolvedEntity>]) -> bool {
    let mut all = resolved.iter();
    all.all(|entity| entity.as_ref().is_some_and(|entity| entity.is_whole))
}

/// An index that no entity has the key of.
fn empty_indexes(
    t: usize,
    table: &TableDecl,
    resolved: &[Option<ResolvedEntity>],
    findings: &mut Findings,
) {
    findings.scope = Scope::Table(t);
    // In a table of one entity each key that is not found is reported by itself.
    let is_multi = table.entities.iter().any(|entity| entity.kind.is_some());
    if !is_multi || !are_whole(resolved) {
        return;
    }
    for (i, index) in table.indexes.iter().enumerate() {
        let mut entities = resolved.iter().flatten();
        if !entities.any(|entity| entity.index_keys.get(i).is_some_and(Option::is_some)) {
            let message = format!("no entity has the keys of the index `{}`", index.name.value);
            let help = "give at least one entity attributes with these names";
            findings.add(KEY_UNRESOLVED, &index.partition_key.at, message, help);
        }
    }
}

fn projections(
    t: usize,
    table: &TableDecl,
    resolved: &[Option<ResolvedEntity>],
    findings: &mut Findings,
) {
    findings.scope = Scope::Table(t);
    if !are_whole(resolved) {
        return;
    }
    let known: Vec<&str> = resolved
        .iter()
        .flatten()
        .flat_map(|entity| &entity.attributes)
        .map(|found| found.attribute.name.as_str())
        .collect();
    for projected in table.indexes.iter().flat_map(|index| &index.projected) {
        if !known.contains(&projected.value.as_str()) {
            let message = format!("no entity has an attribute `{}`", projected.value);
            let help = match nearest(&projected.value, known.iter().copied()) {
                Some(near) => format!("is `{near}` meant?"),
                None => "project an attribute of the table".to_owned(),
            };
            findings.add(PROJECTION, &projected.at, message, help);
        }
    }
}

fn overlaps(
    t: usize,
    table: &TableDecl,
    resolved: &[Option<ResolvedEntity>],
    rows: &Rows,
    findings: &mut Findings,
) {
    for (e, entity) in resolved.iter().enumerate() {
        let Some(entity) = entity else { continue };
        findings.scope = Scope::Entity(t, e);
        for (o, other) in resolved.iter().enumerate() {
            let Some(other) = other else { continue };
            if o == e || !overlap::can_be_equal(entity, other, rows) {
                continue;
            }
            let Some(declared) = table.entities.get(e) else {
                continue;
            };
            let other_name = table.entities.get(o).map_or("", |other| &other.name);
            let at = declared.templates.as_ref().and_then(|t| t.sort.as_ref());
            let at = at.map_or(&declared.at, |template| &template.text.at);
            let message = format!(
                "an item of `{}` can have the key of an item of `{other_name}`",
                declared.name
            );
            let help = "begin `pk_template` or `sk_template` of each with a text of its own, such \
                        as `ORDER#`; no attribute tells the entities apart";
            findings.add(ENTITY_OVERLAP, at, message, help);
        }
    }
}
