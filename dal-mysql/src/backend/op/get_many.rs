//! Several records by identity.

use std::cmp::Ordering;

use dal_traits::op::Reply;
use dal_traits::value::Value;
use dal_traits::{Record, Result};

use super::get;
use crate::backend::sql::{Column, Sql, Statement, matching};
use crate::backend::table::Table;
use crate::backend::{MySqlBackend, children};

/// Keys in one statement.
const KEYS: usize = 128;

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    keys: &[Vec<Value>],
) -> Result<Reply> {
    for key in keys {
        table.is_identity(key)?;
    }
    if !table.is_matched {
        return one_by_one(backend, table, keys).await;
    }
    let mut wanted: Vec<&[Value]> = keys.iter().map(Vec::as_slice).collect();
    wanted.sort_by(|one, other| order(one, other));
    wanted.dedup();
    let columns = identity(table)?;
    let mut found: Vec<(Vec<Value>, Record)> = Vec::with_capacity(wanted.len());
    for some in wanted.chunks(KEYS) {
        let mut sql = Sql::from_text(&table.texts.select);
        sql.term().one_of(&columns, some)?;
        let read = table.whole(sql.finish(), false)?;
        for record in children::records(table, &backend.rows(table, &read).await?)? {
            found.push((record.identity(), record));
        }
    }
    found.sort_by(|one, other| order(&one.0, &other.0));
    let record = |key: &Vec<Value>| {
        let place = found.binary_search_by(|(identity, _)| order(identity, key));
        let found = place.ok().and_then(|place| found.get(place));
        found.map(|(_, record)| record.clone())
    };
    Ok(Reply::Records(keys.iter().map(record).collect()))
}

/// Where MySQL takes two texts for the same identity, only a statement for each key says which
/// record is whose.
async fn one_by_one(backend: &MySqlBackend, table: &Table, keys: &[Vec<Value>]) -> Result<Reply> {
    let columns = identity(table)?;
    let text = format!("{}{}", table.texts.select, matching(&columns)).into();
    let mut records = Vec::with_capacity(keys.len());
    for key in keys {
        let read = Statement::new(&text, table.identified(key))?;
        let read = table.whole(read, false)?;
        records.push(get::one(backend, table, &read).await?);
    }
    Ok(Reply::Records(records))
}

fn identity(table: &Table) -> Result<Vec<&Column>> {
    let fields = table.entity.identity.iter();
    fields.map(|field| table.column(*field)).collect()
}

/// Values of one field always have an order.
fn order(one: &[Value], other: &[Value]) -> Ordering {
    let mut orders = one.iter().zip(other);
    orders
        .find_map(|(one, other)| one.order(other).filter(|order| order.is_ne()))
        .unwrap_or(Ordering::Equal)
}
