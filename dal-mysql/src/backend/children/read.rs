//! Records of rows that hold one child each.

use std::cmp::Ordering;

use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Record, Result};
use sqlx::Row;
use sqlx::mysql::MySqlRow;

use super::array::Array;
use crate::backend::decode;
use crate::backend::table::Table;

/// The rows of one record.
pub(in crate::backend) type Rows<'r> = Vec<&'r MySqlRow>;

/// The rows of each record, in the order of their numbers; where they have none, in that of the
/// identities.
pub(in crate::backend) fn groups<'r>(table: &Table, rows: &'r [MySqlRow]) -> Result<Vec<Rows<'r>>> {
    if table.arrays.is_empty() {
        return Ok(rows.iter().map(|row| vec![row]).collect());
    }
    let keyed = rows.iter().map(|row| Ok((key(table, row)?, row)));
    let mut keyed: Vec<(Vec<Value>, &MySqlRow)> = keyed.collect::<Result<_>>()?;
    keyed.sort_by(|one, other| order(&one.0, &other.0));
    let groups = keyed.chunk_by(|one, other| one.0 == other.0);
    Ok(groups
        .map(|group| group.iter().map(|(_, row)| *row).collect())
        .collect())
}

/// What rows of one record have in common.
fn key(table: &Table, row: &MySqlRow) -> Result<Vec<Value>> {
    let arrays = table.arrays.iter().map(|array| 1 + array.members.len());
    let number = table.columns.len() + arrays.sum::<usize>();
    if row.len() == number {
        return decode::identity(table, row);
    }
    let number = row.try_get::<u64, _>(number).map_err(|_| {
        let message = "a row of the reply has no number";
        Error::new(ErrorKind::Decode, message)
    })?;
    Ok(vec![Value::Int(number.into())])
}

/// Values of one field of a key always have an order.
fn order(one: &[Value], other: &[Value]) -> Ordering {
    let mut orders = one.iter().zip(other);
    orders
        .find_map(|(one, other)| one.order(other).filter(|order| order.is_ne()))
        .unwrap_or(Ordering::Equal)
}

/// The record of its rows.
pub(in crate::backend) fn record(table: &Table, rows: &[&MySqlRow]) -> Result<Option<Record>> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut record = decode::record(table, first)?;
    let mut place = table.columns.len();
    for array in &table.arrays {
        let children = elements(array, rows.iter().copied(), place)?;
        record.set(array.field, Value::Rows(children));
        place += 1 + array.members.len();
    }
    Ok(Some(record))
}

/// The children that rows hold, in their order: behind a column that is NULL where there is none.
pub(super) fn elements<'r>(
    array: &Array,
    rows: impl Iterator<Item = &'r MySqlRow>,
    place: usize,
) -> Result<Vec<Vec<Value>>> {
    let mut children = Vec::new();
    for row in rows {
        let is_there = row
            .try_get_raw(place)
            .is_ok_and(|raw| !decode::is_null(&raw));
        if is_there {
            let written = decode::values(array.written.iter(), row, place)?;
            let values = decode::values(array.members.iter(), row, place + 1)?;
            children.push((written, values));
        }
    }
    children.sort_by(|one, other| order(&one.0, &other.0));
    let mut children: Vec<Vec<Value>> = children.into_iter().map(|(_, values)| values).collect();
    array.children.sort(&mut children);
    Ok(children)
}

/// The first record of a read.
pub(in crate::backend) fn first(table: &Table, rows: &[MySqlRow]) -> Result<Option<Record>> {
    match groups(table, rows)?.first() {
        Some(rows) => record(table, rows),
        None => Ok(None),
    }
}

/// Every record of a read.
pub(in crate::backend) fn records(table: &Table, rows: &[MySqlRow]) -> Result<Vec<Record>> {
    let groups = groups(table, rows)?.into_iter();
    let records = groups.map(|rows| record(table, &rows));
    records.filter_map(Result::transpose).collect()
}
