//! How a path finds and orders records.

use std::sync::Arc;

use dal_traits::catalog::{ColumnType, SourceTable};
use dal_traits::model::{AccessPath, Entity, Expr, FieldSource, IndexKey, PathKind, PathOrder};

use super::sql::{self, Column};

/// One path.
pub(super) struct Path {
    /// The statement that gets one record; none when the path finds several.
    pub(super) get: Option<Arc<str>>,
    /// The beginning of each query, up to the end of its `equal` terms.
    pub(super) query: String,
    pub(super) order: Order,
    /// The fields that order the records: those of the path, then the identity.
    pub(super) seek: Vec<usize>,
}

/// How a path orders.
pub(super) enum Order {
    /// By the columns.
    Columns,
    /// By the text of this attribute, which the expression computes; then by the identity.
    Text {
        expression: String,
        attribute: usize,
    },
    /// No statement can order so.
    Refused,
}

impl Path {
    pub(super) fn new(
        entity: &Entity,
        path: &AccessPath,
        source: &SourceTable,
        columns: &[Column],
        select: &str,
    ) -> Self {
        let equal: Vec<&Column> = path
            .equal
            .iter()
            .filter_map(|field| columns.get(*field))
            .collect();
        let query = format!(
            "{select}{}{}",
            sql::matching(&equal),
            present(entity, path, source)
        );
        let sort = match path.kind {
            PathKind::Table => entity.sort_key,
            PathKind::Guard => None,
            PathKind::Index(index) => index_key(entity, index).and_then(|key| key.sort_key),
        };
        let order = match (path.order, sort) {
            (PathOrder::Encoded, Some(attribute)) => entity
                .attributes
                .get(attribute)
                .and_then(|found| sql::encoded(&found.expr, source))
                .map_or(Order::Refused, |expression| Order::Text {
                    expression,
                    attribute,
                }),
            _ => Order::Columns,
        };
        let mut seek: Vec<usize> = Vec::new();
        for field in path.sort.iter().chain(&entity.identity) {
            if !path.equal.contains(field) && !seek.contains(field) {
                seek.push(*field);
            }
        }
        Self {
            get: path.unique.then(|| query.as_str().into()),
            query,
            order,
            seek,
        }
    }
}

fn index_key(entity: &Entity, index: usize) -> Option<IndexKey> {
    entity.index_keys.get(index).copied().flatten()
}

/// The terms under which a row is in the path: in an index only with all of its keys, and in any
/// order only where what orders is not NULL.
fn present(entity: &Entity, path: &AccessPath, source: &SourceTable) -> String {
    let mut nullable: Vec<usize> = path
        .sort
        .iter()
        .filter_map(|field| match entity.fields.get(*field)?.source {
            FieldSource::Column(column) => Some(column),
            _ => None,
        })
        .collect();
    let mut filled = Vec::new();
    if let PathKind::Index(index) = path.kind
        && let Some(key) = index_key(entity, index)
    {
        let keys = [Some(key.partition_key), key.sort_key];
        for attribute in keys.into_iter().flatten() {
            if let Some(attribute) = entity.attributes.get(attribute) {
                tokens(&attribute.expr, false, &mut nullable, &mut filled);
            }
        }
    }
    let is_given = |column: usize| {
        let given = path
            .equal
            .iter()
            .filter_map(|field| entity.fields.get(*field));
        given
            .into_iter()
            .any(|f| f.source == FieldSource::Column(column))
    };
    let names = |places: &mut Vec<usize>, wanted: &dyn Fn(usize) -> bool| -> Vec<String> {
        places.sort_unstable();
        places.dedup();
        let found = places.iter().filter(|place| wanted(**place));
        let found = found.filter_map(|place| source.columns.get(*place));
        found.map(|column| sql::quoted(&column.name)).collect()
    };
    let can_be_null =
        |place: usize| source.columns.get(place).is_some_and(|c| c.nullable) && !is_given(place);
    let can_be_empty = |place: usize| {
        let column = source.columns.get(place);
        column
            .is_some_and(|c| c.column_type.is_text() || matches!(c.column_type, ColumnType::Set(_)))
    };
    sql::present(
        &names(&mut nullable, &can_be_null),
        &names(&mut filled, &can_be_empty),
    )
}

/// The columns that a key is made of; those that are part of a longer text also as `filled`.
fn tokens(expr: &Expr, is_part: bool, all: &mut Vec<usize>, filled: &mut Vec<usize>) {
    match expr {
        Expr::Column(column) => {
            all.push(*column);
            if is_part {
                filled.push(*column);
            }
        }
        Expr::Template(parts) => {
            for part in parts {
                tokens(part, true, all, filled);
            }
        }
        Expr::DateFormat { of, .. } | Expr::NumberFormat { of, .. } => {
            tokens(of, false, all, filled);
        }
        _ => {}
    }
}
