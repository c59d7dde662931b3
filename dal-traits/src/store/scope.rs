//! What `Store` does not carry out yet: refused by entity, never done by halves.

use super::children;
use crate::catalog::{ColumnType, ForeignKey, SourceTable};
use crate::model::{Entity, Expr, FieldSource, Model, ValueType};

/// Why `Store` cannot use an entity at all; none when it can. A backend refuses the same entities.
pub fn unsupported(model: &Model, entity: &Entity) -> Option<String> {
    if entity.identity.is_empty() {
        return Some("no attribute carries its primary key".to_owned());
    }
    for (place, field) in entity.fields.iter().enumerate() {
        let name = &field.name;
        match (field.source, &field.value_type) {
            (FieldSource::Children, _) => {
                if let Some(why) = children::unsupported(model, entity, place) {
                    return Some(why);
                }
                continue;
            }
            (FieldSource::Derived, _) | (_, ValueType::Composed | ValueType::Rows(_)) => {
                return Some(format!("`{name}` is derived"));
            }
            (_, ValueType::Column(ColumnType::Other(column_type))) => {
                return Some(format!("`{name}` is a {column_type}"));
            }
            _ => {}
        }
        if field.auto_increment && !entity.identity.contains(&place) {
            return Some(format!(
                "`{name}` is AUTO_INCREMENT and not part of the primary key"
            ));
        }
    }
    for (place, attribute) in entity.attributes.iter().enumerate() {
        let is_array = entity.arrays().any(|(_, array)| array.attribute == place);
        if !is_array && reads_other_rows(&attribute.expr) {
            return Some(format!(
                "the attribute `{}` takes values of other rows",
                attribute.name
            ));
        }
    }
    let source = model.source(entity)?;
    let key = source.foreign_keys.first()?;
    Some(format!("its table has the foreign key `{}`", key.name))
}

/// Why records of an entity cannot be deleted; none when they can. Owned children go with their
/// record.
pub fn undeletable(model: &Model, entity: &Entity) -> Option<String> {
    let source = model.source(entity)?;
    let is_owned = |place: usize, table: &SourceTable, key: &ForeignKey| {
        let mut arrays = entity.arrays().filter_map(|(at, _)| entity.children(at));
        arrays.any(|(of, _)| of.table == place && children::is_of_owner(of, table, source, key))
    };
    let mut tables = model.catalog.tables.iter().enumerate();
    tables.find_map(|(place, table)| {
        let mut keys = table.foreign_keys.iter();
        let key = keys.find(|key| key.parent == source.name && !is_owned(place, table, key))?;
        Some(format!(
            "`{}` refers to its rows by the foreign key `{}`",
            table.name, key.name
        ))
    })
}

fn reads_other_rows(expr: &Expr) -> bool {
    match expr {
        Expr::Lookup(_) | Expr::Children(_) => true,
        Expr::Template(parts) => parts.iter().any(reads_other_rows),
        Expr::DateFormat { of, .. } | Expr::NumberFormat { of, .. } => reads_other_rows(of),
        _ => false,
    }
}
