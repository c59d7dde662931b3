//! Statements whose text is the same in each call.

use std::fmt::Write as _;
use std::sync::Arc;

use super::column::Column;

/// Makes a session one of `Store`. What would lose or mix writes is set, whatever the server or the
/// application's hooks say; the isolation is the one that was read of the application's sessions.
/// Modes are added to those that the session has: MySQL takes a mode that is set already.
pub(in crate::backend) const SESSION: &str = "SET @@SESSION.autocommit = 1, \
     @@SESSION.completion_type = 'NO_CHAIN', @@SESSION.transaction_isolation = ?, \
     @@SESSION.sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), NULLIF(?, ''), \
     'STRICT_TRANS_TABLES', 'NO_AUTO_VALUE_ON_ZERO')";

/// Takes the lock under which the next id of a table moves. It ends with its connection.
pub(in crate::backend) const LOCK_IDS: &str =
    "SELECT GET_LOCK(LEFT(CONCAT(?, '.', DATABASE()), 64), 10)";

/// The column equals a value that is bound [`Column::places`] times.
pub(super) fn found(column: &Column) -> String {
    if column.exact {
        format!("{} = ? AND {} = ?", column.name, column.comparable)
    } else {
        format!("{} = ?", column.name)
    }
}

/// ` WHERE a = ? AND b = ?`; every row where no column is given.
pub(in crate::backend) fn matching(columns: &[&Column]) -> String {
    if columns.is_empty() {
        return " WHERE TRUE".to_owned();
    }
    let terms: Vec<String> = columns.iter().map(|column| found(column)).collect();
    format!(" WHERE {}", terms.join(" AND "))
}

/// The conditions under which a row has its item in an index: no column NULL, and none empty that
/// is part of a longer text.
pub(in crate::backend) fn present(nullable: &[String], filled: &[String]) -> String {
    let mut terms = String::new();
    for name in nullable {
        let _ = write!(terms, " AND {name} IS NOT NULL");
    }
    for name in filled {
        let _ = write!(terms, " AND OCTET_LENGTH({name}) > 0");
    }
    terms
}

pub(in crate::backend) fn select(columns: &[&Column], table: &str) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    format!("SELECT {} FROM {table}", names.join(", "))
}

pub(in crate::backend) fn insert(columns: &[&Column], table: &str) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let places = vec!["?"; names.len()];
    let (names, places) = (names.join(", "), places.join(", "));
    format!("INSERT INTO {table} ({names}) VALUES ({places})")
}

/// An UPDATE of whole records: every column but the identity.
pub(in crate::backend) fn replace(
    columns: &[&Column],
    identity: &[&Column],
    table: &str,
) -> String {
    let mut sets: Vec<String> = columns
        .iter()
        .map(|column| format!("{} = ?", column.name))
        .collect();
    if sets.is_empty() {
        sets.extend(
            identity
                .iter()
                .take(1)
                .map(|column| format!("{} = {}", column.name, column.name)),
        );
    }
    let (sets, matching) = (sets.join(", "), matching(identity));
    format!("UPDATE {table} SET {sets}{matching}")
}

pub(in crate::backend) fn update(table: &str) -> String {
    format!("UPDATE {table}")
}

pub(in crate::backend) fn delete(table: &str) -> String {
    format!("DELETE FROM {table}")
}

/// Whether there is such a row.
pub(in crate::backend) fn one(table: &str) -> String {
    format!("SELECT 1 FROM {table}")
}

/// Whether a record exists, its lock held.
pub(in crate::backend) fn probe(identity: &[&Column], table: &str, lock: &str) -> String {
    format!("{}{} {lock}", one(table), matching(identity))
}

pub(in crate::backend) fn definition(table: &str) -> Arc<str> {
    format!("SHOW CREATE TABLE {table}").into()
}

pub(in crate::backend) fn set_next_id(table: &str, next: u64) -> Arc<str> {
    format!("ALTER TABLE {table} AUTO_INCREMENT = {next}").into()
}
