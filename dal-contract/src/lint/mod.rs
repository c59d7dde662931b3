//! What is read, but will surprise: keys, columns, the schema, derived values, paths.

mod columns;
mod deletes;
mod derived;
mod keys;
mod paths;
mod schema;

use dal_traits::catalog::{Column, SourceTable};

use crate::compile::Compiled;
use crate::diagnostic::Findings;
use crate::resolve::Rows;

/// Everything that can be said about one entity, given the others.
pub(crate) fn entity(
    compiled: &Compiled<'_>,
    all: &[&Compiled<'_>],
    rows: &Rows,
    findings: &mut Findings,
) {
    derived::same(compiled, findings);
    let Some(source) = rows
        .source(compiled.entity.source)
        .filter(|_| rows.is_known)
    else {
        return;
    };
    keys::look(compiled, source, findings);
    columns::look(compiled, source, findings);
    schema::look(compiled, source, all, rows, findings);
    derived::look(compiled, all, rows, findings);
    paths::look(compiled, source, findings);
}

pub(crate) use paths::orders;

/// Whether MySQL may take two different byte strings of this column for the same text. Only
/// `utf8mb4_0900_bin` compares byte by byte: the other binary collations ignore trailing spaces.
pub(crate) fn compares_more_than_bytes(column: &Column) -> bool {
    column.column_type.is_text() && column.collation.as_deref() != Some("utf8mb4_0900_bin")
}

/// The name of a column, for messages.
fn name(source: &SourceTable, column: usize) -> &str {
    source.columns.get(column).map_or("", |column| &column.name)
}
