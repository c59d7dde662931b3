//! Lints about the delete of a record that other rows refer to.

use dal_traits::catalog::{ForeignKey, ReferenceAction, SourceTable};
use dal_traits::model::{AccessPath, Expr, FieldSource, References};

use crate::compile::Compiled;
use crate::diagnostic::{DELETE, Findings};
use crate::resolve::Rows;

pub(super) fn look(
    compiled: &Compiled<'_>,
    source: &SourceTable,
    all: &[&Compiled<'_>],
    rows: &Rows,
    findings: &mut Findings,
) {
    if compiled.entity.references == References::Declare {
        return;
    }
    for (place, child) in rows.catalog.tables.iter().enumerate() {
        // Owned children go with their record.
        let is_owned = compiled.entity.attributes.iter().any(|attribute| {
            matches!(&attribute.expr, Expr::Children(children) if children.table == place)
        });
        let keys = child
            .foreign_keys
            .iter()
            .filter(|key| key.parent == source.name);
        for key in keys.filter(|_| !is_owned) {
            let Some(why) = why(key, place, child, all) else {
                continue;
            };
            let message = format!(
                "the foreign key `{}` of `{}` refers to `{}`: {why}",
                key.name, child.name, source.name
            );
            let help = "delete the other rows first, in the application; or write `\"x-dal\": \
                        {\"references\": \"declare\"}` to accept it";
            findings.add(DELETE, &compiled.decl.at, message, help);
        }
    }
}

/// Why a delete of the parent is not what it is on MySQL; none when it is.
fn why(
    key: &ForeignKey,
    table: usize,
    child: &SourceTable,
    all: &[&Compiled<'_>],
) -> Option<&'static str> {
    match key.on_delete {
        ReferenceAction::Cascade => {
            return Some("a delete cascades on MySQL, and is refused on DynamoDB");
        }
        ReferenceAction::SetNull => {
            return Some("a delete sets NULL on MySQL, and is refused on DynamoDB");
        }
        ReferenceAction::Restrict => {}
    }
    let mut is_found = false;
    for other in all.iter().filter(|other| other.entity.source == table) {
        let finds = |path: &&AccessPath| {
            !path.equal.is_empty()
                && path.equal.iter().all(|field| {
                    other
                        .entity
                        .fields
                        .get(*field)
                        .is_some_and(|field| match field.source {
                            FieldSource::Column(column) => key
                                .columns
                                .iter()
                                .any(|name| name == super::name(child, column)),
                            _ => false,
                        })
                })
        };
        for path in other.entity.paths.iter().filter(finds) {
            is_found = true;
            if path.is_strong() {
                return None;
            }
        }
    }
    Some(if is_found {
        "an index finds its rows, which may lag, so that a delete beside an insert is racy"
    } else {
        "no path of the contract finds its rows, so that DynamoDB deletes what MySQL keeps"
    })
}
