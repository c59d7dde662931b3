//! The arrays of owned children that `Store` does not carry out.

use crate::catalog::{Column, ColumnType, SourceTable};
use crate::model::{ChildKey, Children, Entity, Member, Model};

/// Why the array at `place` of an entity cannot be written and read alike on both stores; none when
/// it can.
pub(super) fn unsupported(model: &Model, entity: &Entity, place: usize) -> Option<String> {
    let name = &entity.fields.get(place)?.name;
    let known = entity.children(place).and_then(|(children, members)| {
        let tables = model.source(entity).zip(model.child_table(children));
        tables.map(|(source, child)| (children, members, source, child))
    });
    let Some((children, members, source, child)) = known else {
        return Some(format!(
            "`{name}` is an array of rows that the catalog does not hold"
        ));
    };
    let why = parent_key(children, source, child)
        .or_else(|| columns(children, members, child))
        .or_else(|| keys(children, child))
        .or_else(|| order(children, child))
        .or_else(|| references(model, children, source, child));
    let why = why.or_else(|| {
        let entities = model.entities.iter();
        let arrays = entities.flat_map(|of| of.arrays().map(move |(at, _)| (of, at)));
        let tables = arrays.filter_map(|(of, at)| Some(of.children(at)?.0.table));
        let is_shared = tables.filter(|table| *table == children.table).count() > 1;
        is_shared.then(|| format!("another array holds rows of `{}` too", child.name))
    });
    why.map(|why| format!("`{name}` is an array of rows of `{}`: {why}", child.name))
}

/// A row is joined to its children by columns that compare alike on both sides.
fn parent_key(children: &Children, source: &SourceTable, child: &SourceTable) -> Option<String> {
    children.on.iter().find_map(|(own, of_child)| {
        let columns = source.columns.get(*own).zip(child.columns.get(*of_child));
        let Some((own, of_child)) = columns else {
            return Some("the catalog does not hold the columns of its condition".to_owned());
        };
        let is_alike = folds(own).or_else(|| folds(of_child)).is_none();
        (!is_alike || of_child.nullable).then(|| {
            format!(
                "`{}` takes NULL or does not compare by bytes",
                of_child.name
            )
        })
    })
}

fn columns(children: &Children, members: &[Member], child: &SourceTable) -> Option<String> {
    if members.len() != children.members.len() {
        return Some("the catalog does not hold a column of its elements".to_owned());
    }
    let mut known: Vec<(&str, usize)> = Vec::new();
    for (name, place) in &children.members {
        let column = child.columns.get(*place)?;
        if known.iter().any(|(other, of)| other == name || of == place) {
            return Some(format!("it shows `{}` more than once", column.name));
        }
        known.push((name, *place));
        let why = if children.is_parent_key(*place) {
            "is the key of its record, which no element repeats: leave it out"
        } else if column.generated || column.auto_increment {
            "is given by MySQL: leave it out"
        } else if column.on_update_now {
            "is set by MySQL in each update: leave it out"
        } else if let ColumnType::Other(_) = column.column_type {
            "is of a type that dal does not store"
        } else {
            continue;
        };
        return Some(format!("`{}` {why}", column.name));
    }
    None
}

