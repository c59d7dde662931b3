//! The keys of tables and indexes.

use dal_traits::catalog::ColumnType;
use dal_traits::model::{AttributeType, Expr, IndexKey};

use super::ResolvedEntity;
use super::names::{Names, concatenation};
use crate::diagnostic::{
    COMPOSITE_SEGMENT, Findings, KEY_COLUMN, KEY_TYPE, KEY_UNRESOLVED, TEMPLATE_MISMATCH,
};
use crate::document::{EntityDecl, IndexDecl, TableDecl, Template};
use crate::json::{Text, nearest};

/// The keys of an entity; none when the table's cannot be resolved.
pub(super) fn resolve(
    table: &TableDecl,
    entity: &EntityDecl,
    mut names: Names<'_>,
    findings: &mut Findings,
) -> Option<ResolvedEntity> {
    let (partition_key, sort_key) = match &entity.templates {
        None => {
            let partition = table.partition_key.as_ref()?;
            let partition = required(partition, &mut names, findings);
            let sort = table.sort_key.as_ref();
            let sort = sort.map(|sort| required(sort, &mut names, findings));
            (
                partition?,
                sort.map_or(Some(None), |found| found.map(Some))?,
            )
        }
        Some(templates) => {
            let default = ("PK", "SK");
            let name = |key: &Option<Text>, default: &str| {
                key.as_ref()
                    .map_or(default.to_owned(), |key| key.value.clone())
            };
            let partition_name = name(&table.partition_key, default.0);
            let sort_name = name(&table.sort_key, default.1);
            let partition = templates.partition.as_ref()?;
            let partition = by_template(&partition_name, partition, &mut names, findings);
            let sort = templates.sort.as_ref()?;
            let sort = by_template(&sort_name, sort, &mut names, findings);
            (partition?, Some(sort?))
        }
    };
    let is_multi = entity.templates.is_some();
    let index_keys = table
        .indexes
        .iter()
        .map(|index| of_index(index, is_multi, &mut names, findings))
        .collect();
    check_types(partition_key, sort_key, &names, findings);
    Some(ResolvedEntity {
        source: names.source,
        attributes: names.attributes,
        partition_key,
        sort_key,
        index_keys,
        is_whole: names.broken.is_empty(),
    })
}

fn of_index(
    index: &IndexDecl,
    is_multi: bool,
    names: &mut Names<'_>,
    findings: &mut Findings,
) -> Option<IndexKey> {
    let mut key = |name: &Text| {
        if is_multi {
            // An entity without the attribute is not in the index.
            optional(name, names)
        } else {
            required(name, names, findings)
        }
    };
    let partition_key = key(&index.partition_key)?;
    let sort_key = match &index.sort_key {
        Some(name) => Some(key(name)?),
        None => None,
    };
    check_types(partition_key, sort_key, names, findings);
    Some(IndexKey {
        partition_key,
        sort_key,
    })
}

/// In a table of several entities: an attribute, or segments that all are.
fn optional(name: &Text, names: &mut Names<'_>) -> Option<usize> {
    if let Some(found) = names.attribute(&name.value) {
        return Some(found);
    }
    let segments: Vec<&str> = name.value.split('#').collect();
    if segments.len() < 2 {
        return None;
    }
    let mut parts = Vec::new();
    for segment in segments {
        let place = names.attribute(segment)?;
        parts.push(names.attributes.get(place)?.attribute.expr.clone());
    }
    Some(composite(name, parts, names))
}

/// An attribute, a composite name, a column, or a name by convention; nothing else.
fn required(name: &Text, names: &mut Names<'_>, findings: &mut Findings) -> Option<usize> {
    if let Some(found) = names.attribute(&name.value) {
        return Some(found);
    }
    if names.is_broken(&name.value) {
        return None;
    }
    if name.value.contains('#') {
        let mut parts = Vec::new();
        let mut start = 0;
        for segment in name.value.split('#') {
            let at = name.part(start..start + segment.len());
            start += segment.len() + 1;
            if names.is_broken(segment) {
                return None;
            }
            let Some(expr) = self::segment(&Text::new(segment, &at), names, findings) else {
                let message = format!(
                    "`{segment}` of the composite key `{}` is neither an attribute nor a column",
                    name.value
                );
                let help = help(segment, names);
                findings.add(COMPOSITE_SEGMENT, &at, message, help);
                return None;
            };
            parts.push(expr);
        }
        return Some(composite(name, parts, names));
    }
    if let Some(column) = column(name, names, findings) {
        let column_type = names.rows.column_at(names.source, column);
        let attribute_type = natural(column_type.map(|column| &column.column_type));
        return Some(names.add(&name.value, attribute_type, Expr::Column(column), &name.at));
    }
    let message = format!(
        "the key `{}` is neither an attribute nor a column",
        name.value
    );
    let help = help(&name.value, names);
    findings.add(KEY_UNRESOLVED, &name.at, message, help);
    None
}

