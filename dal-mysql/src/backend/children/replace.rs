//! The children of one record become others. Its row is locked.

use dal_traits::value::Value;
use dal_traits::{Class, Error, ErrorKind, Result};
use sqlx::mysql::MySqlConnection;

use super::array::Array;
use super::read;
use crate::backend::run::query;
use crate::backend::sql::children::insert_children;
use crate::backend::sql::{Column, Sql, Statement};
use crate::error;

/// Rows of one INSERT have few sizes, so that statements have few texts: up to this each, then powers
/// of two.
const EACH: usize = 16;
/// The most rows of one INSERT, and the most values ("Prepared statements" take 65,535).
const ROWS: usize = 256;
const VALUES: usize = 32_768;
/// Keys in one DELETE.
const KEYS: usize = 128;

/// Adds children to a record that has none.
pub(super) async fn insert(
    connection: &mut MySqlConnection,
    array: &Array,
    identity: &[Value],
    rows: &[Vec<Value>],
) -> Result<()> {
    let rows: Vec<&[Value]> = rows.iter().map(Vec::as_slice).collect();
    write_rows(connection, array, identity, &rows, &[]).await
}

/// Removes the children of a record.
pub(super) async fn delete(
    connection: &mut MySqlConnection,
    array: &Array,
    identity: &[Value],
) -> Result<()> {
    let statement = Statement::new(&array.texts.delete.as_str().into(), identity)?;
    execute(connection, "DELETE", array, &statement).await
}

/// Makes the children of a record those that are given. What stays as it is is not written, and where
/// rows are found by a key they keep what the array does not show.
///
/// `is_alone` says that nothing was read in the transaction yet: then a read sees all that was written
/// before the row of the record was locked, and needs no locks of its own, which would be of gaps too.
pub(super) async fn replace(
    connection: &mut MySqlConnection,
    array: &Array,
    identity: &[Value],
    rows: &[Vec<Value>],
    is_alone: bool,
) -> Result<()> {
    let text = if is_alone {
        &array.texts.select
    } else {
        &array.texts.select_locked
    };
    let statement = Statement::new(text, identity)?;
    let held = query(&statement).fetch_all(&mut *connection).await;
    let held = held.map_err(|native| error::error("SELECT", &array.source, native))?;
    let held = read::elements(array, held.iter(), 0)?;
    let Some(key) = &array.key else {
        if held == rows {
            return Ok(());
        }
        if !held.is_empty() {
            delete(connection, array, identity).await?;
        }
        return insert(connection, array, identity, rows).await;
    };
    let of = |row: &[Value]| -> Vec<Value> {
        let members = key.iter().map(|member| row.get(*member).cloned());
        members.map(Option::unwrap_or_default).collect()
    };
    // A row that changes is written in its place, unless another unique key could be in the way.
    let is_gone = |row: &&Vec<Value>| {
        let stays = |new: &Vec<Value>| {
            if array.is_only_key {
                of(new) == of(row)
            } else {
                new == *row
            }
        };
        !rows.iter().any(stays)
    };
    let gone: Vec<Vec<Value>> = held.iter().filter(is_gone).map(|row| of(row)).collect();
    delete_some(connection, array, identity, key, &gone, held.len()).await?;
    let new = rows.iter().filter(|row| !held.contains(row));
    let new: Vec<&[Value]> = new.map(Vec::as_slice).collect();
    let replaced: Vec<&Column> = if array.is_only_key {
        let members = array.members.iter().enumerate();
        let others = members.filter(|(place, _)| !key.contains(place));
        others.map(|(_, column)| column).collect()
    } else {
        Vec::new()
    };
    write_rows(connection, array, identity, &new, &replaced).await
}

/// Removes the children with these keys, of so many.
async fn delete_some(
    connection: &mut MySqlConnection,
    array: &Array,
    identity: &[Value],
    key: &[usize],
    gone: &[Vec<Value>],
    of: usize,
) -> Result<()> {
    if gone.len() == of {
        return if gone.is_empty() {
            Ok(())
        } else {
            delete(connection, array, identity).await
        };
    }
    let columns = key.iter().filter_map(|member| array.members.get(*member));
    let columns: Vec<&Column> = columns.collect();
    for some in gone.chunks(KEYS) {
        let mut sql = Sql::from_terms(&array.texts.delete);
        for value in identity {
            sql.bound(value)?;
        }
        let keys: Vec<&[Value]> = some.iter().map(Vec::as_slice).collect();
        sql.term().one_of(&columns, &keys)?;
        execute(connection, "DELETE", array, &sql.finish()).await?;
    }
    Ok(())
}

async fn write_rows(
    connection: &mut MySqlConnection,
    array: &Array,
    identity: &[Value],
    rows: &[&[Value]],
    replaced: &[&Column],
) -> Result<()> {
    let most = VALUES / (identity.len() + array.members.len()).max(1);
    let mut rest = rows;
    while !rest.is_empty() {
        let count = if rest.len() <= EACH {
            rest.len()
        } else {
            1 << rest.len().ilog2()
        };
        let (some, behind) = rest.split_at(count.min(most).clamp(1, ROWS));
        rest = behind;
        let statement = insert_children(&array.child(), identity, some, replaced)?;
        execute(connection, "INSERT", array, &statement).await?;
    }
    Ok(())
}

async fn execute(
    connection: &mut MySqlConnection,
    operation: &'static str,
    array: &Array,
    statement: &Statement,
) -> Result<()> {
    let done = query(statement).execute(connection).await;
    done.map(|_| ()).map_err(|native| {
        let error = error::error(operation, &array.source, native);
        if error.kind() != ErrorKind::AlreadyExists {
            return error;
        }
        // What exists is a child, not the record.
        let class = Class::new(ErrorKind::UniqueViolation);
        let class = class.constraint(format!("{}.PRIMARY", array.source));
        let message = "a row of another record, or of none, has the key of a child";
        Error::of(class, message).source(error)
    })
}
