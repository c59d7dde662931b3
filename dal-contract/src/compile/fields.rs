//! Fields, identity and unique constraints of an entity.

use dal_traits::catalog::{Column, ColumnType, SourceTable};
use dal_traits::model::{
    AttributeType, Entity, Expr, Field, FieldSource, Member, UniqueConstraint, ValueRange,
    ValueType,
};

use super::carry;
use crate::resolve::{ResolvedEntity, Rows};
use crate::sql;

/// Columns that an attribute carries, in the order of the table; then children, then derived values.
pub(super) fn of(resolved: &ResolvedEntity, source: &SourceTable, rows: &Rows) -> Vec<Field> {
    let keys = super::keys(resolved);
    let carried: Vec<Vec<usize>> = resolved
        .attributes
        .iter()
        .enumerate()
        .map(|(place, a)| carry::carried(&a.attribute, keys.contains(&place), source))
        .collect();
    // An attribute that is the column itself says best how the column compares.
    let is_plain = |place: usize| {
        let attribute = resolved.attributes.get(place);
        attribute.is_some_and(|found| matches!(found.attribute.expr, Expr::Column(_)))
    };
    let mut fields = Vec::new();
    for (column, definition) in source.columns.iter().enumerate() {
        let holders = |plain: bool| {
            let mut places = carried.iter().enumerate();
            places
                .find(|(place, columns)| columns.contains(&column) && is_plain(*place) == plain)
                .map(|(place, _)| place)
        };
        let Some(attribute) = holders(true).or_else(|| holders(false)) else {
            continue;
        };
        fields.push(Field {
            name: definition.name.clone(),
            source: FieldSource::Column(column),
            value_type: ValueType::Column(of_column(resolved, attribute, definition)),
            nullable: definition.nullable,
            default: definition.default.clone(),
            on_update_now: definition.on_update_now,
            auto_increment: definition.auto_increment,
            attribute,
            range: range(source, &definition.name),
            compare: compare(resolved, attribute),
            sensitive: sensitive(resolved, attribute),
        });
    }
    for (place, found) in resolved.attributes.iter().enumerate() {
        let is_carried = carried.get(place).is_none_or(|columns| !columns.is_empty());
        let source = match &found.attribute.expr {
            Expr::Children(_) => FieldSource::Children,
            Expr::Constant(_) => continue,
            // A key that the contract only names is made of fields, and no field itself.
            _ if is_carried || found.declared.is_none() => continue,
            _ => FieldSource::Derived,
        };
        fields.push(Field {
            name: found.attribute.name.clone(),
            source,
            value_type: derived(&found.attribute.expr, resolved.source, rows),
            nullable: source == FieldSource::Derived,
            default: None,
            on_update_now: false,
            auto_increment: false,
            attribute: place,
            range: None,
            compare: found.compare,
            sensitive: found.sensitive,
        });
    }
    fields
}

/// The type of a column's values; a BOOLEAN that the contract stores as a number is one.
fn of_column(resolved: &ResolvedEntity, place: usize, column: &Column) -> ColumnType {
    let attribute = resolved.attributes.get(place);
    let is_number = attribute.is_some_and(|a| a.attribute.attribute_type == AttributeType::N);
    match &column.column_type {
        ColumnType::Bool if is_number => ColumnType::Integer {
            bits: 8,
            unsigned: false,
        },
        other => other.clone(),
    }
}

/// The type of a value that no column of the source table holds.
fn derived(expr: &Expr, source: usize, rows: &Rows) -> ValueType {
    match expr {
        Expr::Lookup(lookup) => {
            let table = lookup.hops.last().map_or(source, |hop| hop.table);
            let column = rows.column_at(table, lookup.column);
            column.map_or(ValueType::Composed, |column| {
                ValueType::Column(column.column_type.clone())
            })
        }
        Expr::Children(children) => members(&children.members, children.table, rows),
        Expr::Object(columns) => members(columns, source, rows),
        _ => ValueType::Composed,
    }
}

fn members(columns: &[(String, usize)], table: usize, rows: &Rows) -> ValueType {
    let member = |(name, place): &(String, usize)| {
        let column = rows.column_at(table, *place)?;
        Some(Member {
            name: name.clone(),
            column_type: column.column_type.clone(),
            nullable: column.nullable,
        })
    };
    ValueType::Rows(columns.iter().filter_map(member).collect())
}

fn compare(resolved: &ResolvedEntity, place: usize) -> dal_traits::model::Compare {
    let found = resolved.attributes.get(place);
    found.map_or_else(Default::default, |found| found.compare)
}

fn sensitive(resolved: &ResolvedEntity, place: usize) -> bool {
    resolved
        .attributes
        .get(place)
        .is_some_and(|found| found.sensitive)
}

fn range(source: &SourceTable, column: &str) -> Option<ValueRange> {
    source
        .checks
        .iter()
        .filter_map(|check| sql::range(&check.clause))
        .find(|(of, _)| of.eq_ignore_ascii_case(column))
        .map(|(_, range)| range)
}

/// The fields of the primary key, as far as there are any.
pub(super) fn identity(fields: &[Field], source: &SourceTable) -> Vec<usize> {
    let key = source.primary_key.iter();
    key.filter_map(|name| field_of(fields, source, name))
        .collect()
}

fn field_of(fields: &[Field], source: &SourceTable, column: &str) -> Option<usize> {
    let column = source.position(column)?;
    let mut fields = fields.iter();
    fields.position(|field| field.source == FieldSource::Column(column))
}

/// The unique constraints whose columns all are fields; first the primary key, when the item's key
/// does not keep it.
pub(super) fn unique(entity: &Entity, source: &SourceTable) -> Vec<UniqueConstraint> {
    let primary = ("PRIMARY".to_owned(), source.primary_key.clone());
    let others = source
        .unique_keys
        .iter()
        .filter(|key| !key.prefix)
        .map(|key| (key.name.clone(), key.columns.clone()));
    std::iter::once(primary)
        .chain(others)
        .filter(|(_, columns)| !columns.is_empty())
        .filter_map(|(name, columns)| {
            let fields: Option<Vec<usize>> = columns
                .iter()
                .map(|column| field_of(&entity.fields, source, column))
                .collect();
            let guard = !is_implied(entity, source, &columns);
            (guard || name != "PRIMARY").then_some(UniqueConstraint {
                name,
                fields: fields?,
                guard,
            })
        })
        .collect()
}

/// Whether rows that agree in `columns`, as MySQL compares them, have the same item key.
pub(crate) fn is_implied(entity: &Entity, source: &SourceTable, columns: &[String]) -> bool {
    let keys = [Some(entity.partition_key), entity.sort_key];
    keys.into_iter().flatten().all(|key| {
        let inputs = entity
            .attributes
            .get(key)
            .and_then(|a| carry::inputs(&a.expr));
        inputs.is_some_and(|inputs| {
            inputs.iter().all(|column| {
                source.columns.get(*column).is_some_and(|column| {
                    columns
                        .iter()
                        .any(|name| name.eq_ignore_ascii_case(&column.name))
                        && column.compares_by_bytes()
                })
            })
        })
    })
}
