//! The columns that the fields of an entity are.

use dal_traits::catalog::{self, ColumnType, SourceTable};
use dal_traits::model::{Compare, Entity, FieldSource, ValueType};

use super::sql::Column;

/// One for each field that is a column; arrays come behind them.
///
/// # Errors
/// The field that is not carried.
pub(super) fn of(entity: &Entity, source: &SourceTable) -> Result<Vec<Column>, String> {
    let mut columns = Vec::with_capacity(entity.fields.len());
    let fields = entity.fields.iter().enumerate();
    for (place, field) in fields.filter(|(_, field)| field.source != FieldSource::Children) {
        let found = source_column(entity, source, place);
        let (Some(found), ValueType::Column(column_type)) = (found, &field.value_type) else {
            let what = match field.source {
                FieldSource::Children | FieldSource::Derived => {
                    "computed from other columns or rows"
                }
                FieldSource::Column(_) => "a column that the catalog does not have",
            };
            return Err(format!(
                "its field `{}` is {what}, which this version does not carry; use hand-written code \
                 for the entity",
                field.name
            ));
        };
        if let ColumnType::Other(text) = column_type {
            let why = format!(
                "its field `{}` is a {text}, which dal does not store",
                field.name
            );
            return Err(why);
        }
        let column = Column::of(found);
        columns.push(Column {
            column_type: column_type.clone(),
            exact: field.compare == Compare::Exact
                && found.column_type.is_text()
                && column.comparable != column.name,
            ranges: if field.range.is_some() {
                ranges(source, &found.name)
            } else {
                Vec::new()
            },
            ..column
        });
    }
    Ok(columns)
}

/// The CHECK constraints that name this column and no other.
fn ranges(source: &SourceTable, column: &str) -> Vec<String> {
    let checks = source.checks.iter().filter(|check| {
        let mut names = check.clause.split('`').skip(1).step_by(2);
        names.all(|name| name.eq_ignore_ascii_case(column))
    });
    checks.map(|check| check.name.clone()).collect()
}

/// The column of a field; none when it is not one.
pub(super) fn source_column<'a>(
    entity: &Entity,
    source: &'a SourceTable,
    field: usize,
) -> Option<&'a catalog::Column> {
    match entity.fields.get(field)?.source {
        FieldSource::Column(column) => source.columns.get(column),
        FieldSource::Children | FieldSource::Derived => None,
    }
}
