//! Lints about values of other rows, and about values that are there twice.

use dal_traits::model::{Expr, FieldSource, Lookup};

use crate::compile::Compiled;
use crate::diagnostic::{Findings, RESOLVE_SCAN, SAME_EXPRESSION, STALE};
use crate::resolve::Rows;

pub(super) fn look(
    compiled: &Compiled<'_>,
    all: &[&Compiled<'_>],
    rows: &Rows,
    findings: &mut Findings,
) {
    for found in &compiled.resolved.attributes {
        let mut lookups = Vec::new();
        collect(&found.attribute.expr, &mut lookups);
        for lookup in lookups {
            let table = lookup.hops.last().map_or(0, |hop| hop.table);
            let column = rows.column_at(table, lookup.column);
            let column = column.map_or("", |column| &column.name);
            let of = format!("{}.{column}", rows.name(table));
            findings.understood(
                STALE,
                &found.at,
                format!("`{}` holds `{of}` of another row", found.attribute.name),
                "a snapshot: the value as of the last write of this record",
                "change the other row only together with these records, or read it by its own \
                 entity",
            );
            unresolved(lookup, all, rows, &found.at, findings);
        }
    }
}

fn collect<'a>(expr: &'a Expr, lookups: &mut Vec<&'a Lookup>) {
    match expr {
        Expr::Lookup(lookup) => lookups.push(lookup),
        Expr::Template(parts) => parts.iter().for_each(|part| collect(part, lookups)),
        Expr::DateFormat { of, .. } | Expr::NumberFormat { of, .. } => collect(of, lookups),
        _ => {}
    }
}

/// Each hop needs a path on DynamoDB, for writes when only DynamoDB is left.
fn unresolved(
    lookup: &Lookup,
    all: &[&Compiled<'_>],
    rows: &Rows,
    at: &crate::diagnostic::At,
    findings: &mut Findings,
) {
    for hop in &lookup.hops {
        let columns: Vec<usize> = hop.on.iter().map(|pair| pair.1).collect();
        let is_served = all.iter().any(|other| {
            other.entity.source == hop.table
                && other.entity.paths.iter().any(|path| {
                    !path.equal.is_empty()
                        && path.equal.iter().all(|field| {
                            let field = other.entity.fields.get(*field);
                            field.is_some_and(|field| match field.source {
                                FieldSource::Column(column) => columns.contains(&column),
                                _ => false,
                            })
                        })
                })
        });
        if is_served {
            continue;
        }
        let table = rows.name(hop.table);
        let names = columns
            .iter()
            .filter_map(|column| rows.column_at(hop.table, *column));
        let names: Vec<_> = names.map(|column| column.name.as_str()).collect();
        let names = names.join(", ");
        let message = format!("no entity of the contract finds a row of `{table}` by {names}");
        let help = format!(
            "add an entity of `{table}` with the key {names}, or an index with it: while DynamoDB \
             is written alone, this value could not be looked up"
        );
        findings.add(RESOLVE_SCAN, at, message, help);
    }
}

/// Two attributes with the same value.
pub(super) fn same(compiled: &Compiled<'_>, findings: &mut Findings) {
    let attributes = &compiled.resolved.attributes;
    for (i, found) in attributes.iter().enumerate() {
        let same = attributes.iter().take(i).find(|other| {
            other.attribute.expr == found.attribute.expr
                && other.attribute.attribute_type == found.attribute.attribute_type
        });
        if let Some(other) = same {
            let message = format!(
                "`{}` always has the value of `{}`",
                found.attribute.name, other.attribute.name
            );
            let help = "nothing to do, if a key of its own is meant";
            findings.add(SAME_EXPRESSION, &found.at, message, help);
        }
    }
}
