//! What is read, but will surprise: keys, columns, the schema, derived values, paths.

mod columns;
mod deletes;
mod derived;
mod keys;
mod paths;
mod schema;

use dal_traits::catalog::SourceTable;

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

/// The name of a column, for messages.
fn name(source: &SourceTable, column: usize) -> &str {
    source.columns.get(column).map_or("", |column| &column.name)
}
