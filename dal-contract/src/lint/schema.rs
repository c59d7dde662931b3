//! Lints about what MySQL keeps and DynamoDB does not: keys, references, checks, triggers.

use dal_traits::catalog::{CheckConstraint, ForeignKey, SourceTable};
use dal_traits::model::{Expr, References};

use super::deletes;
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
    references(
        compiled,
        source.foreign_keys.iter(),
        all,
        rows,
        at,
        findings,
    );
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
    let mut ranged = Vec::new();
    for check in &source.checks {
        // One range for each column.
        match sql::range(&check.clause) {
            Some((column, _)) if !ranged.contains(&column) => ranged.push(column),
            _ => unkept(check, at, findings),
        }
    }
    deletes::look(compiled, source, all, rows, findings);
    for found in &compiled.resolved.attributes {
        if let Expr::Children(children) = &found.attribute.expr
            && let Some(child) = rows.source(children.table)
        {
            of_children(compiled, child, source, all, rows, &found.at, findings);
        }
    }
}

/// What MySQL keeps of the rows that are the children of an entity.
fn of_children(
    compiled: &Compiled<'_>,
    child: &SourceTable,
    source: &SourceTable,
    all: &[&Compiled<'_>],
    rows: &Rows,
    at: &At,
    findings: &mut Findings,
) {
    if !child.triggers.is_empty() {
        triggers(child, at, findings);
    }
    for check in &child.checks {
        unkept(check, at, findings);
    }
    let others = child
        .foreign_keys
        .iter()
        .filter(|key| key.parent != source.name);
    references(compiled, others, all, rows, at, findings);
}

fn unkept(check: &CheckConstraint, at: &At, findings: &mut Findings) {
    let message = format!(
        "the CHECK `{}` is not kept on DynamoDB: {}",
        check.name, check.clause
    );
    let help = "kept is one comparison of each column of the entity itself with literals";
    findings.add(CHECK, at, message, help);
}

fn triggers(source: &SourceTable, at: &At, findings: &mut Findings) {
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
            "guard items keep `{}` ({}) unique: the key of the items does not",
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

fn references<'k>(
    compiled: &Compiled<'_>,
    keys: impl Iterator<Item = &'k ForeignKey>,
    all: &[&Compiled<'_>],
    rows: &Rows,
    at: &At,
    findings: &mut Findings,
) {
    if compiled.entity.references == References::Declare {
        return;
    }
    for key in keys {
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
            findings.add(REFERENCE, at, message, help);
        }
    }
}
