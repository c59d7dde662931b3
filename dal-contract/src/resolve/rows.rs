//! Tables and columns of MySQL by name, or, without a catalog, those that the contract names.

use dal_traits::catalog::{Catalog, Column, ColumnType, SourceTable};

use crate::diagnostic::{At, Findings, NO_COLUMN, NO_TABLE};
use crate::json::{Text, nearest};

#[derive(Debug)]
pub(crate) struct Rows {
    pub catalog: Catalog,
    /// Whether the catalog is MySQL's; otherwise types and keys are not known.
    pub is_known: bool,
}

impl Rows {
    pub fn new(catalog: Option<&Catalog>) -> Self {
        Self {
            catalog: catalog.cloned().unwrap_or_default(),
            is_known: catalog.is_some(),
        }
    }

    pub fn source(&self, table: usize) -> Option<&SourceTable> {
        self.catalog.tables.get(table)
    }

    pub fn column_at(&self, table: usize, column: usize) -> Option<&Column> {
        self.source(table)?.columns.get(column)
    }

    pub fn name(&self, table: usize) -> &str {
        self.source(table).map_or("", |table| &table.name)
    }

    /// The place of a table; an unknown one is a finding.
    pub fn table(&mut self, name: &Text, findings: &mut Findings) -> Option<usize> {
        let known = self
            .catalog
            .tables
            .iter()
            .position(|t| t.name == name.value);
        if known.is_some() {
            return known;
        }
        if !self.is_known {
            self.catalog.tables.push(SourceTable {
                name: name.value.clone(),
                ..SourceTable::default()
            });
            return Some(self.catalog.tables.len() - 1);
        }
        let names = self.catalog.tables.iter().map(|table| table.name.as_str());
        let help = match nearest(&name.value, names) {
            Some(near) => format!("is `{near}` meant?"),
            None => "correct the name, or read the catalog anew: `dal catalog`".to_owned(),
        };
        let message = format!("MySQL has no table `{}`", name.value);
        findings.add(NO_TABLE, &name.at, message, help);
        None
    }

    /// The place of a column, without a finding.
    pub fn find(&self, table: usize, column: &str) -> Option<usize> {
        self.source(table)?.position(column)
    }

    /// The place of a column; an unknown one is a finding.
    pub fn column(
        &mut self,
        table: usize,
        column: &str,
        at: &At,
        findings: &mut Findings,
    ) -> Option<usize> {
        let known = self.find(table, column);
        if known.is_some() {
            return known;
        }
        if !self.is_known {
            return self.assume(table, column);
        }
        let source = self.source(table)?;
        let names: Vec<_> = source.columns.iter().map(|c| c.name.as_str()).collect();
        let help = nearest(column, names.iter().copied()).map_or_else(
            || format!("its columns: {}", names.join(", ")),
            |near| format!("is `{near}` meant?"),
        );
        let message = format!("the table `{}` has no column `{column}`", source.name);
        findings.add(NO_COLUMN, at, message, help);
        None
    }

    /// Takes a column for granted.
    fn assume(&mut self, table: usize, column: &str) -> Option<usize> {
        let columns = &mut self.catalog.tables.get_mut(table)?.columns;
        columns.push(Column {
            name: column.to_owned(),
            column_type: ColumnType::Other("not known".to_owned()),
            nullable: false,
            default: None,
            collation: None,
            auto_increment: false,
            generated: false,
            on_update_now: false,
        });
        Some(columns.len() - 1)
    }
}
