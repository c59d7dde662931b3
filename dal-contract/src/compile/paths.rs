//! The ways to find records of an entity.

use dal_traits::catalog::SourceTable;
use dal_traits::model::{AccessPath, Entity, Expr, FieldSource, PathKind, PathOrder};

use super::fields::is_implied;
use crate::diagnostic::{ACCESS_PATTERN, Findings};
use crate::document::{EntityDecl, OrderDecl, PatternDecl};
use crate::resolve::{ResolvedEntity, Rows};

/// The paths: by identity, by each unique key, by the table's key and by each index.
pub(super) fn of(
    entity: &Entity,
    resolved: &ResolvedEntity,
    source: &SourceTable,
    indexes: &[&str],
    table: &str,
    orders: &[OrderDecl],
    rows: &Rows,
) -> Vec<AccessPath> {
    let mut paths = Vec::new();
    if rows.is_known {
        let key = &source.primary_key;
        if !key.is_empty() && entity.identity.len() == key.len() {
            let kind = if is_implied(entity, source, key) {
                PathKind::Table
            } else {
                PathKind::Guard
            };
            paths.push(exact("id", kind, &entity.identity));
        }
        for unique in entity
            .unique
            .iter()
            .filter(|unique| unique.name != "PRIMARY")
        {
            let kind = if unique.guard {
                PathKind::Guard
            } else {
                PathKind::Table
            };
            paths.push(exact(&unique.name, kind, &unique.fields));
        }
    }
    let of_table = (
        table,
        PathKind::Table,
        resolved.partition_key,
        resolved.sort_key,
    );
    let of_indexes = resolved.index_keys.iter().zip(indexes).enumerate();
    let of_indexes = of_indexes.filter_map(|(i, (key, name))| {
        let key = key.as_ref()?;
        Some((*name, PathKind::Index(i), key.partition_key, key.sort_key))
    });
    for (name, kind, partition, sort) in std::iter::once(of_table).chain(of_indexes) {
        let (Some(equal), Some(ordered)) = (
            inputs(entity, partition),
            sort.map_or(Some(Vec::new()), |sort| inputs(entity, sort)),
        ) else {
            continue;
        };
        let order = match sort {
            Some(sort) if entity.keeps_order(sort, source).contains(&false) => {
                let chosen = orders
                    .iter()
                    .rfind(|order| order.path.as_ref().is_none_or(|path| path.value == name));
                if chosen.is_some_and(|order| order.by_column) {
                    PathOrder::Column
                } else {
                    PathOrder::Encoded
                }
            }
            _ => PathOrder::Same,
        };
        let unique = is_unique(entity, source, &equal);
        let both: Vec<usize> = equal.iter().chain(&ordered).copied().collect();
        let path = AccessPath {
            name: name.to_owned(),
            kind,
            total: is_unique(entity, source, &both),
            equal,
            sort: ordered,
            unique,
            order,
            aliases: Vec::new(),
        };
        // The table's key may be the identity itself.
        let is_known = paths.iter().any(|known: &AccessPath| {
            known.kind == path.kind && known.equal == path.equal && path.sort.is_empty()
        });
        if !is_known {
            paths.push(path);
        }
    }
    paths
}

fn exact(name: &str, kind: PathKind, fields: &[usize]) -> AccessPath {
    AccessPath {
        name: name.to_owned(),
        kind,
        equal: fields.to_vec(),
        sort: Vec::new(),
        unique: true,
        total: true,
        order: PathOrder::Same,
        aliases: Vec::new(),
    }
}

/// The fields that a key attribute is made of; none when a part of it is no field.
fn inputs(entity: &Entity, attribute: usize) -> Option<Vec<usize>> {
    let expr = &entity.attributes.get(attribute)?.expr;
    let parts = match expr {
        Expr::Template(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut fields = Vec::new();
    for part in parts {
        if matches!(part, Expr::Constant(_)) {
            continue;
        }
        let field = entity.fields.iter().position(|field| match part {
            Expr::Column(column) => field.source == FieldSource::Column(*column),
            other => {
                let of = entity.attributes.get(field.attribute);
                field.source == FieldSource::Derived && of.is_some_and(|of| of.expr == *other)
            }
        });
        // A formatted number is given as the number.
        let field = field.or_else(|| {
            let Expr::NumberFormat { of, .. } = part else {
                return None;
            };
            let Expr::Column(column) = of.as_ref() else {
                return None;
            };
            let mut fields = entity.fields.iter();
            fields.position(|field| field.source == FieldSource::Column(*column))
        })?;
        fields.push(field);
    }
    Some(fields)
}

fn is_unique(entity: &Entity, source: &SourceTable, fields: &[usize]) -> bool {
    let names: Vec<&str> = fields
        .iter()
        .filter_map(|field| match entity.fields.get(*field)?.source {
            FieldSource::Column(column) => Some(source.columns.get(column)?.name.as_str()),
            _ => None,
        })
        .collect();
    source.is_unique(&names)
}

/// The names of fields, for messages.
pub(crate) fn names_of(entity: &Entity, fields: &[usize]) -> Vec<String> {
    let found = fields.iter().filter_map(|field| entity.fields.get(*field));
    found.map(|field| field.name.clone()).collect()
}

/// Gives each declared access pattern to the path that serves it; one that none does is a finding.
pub(super) fn patterns(decl: &EntityDecl, entity: &mut Entity, findings: &mut Findings) {
    for pattern in &decl.extension.access_patterns {
        let serving = (0..entity.paths.len()).find(|p| serves(entity, *p, pattern));
        if let Some(path) = serving.and_then(|place| entity.paths.get_mut(place)) {
            path.aliases.push(pattern.id.value.clone());
            continue;
        }
        let paths: Vec<String> = entity
            .paths
            .iter()
            .map(|path| {
                let given = names_of(entity, &path.equal).join(", ");
                let sorted = names_of(entity, &path.sort).join(", ");
                format!("{} ({given}; by {sorted})", path.name).replace("; by )", ")")
            })
            .collect();
        let message = format!(
            "no path of `{}` serves the access pattern `{}`",
            decl.name, pattern.id.value
        );
        let help = format!("its paths: {}; add an index", paths.join(", "));
        findings.add(ACCESS_PATTERN, &pattern.id.at, message, help);
    }
}

fn serves(entity: &Entity, path: usize, pattern: &PatternDecl) -> bool {
    let Some(path) = entity.paths.get(path) else {
        return false;
    };
    let fields = |names: &[crate::json::Text]| -> Option<Vec<usize>> {
        let place = |name: &crate::json::Text| {
            let mut fields = entity.fields.iter();
            fields.position(|field| {
                let attribute = entity.attributes.get(field.attribute);
                field.name == name.value || attribute.is_some_and(|a| a.name == name.value)
            })
        };
        names.iter().map(place).collect()
    };
    let (Some(given), Some(order)) = (fields(&pattern.given), fields(&pattern.order)) else {
        return false;
    };
    if !path.equal.iter().all(|field| given.contains(field)) {
        return false;
    }
    // What is given beside must be the beginning of the order.
    let (more, _): (Vec<usize>, Vec<usize>) = given
        .iter()
        .copied()
        .partition(|field| !path.equal.contains(field));
    let begins = path
        .sort
        .iter()
        .take(more.len())
        .all(|field| more.contains(field));
    let rest: Vec<usize> = path.sort.iter().copied().skip(more.len()).collect();
    more.len() <= path.sort.len()
        && begins
        && (rest.starts_with(&order) || path.sort.starts_with(&order) || path.unique)
}
