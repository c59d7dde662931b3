//! Lints about access paths: their order, and the index that MySQL needs.

use dal_traits::catalog::SourceTable;
use dal_traits::model::{AccessPath, FieldSource, PathKind, PathOrder};

use crate::compile::{Compiled, names_of};
use crate::diagnostic::{At, Findings, MYSQL_INDEX, ORDER, ORDER_PATH};
use crate::json::nearest;

pub(super) fn look(compiled: &Compiled<'_>, source: &SourceTable, findings: &mut Findings) {
    let entity = &compiled.entity;
    for path in &entity.paths {
        let at = place(compiled, path);
        if path.order == PathOrder::Encoded {
            let sorted = names_of(entity, &path.sort).join(", ");
            findings.understood(
                ORDER,
                at,
                format!(
                    "the path `{}` is ordered by {sorted}, which MySQL and DynamoDB sort \
                     differently",
                    path.name
                ),
                "MySQL sorts by the encoded text, as DynamoDB does: a filesort",
                format!(
                    "store numbers as N or with leading zeros, and texts as utf8mb4_0900_bin; or \
                     write `\"x-dal\": {{\"order\": {{\"{}\": \"column\"}}}}` to compare as a set",
                    path.name
                ),
            );
        }
        index(compiled, path, source, at, findings);
    }
}

/// A path that `order` of `x-dal` names, and that no entity has.
pub(crate) fn orders(all: &[&Compiled<'_>], findings: &mut Findings) {
    let mut seen: Vec<&At> = Vec::new();
    let declared = all
        .iter()
        .flat_map(|compiled| &compiled.decl.extension.orders);
    for name in declared.filter_map(|order| order.path.as_ref()) {
        let mut paths = all.iter().flat_map(|compiled| &compiled.entity.paths);
        if seen.contains(&&name.at) || paths.any(|path| path.name == name.value) {
            continue;
        }
        seen.push(&name.at);
        let paths = all.iter().flat_map(|compiled| &compiled.entity.paths);
        let help = nearest(&name.value, paths.map(|path| path.name.as_str())).map_or_else(
            || "name an index, or a table".to_owned(),
            |near| format!("is `{near}` meant?"),
        );
        let message = format!("no entity has a path `{}`", name.value);
        findings.add(ORDER_PATH, &name.at, message, help);
    }
}

/// Where the key of a path stands: that of its attribute.
fn place<'a>(compiled: &'a Compiled<'_>, path: &AccessPath) -> &'a At {
    let entity = &compiled.entity;
    let key = match path.kind {
        PathKind::Index(index) => {
            let keys = entity.index_keys.get(index).copied().flatten();
            keys.map(|keys| keys.sort_key.unwrap_or(keys.partition_key))
        }
        _ => entity.sort_key.or(Some(entity.partition_key)),
    };
    let attribute = key.and_then(|key| compiled.resolved.attributes.get(key));
    attribute.map_or(&compiled.decl.at, |found| &found.at)
}

fn index(
    compiled: &Compiled<'_>,
    path: &AccessPath,
    source: &SourceTable,
    at: &At,
    findings: &mut Findings,
) {
    let entity = &compiled.entity;
    let columns = |fields: &[usize]| -> Option<Vec<&str>> {
        fields
            .iter()
            .map(|field| match entity.fields.get(*field)?.source {
                FieldSource::Column(column) => Some(super::name(source, column)),
                _ => None,
            })
            .collect()
    };
    // A derived value is no column, so no plain index serves it.
    let (Some(equal), Some(sort)) = (columns(&path.equal), columns(&path.sort)) else {
        return;
    };
    let sort: Vec<&str> = sort
        .into_iter()
        .filter(|name| !equal.contains(name))
        .collect();
    let serves = |index: &[String]| {
        let (first, rest) = index.split_at(equal.len().min(index.len()));
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        first.len() == equal.len()
            && first.iter().all(|name| equal.contains(&name.as_str()))
            && rest.starts_with(&sort)
    };
    let unique = source.unique_keys.iter().map(|key| &key.columns);
    let others = source.indexes.iter().map(|index| &index.columns);
    let mut indexes = std::iter::once(&source.primary_key)
        .chain(unique)
        .chain(others);
    let is_one_row = source.is_unique(&equal);
    if equal.is_empty() || is_one_row || indexes.any(|index| serves(index)) {
        return;
    }
    let all: Vec<String> = equal
        .iter()
        .chain(&sort)
        .map(|name| format!("`{name}`"))
        .collect();
    let message = format!(
        "MySQL has no index for the path `{}`: it reads every row",
        path.name
    );
    let help = format!(
        "CREATE INDEX `{}_{}` ON `{}` ({});",
        source.name,
        path.name,
        source.name,
        all.join(", ")
    );
    findings.add(MYSQL_INDEX, at, message, help);
}
