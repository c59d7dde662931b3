//! Pages: how far to read, where one begins, and where the next one does.

use dal_traits::item;
use dal_traits::op::{Page, Reply};
use dal_traits::value::Value;
use dal_traits::{Cursor, Error, ErrorKind, Record, Result};
use sqlx::mysql::MySqlRow;

use super::children;
use super::table::Table;

/// What is read to know whether there is a next page.
pub(super) fn look_ahead(limit: u32) -> Result<u64> {
    if limit == 0 {
        let message = "a page has at least one record; ask for a greater limit";
        return Err(Error::new(ErrorKind::InvalidValue, message));
    }
    Ok(u64::from(limit) + 1)
}

/// The records of a page, and the cursor behind the last of them if there are more.
pub(super) fn cut(
    table: &Table,
    rows: &[MySqlRow],
    limit: u32,
    behind: impl Fn(&Record) -> Cursor,
) -> Result<Reply> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = children::groups(table, rows)?;
    let read = found.iter().take(limit);
    let records = read.filter_map(|rows| children::record(table, rows).transpose());
    let records: Vec<Record> = records.collect::<Result<_>>()?;
    let next = records.last().filter(|_| found.len() > limit).map(behind);
    Ok(Reply::Page(Page { records, next }))
}

/// What the record of a cursor has in a field that orders.
pub(super) fn value(position: &Record, field: usize) -> Result<Value> {
    match position.value(field) {
        Value::Null => Err(nowhere()),
        value => Ok(value.clone()),
    }
}

/// The text of a key of the record of a cursor, which is what the statement orders by.
pub(super) fn text(position: &Record, attribute: usize) -> Result<Value> {
    let text = item::order_text(position, attribute)?;
    text.map(Value::Text).ok_or_else(nowhere)
}

fn nowhere() -> Error {
    let message = "the cursor has no place in this order; begin with the first page";
    Error::new(ErrorKind::InvalidCursor, message)
}
