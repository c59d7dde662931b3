//! Lints about what MySQL keeps and DynamoDB does not: keys, references, checks, triggers.

use dal_traits::catalog::SourceTable;
use dal_traits::model::References;

use crate::compile::{Compiled, fields, names_of};
use crate::diagnostic::{
    At, CHECK, COLLATION_UNKNOWN, Findings, GUARD, PREFIX_KEY, REFERENCE, TRIGGER,
    UNIQUE_CONSTRAINT,
};
use crate::resolve::Rows;
use crate::sql;

/// The collations that dal can fold, so that guard items keep what a unique key of MySQL keeps.
const FOLDED: [&str; 5] = [
    "utf8mb4_0900_ai_ci",
    "utf8mb4_0900_bin",
    "utf8mb4_bin",
    "ascii_bin",
    "utf8mb4_general_ci",
];

pub(super) fn look(
    compiled: &Compiled<'_>,
    source: &SourceTable,
    all: &[&Compiled<'_>],
    rows: &Rows,
    findings: &mut Findings,
) {
    let at = &compiled.decl.at;
    unique_keys(compiled, source, findings);
    references(compiled, source, all, rows, findings);
    if !source.triggers.is_empty() {
        triggers(source, at, findings);
    }
    for key in source
        .unique_keys
        .iter()
        .filter(|key| key.prefix || key.columns.is_empty())
    {
        let message = format!(
            "the unique key `{}` compares a prefix or an expression, and is not kept on DynamoDB",
            key.name
        );
        findings.add(PREFIX_KEY, at, message, "make it a key of whole columns");
    }
    for check in &source.checks {
        if sql::range(&check.clause).is_none() {
            let message = format!(
                "the CHECK `{}` is not kept on DynamoDB: {}",
                check.name, check.clause
            );
            let help = "only comparisons of one column with literals are kept on both stores";
            findings.add(CHECK, at, message, help);
        }
    }
}

pub(super) fn triggers(source: &SourceTable, at: &At, findings: &mut Findings) {
    let message = format!(
        "`{}` has triggers, which DynamoDB has not: {}",
        source.name,
        source.triggers.join(", ")
    );
    findings.add(
        TRIGGER,
        at,
        message,
        "move what they do into the application",
    );
}

fn unique_keys(compiled: &Compiled<'_>, source: &SourceTable, findings: &mut Findings) {
    let entity = &compiled.entity;
    let at = &compiled.decl.at;
    for unique in entity.unique.iter().filter(|unique| unique.guard) {
        let fields = names_of(entity, &unique.fields);
        let message = format!(
            "the key of the items does not keep `{}` ({}) unique: guard items will",
            unique.name,
            fields.join(", ")
        );
        let help = "nothing to do; each write of these fields costs one more item";
        findings.add(GUARD, at, message, help);
        for name in fields {
            let place = source
                .position(&name)
                .and_then(|place| source.columns.get(place));
            let Some(column) = place.filter(|column| column.column_type.is_text()) else {
                continue;
            };
            let collation = column.collation.as_deref().unwrap_or("no known collation");
            if !FOLDED.contains(&collation) {
                let message = format!(
                    "the unique key `{}` compares `{name}` by {collation}, which dal cannot fold",
                    unique.name
                );
                let help = format!("give the column one of: {}", FOLDED.join(", "));
                findings.add(COLLATION_UNKNOWN, at, message, help);
            }
        }
    }
    for declared in &compiled.decl.extension.unique_constraints {
        let columns: Vec<&str> = declared.columns.iter().map(|c| c.value.as_str()).collect();
        let same = |key: &[String]| {
            key.len() == columns.len() && key.iter().all(|name| columns.contains(&name.as_str()))
        };
        let mut keys = source.unique_keys.iter();
        if !same(&source.primary_key) && !keys.any(|key| !key.prefix && same(&key.columns)) {
            let message = format!(
                "`{}` has no unique key over {} for the constraint `{}`",
                source.name,
                columns.join(", "),
                declared.name.value
            );
            let help = "add the unique key to MySQL: what only one store keeps is a difference";
            findings.add(UNIQUE_CONSTRAINT, &declared.at, message, help);
        }
    }
}

fn references(
    compiled: &Compiled<'_>,
    source: &SourceTable,
    all: &[&Compiled<'_>],
    rows: &Rows,
    findings: &mut Findings,
) {
    if compiled.entity.references == References::Declare {
        return;
    }
    for key in &source.foreign_keys {
        let is_found = all.iter().any(|parent| {
            rows.source(parent.entity.source).is_some_and(|table| {
                table.name == key.parent
                    && fields::is_implied(&parent.entity, table, &key.parent_columns)
            })
        });
        if !is_found {
            let message = format!(
                "the foreign key `{}` to `{}` is not enforced on DynamoDB: no entity of the \
                 contract has items that are found by {}",
                key.name,
                key.parent,
                key.parent_columns.join(", ")
            );
            let help = format!(
                "add an entity of `{}` with that key, or write `\"x-dal\": {{\"references\": \
                 \"declare\"}}` to accept it",
                key.parent
            );
            findings.add(REFERENCE, &compiled.decl.at, message, help);
        }
    }
}