fn composite(name: &Text, parts: Vec<Expr>, names: &mut Names<'_>) -> usize {
    let mut joined = Vec::new();
    for part in parts {
        if !joined.is_empty() {
            joined.push(Expr::Constant("#".to_owned()));
        }
        joined.push(part);
    }
    names.add(
        &name.value,
        AttributeType::S,
        concatenation(joined),
        &name.at,
    )
}

fn segment(name: &Text, names: &mut Names<'_>, findings: &mut Findings) -> Option<Expr> {
    if let Some(found) = names.attribute(&name.value) {
        let expr = &names.attributes.get(found)?.attribute.expr;
        return match expr {
            Expr::Object(_) | Expr::Children(_) => None,
            other => Some(other.clone()),
        };
    }
    if let Some(column) = names.rows.find(names.source, &name.value) {
        return Some(Expr::Column(column));
    }
    if let Some(column) = names.key_by_convention(&name.value, &name.at, findings) {
        return Some(Expr::Column(column));
    }
    if names.rows.is_known || name.value.is_empty() {
        return None;
    }
    let column = names
        .rows
        .column(names.source, &name.value, &name.at, findings)?;
    Some(Expr::Column(column))
}

/// A column of the source table of that name, or its primary key by convention.
fn column(name: &Text, names: &mut Names<'_>, findings: &mut Findings) -> Option<usize> {
    if !names.rows.is_known {
        return names
            .rows
            .column(names.source, &name.value, &name.at, findings);
    }
    let Some(column) = names.rows.find(names.source, &name.value) else {
        return names.key_by_convention(&name.value, &name.at, findings);
    };
    let source = names.rows.name(names.source);
    findings.understood(
        KEY_COLUMN,
        &name.at,
        format!("the key `{}` is not an attribute", name.value),
        format!("the column `{source}.{}`", name.value),
        format!("add an attribute `{}`", name.value),
    );
    Some(column)
}

fn help(name: &str, names: &Names<'_>) -> String {
    let columns = names.rows.source(names.source).map(|table| &table.columns);
    let columns = columns.into_iter().flatten().map(|c| c.name.as_str());
    let attributes = names.attributes.iter().map(|a| a.attribute.name.as_str());
    match nearest(name, columns.chain(attributes)) {
        Some(near) => format!("is `{near}` meant?"),
        None => "name an attribute of the entity, or add one".to_owned(),
    }
}

/// A key with a template: the value is the attribute of that name if there is one, else the template.
fn by_template(
    name: &str,
    template: &Template,
    names: &mut Names<'_>,
    findings: &mut Findings,
) -> Option<usize> {
    let expr = names.template(template, findings)?;
    let Some(place) = names.attribute(name) else {
        return Some(names.add(name, AttributeType::S, expr, &template.text.at));
    };
    let attribute = names.attributes.get(place)?;
    if attribute.attribute.expr != expr {
        let message = format!(
            "the attribute `{name}` has another value than the template `{}`",
            template.text.value
        );
        let help = "make them the same, or remove the attribute";
        findings.add(TEMPLATE_MISMATCH, &attribute.at, message, help);
    }
    Some(place)
}

fn check_types(partition: usize, sort: Option<usize>, names: &Names<'_>, findings: &mut Findings) {
    for place in [Some(partition), sort].into_iter().flatten() {
        let Some(found) = names.attributes.get(place) else {
            continue;
        };
        let attribute = &found.attribute;
        if !attribute.attribute_type.is_key() {
            let message = format!(
                "the key `{}` has the type {}",
                attribute.name, attribute.attribute_type
            );
            findings.add(KEY_TYPE, &found.at, message, "a key is S, N or B");
        }
    }
    if Some(partition) == sort
        && let Some(found) = names.attributes.get(partition)
    {
        let message = format!("`{}` is partition key and sort key", found.attribute.name);
        findings.add(KEY_TYPE, &found.at, message, "name two attributes");
    }
}

/// The type of a key that only a column gives.
fn natural(column_type: Option<&ColumnType>) -> AttributeType {
    match column_type {
        Some(ColumnType::Binary(_) | ColumnType::Varbinary(_) | ColumnType::Blob(_)) => {
            AttributeType::B
        }
        Some(found) if found.is_exact_number() => AttributeType::N,
        _ => AttributeType::S,
    }
}
