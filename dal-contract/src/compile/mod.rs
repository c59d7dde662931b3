//! From resolved names to the model.

pub(crate) mod carry;
pub(crate) mod fields;
mod paths;
mod tables;
mod types;

use dal_traits::catalog::SourceTable;
use dal_traits::model::{Attribute, Entity, References};

use crate::diagnostic::{
    DUPLICATE, Findings, IDENTITY_UNMAPPED, KEY_NOT_UNIQUE, NO_PRIMARY_KEY, SHARED_SOURCE,
};
use crate::document::EntityDecl;
use crate::resolve::{ResolvedEntity, Rows};

pub(crate) use paths::names_of;
pub(crate) use tables::table;

/// An entity with its places among the tables and entities of the contract.
pub(crate) struct Compiled<'a> {
    pub decl: &'a EntityDecl,
    pub resolved: &'a ResolvedEntity,
    pub entity: Entity,
}

/// Checks types, and derives fields, constraints and paths. `shares` says whether another entity has
/// the same source table.
pub(crate) fn compile<'a>(
    decl: &'a EntityDecl,
    resolved: &'a ResolvedEntity,
    indexes: &[&str],
    table: &str,
    shares: Option<&str>,
    rows: &Rows,
    findings: &mut Findings,
) -> Option<Compiled<'a>> {
    let source = rows.source(resolved.source)?;
    if rows.is_known {
        check_types(resolved, rows, findings);
    }
    // What lacks attributes is refused; what else could be said of it would be wrong.
    if !resolved.is_whole {
        return None;
    }
    let fields = fields::of(resolved, source, rows);
    for (i, field) in fields.iter().enumerate() {
        if fields.iter().take(i).any(|other| other.name == field.name) {
            let at = resolved.attributes.get(field.attribute);
            let message = format!(
                "two fields of `{}` would be named `{}`",
                decl.name, field.name
            );
            let help = "rename the attribute: a column keeps its own name as a field";
            findings.add(
                DUPLICATE,
                at.map_or(&decl.at, |found| &found.at),
                message,
                help,
            );
        }
    }
    let mut entity = Entity {
        name: decl.name.clone(),
        place: 0,
        table: 0,
        source: resolved.source,
        identity: fields::identity(&fields, source),
        fields,
        attributes: resolved
            .attributes
            .iter()
            .map(|a| a.attribute.clone())
            .collect(),
        partition_key: resolved.partition_key,
        sort_key: resolved.sort_key,
        index_keys: resolved.index_keys.clone(),
        unique: Vec::new(),
        paths: Vec::new(),
        read_only: Vec::new(),
        references: decl.extension.references.unwrap_or(References::Enforce),
    };
    if rows.is_known {
        entity.read_only = read_only(&entity, source, shares, decl, rows, findings);
        entity.unique = fields::unique(&entity, source);
    }
    entity.paths = paths::of(
        &entity,
        resolved,
        source,
        indexes,
        table,
        &decl.extension.orders,
        rows,
    );
    if rows.is_known {
        paths::patterns(decl, &mut entity, findings);
    }
    Some(Compiled {
        decl,
        resolved,
        entity,
    })
}

fn check_types(resolved: &ResolvedEntity, rows: &Rows, findings: &mut Findings) {
    let keys = keys(resolved);
    for (place, found) in resolved.attributes.iter().enumerate() {
        let Attribute {
            attribute_type,
            expr,
            ..
        } = &found.attribute;
        let mut misfit = types::check(expr, *attribute_type, resolved.source, rows);
        if misfit.is_ok() && keys.contains(&place) {
            misfit = types::is_exact(expr, resolved.source, rows);
        }
        if let Err(types::Misfit(code, message, help)) = misfit {
            findings.add(code, &found.at, message, help);
        }
    }
}

/// The places of the attributes that are keys of the table or of an index.
pub(crate) fn keys(resolved: &ResolvedEntity) -> Vec<usize> {
    let of_indexes = resolved.index_keys.iter().flatten();
    let of_indexes = of_indexes.flat_map(|key| [Some(key.partition_key), key.sort_key]);
    [Some(resolved.partition_key), resolved.sort_key]
        .into_iter()
        .chain(of_indexes)
        .flatten()
        .collect()
}

fn read_only(
    entity: &Entity,
    source: &SourceTable,
    shares: Option<&str>,
    decl: &EntityDecl,
    rows: &Rows,
    findings: &mut Findings,
) -> Vec<String> {
    let mut reasons = Vec::new();
    if source.primary_key.is_empty() {
        reasons.push(format!("`{}` has no primary key", source.name));
        let message = format!(
            "the table `{}` has no primary key: the entity is read-only",
            source.name
        );
        let help = "give it one: without it a row has no identity";
        findings.add(NO_PRIMARY_KEY, &decl.at, message, help);
    } else if entity.identity.len() < source.primary_key.len() {
        let carried = |name: &&String| {
            let mut fields = entity.identity.iter().filter_map(|f| entity.fields.get(*f));
            !fields.any(|field| field.name == **name)
        };
        let missing: Vec<_> = source.primary_key.iter().filter(carried).cloned().collect();
        let missing = missing.join("`, `");
        reasons.push(format!(
            "no attribute carries `{missing}` of the primary key"
        ));
        findings.add(
            IDENTITY_UNMAPPED,
            &decl.at,
            format!(
                "no attribute carries `{missing}` of the primary key of `{}`: the entity is \
                 read-only",
                source.name
            ),
            format!("add an attribute with the source column `{missing}`"),
        );
    }
    let places = [Some(entity.partition_key), entity.sort_key];
    let keys = places
        .into_iter()
        .flatten()
        .filter_map(|k| entity.attributes.get(k));
    let held: Vec<&str> = keys
        .flat_map(|attribute| carry::distinguished(attribute, source, rows))
        .filter_map(|column| source.columns.get(column))
        .map(|column| column.name.as_str())
        .collect();
    if !source.is_unique(&held) {
        let held = match held.as_slice() {
            [] => "no column".to_owned(),
            held => format!("`{}`", held.join("`, `")),
        };
        reasons.push("its key is not unique".to_owned());
        findings.add(
            KEY_NOT_UNIQUE,
            &decl.at,
            format!(
                "the key holds {held} of `{}`, which several rows can share: they would be one \
                 item, so the entity is read-only",
                source.name
            ),
            "add the rest of the primary key, or of a unique key, to the sort key",
        );
    }
    if let Some(other) = shares {
        reasons.push(format!("`{other}` has the same source table"));
        findings.add(
            SHARED_SOURCE,
            &decl.at,
            format!(
                "`{other}` is made of rows of `{}` too: both are read-only",
                source.name
            ),
            "write through one entity; several of one table come in a later release",
        );
    }
    reasons
}