/// DynamoDB keeps a unique key of the children only within one record, and by bytes.
fn keys(children: &Children, child: &SourceTable) -> Option<String> {
    let primary = ("PRIMARY", &child.primary_key);
    if let Some(key) = child.unique_keys.iter().find(|key| key.prefix) {
        return Some(format!(
            "its unique key `{}` is over an expression or the beginning of a column",
            key.name
        ));
    }
    let unique = child.unique_keys.iter();
    let unique = unique.map(|key| (key.name.as_str(), &key.columns));
    let keys = children.keys(child);
    for (name, columns) in std::iter::once(primary).chain(unique) {
        let columns = columns.iter().filter_map(|column| child.position(column));
        let columns: Vec<(usize, &Column)> = columns
            .filter_map(|place| Some((place, child.columns.get(place)?)))
            .collect();
        let is_given = columns.iter().any(|(_, column)| column.auto_increment);
        if columns.is_empty() || is_given {
            continue;
        }
        if !keys.iter().any(|key| key.name == name) {
            return Some(format!(
                "its unique key `{name}` is not made of the key of the record and of columns that \
                 the array shows"
            ));
        }
        let folding = columns.iter().find_map(|(_, column)| folds(column));
        if let Some(column) = folding {
            return Some(format!(
                "its unique key `{name}` does not compare `{column}` by bytes"
            ));
        }
    }
    let is_shown = |place: usize, column: &Column| {
        children.member(place).is_some()
            || children.is_parent_key(place)
            || column.generated
            || column.auto_increment
    };
    let mut hidden = child.columns.iter().enumerate();
    let hidden = hidden.find(|(place, column)| !is_shown(*place, column));
    if let Some((_, hidden)) = hidden
        && (keys.len() != 1 || only_key(children, child).is_none())
    {
        return Some(format!(
            "it does not show `{}`, and has not exactly one unique key by which the rows that stay \
             are found",
            hidden.name
        ));
    }
    None
}

/// The first unique key that finds each child of a record: its members are never NULL.
fn only_key(children: &Children, child: &SourceTable) -> Option<ChildKey> {
    children.keys(child).into_iter().find(|key| {
        let columns = key
            .members
            .iter()
            .map(|member| children.members.get(*member));
        let mut columns = columns.map(|found| child.columns.get(found?.1));
        columns.all(|column| column.is_some_and(|column| !column.nullable))
    })
}

/// Elements are ordered by what they show; else they stay as they were written, which is the order of
/// the ids that MySQL gives.
fn order(children: &Children, child: &SourceTable) -> Option<String> {
    if children.ordered_by().is_some() {
        return None;
    }
    let mut order = children
        .order
        .iter()
        .filter(|by| !children.is_parent_key(by.column));
    let first = order.next()?;
    let column = child.columns.get(first.column)?;
    let is_of_insertion = column.auto_increment && !first.descending && order.next().is_none();
    if !is_of_insertion {
        return Some("a column that it does not show orders it".to_owned());
    }
    only_key(children, child).map(|_| {
        "ids that it does not show order it, and a unique key finds its rows; order it by a column \
         that it shows"
            .to_owned()
    })
}

fn references(
    model: &Model,
    children: &Children,
    source: &SourceTable,
    child: &SourceTable,
) -> Option<String> {
    let mut own = child.foreign_keys.iter();
    let other = own.find(|key| !is_of_owner(children, child, source, key));
    if let Some(key) = other {
        return Some(format!("its rows have the foreign key `{}`", key.name));
    }
    let mut tables = model.catalog.tables.iter();
    tables.find_map(|table| {
        let mut keys = table.foreign_keys.iter();
        let key = keys.find(|key| key.parent == child.name)?;
        Some(format!(
            "`{}` refers to its rows by the foreign key `{}`",
            table.name, key.name
        ))
    })
}

/// Whether a foreign key of the child table is the one by which the children belong to their record.
pub(super) fn is_of_owner(
    children: &Children,
    child: &SourceTable,
    source: &SourceTable,
    key: &crate::catalog::ForeignKey,
) -> bool {
    let mut columns = key.columns.iter();
    key.parent == source.name
        && columns.all(|column| {
            let place = child.position(column);
            place.is_some_and(|place| children.is_parent_key(place))
        })
}

/// The name of a column whose values MySQL takes for equal although their bytes differ.
fn folds(column: &Column) -> Option<&str> {
    use ColumnType::{Double, Enum, Float, Set};
    let is_exact = match &column.column_type {
        Float | Double => false,
        Enum(_) | Set(_) => column.collation.as_deref() == Some("utf8mb4_0900_bin"),
        _ => column.compares_by_bytes(),
    };
    (!is_exact).then_some(&column.name)
}
