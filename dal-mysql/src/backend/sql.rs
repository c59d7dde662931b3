//! The one place that writes SQL: identifiers are quoted, values are bound.

use std::fmt::Write as _;
use std::sync::Arc;

use dal_traits::Result;
use dal_traits::catalog::{ColumnType, SourceTable};
use dal_traits::condition::Comparison;
use dal_traits::model::{Expr, NumberFormat};
use dal_traits::value::Value;
use sqlx::mysql::MySqlArguments;

use super::encode;
use super::table::Column;

/// Compares every character by its bytes, trailing spaces included, as DynamoDB does.
const BYTES: &str = " COLLATE utf8mb4_0900_bin";

/// Makes a session one of `Store`. What would lose or mix writes is set, whatever the server or the
/// application's hooks say; the isolation is the one that was read of the application's sessions.
/// Modes are added to those that the session has: MySQL takes a mode that is set already.
pub(super) const SESSION: &str = "SET @@SESSION.autocommit = 1, \
     @@SESSION.completion_type = 'NO_CHAIN', @@SESSION.transaction_isolation = ?, \
     @@SESSION.sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), NULLIF(?, ''), \
     'STRICT_TRANS_TABLES', 'NO_AUTO_VALUE_ON_ZERO')";

/// Takes the lock under which the next id of a table moves. It ends with its connection.
pub(super) const LOCK_IDS: &str = "SELECT GET_LOCK(LEFT(CONCAT(?, '.', DATABASE()), 64), 10)";

/// A statement with the values bound to it.
#[derive(Clone)]
pub(super) struct Statement {
    pub(super) text: Arc<str>,
    pub(super) arguments: MySqlArguments,
}

impl Statement {
    /// A text that was made when the backend was opened, with its values.
    pub(super) fn new<'a>(
        text: &Arc<str>,
        values: impl IntoIterator<Item = &'a Value>,
    ) -> Result<Self> {
        let mut arguments = MySqlArguments::default();
        for value in values {
            encode::bind(&mut arguments, value)?;
        }
        Ok(Self {
            text: text.clone(),
            arguments,
        })
    }
}

/// A statement that is being written.
#[derive(Default)]
pub(super) struct Sql {
    text: String,
    arguments: MySqlArguments,
    has_terms: bool,
}

impl Sql {
    /// Begins with a text that was made when the backend was opened.
    pub(super) fn from_text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// Begins with such a text that ends in terms of a WHERE.
    pub(super) fn from_terms(text: &str) -> Self {
        Self {
            has_terms: true,
            ..Self::from_text(text)
        }
    }

    pub(super) fn finish(self) -> Statement {
        Statement {
            text: self.text.into(),
            arguments: self.arguments,
        }
    }

    /// Begins a further term of the WHERE.
    pub(super) fn term(&mut self) -> &mut Self {
        self.text
            .push_str(if self.has_terms { " AND " } else { " WHERE " });
        self.has_terms = true;
        self
    }

    fn bind(&mut self, value: &Value) -> Result<()> {
        self.text.push('?');
        encode::bind(&mut self.arguments, value)
    }

    /// Binds a value that the text holds a place for already.
    pub(super) fn bound(&mut self, value: &Value) -> Result<()> {
        encode::bind(&mut self.arguments, value)
    }

    /// The column equals the value, as its index compares; by bytes too where look-ups are exact.
    pub(super) fn found(&mut self, column: &Column, value: &Value) -> Result<()> {
        push(&mut self.text, &found(column));
        for _ in 0..column.places() {
            self.bound(value)?;
        }
        Ok(())
    }

    /// Compares an operand that is never NULL with a value.
    pub(super) fn compared(
        &mut self,
        operand: &str,
        comparison: Comparison,
        value: &Value,
    ) -> Result<()> {
        push(&mut self.text, operand);
        push(&mut self.text, sign(comparison));
        self.bind(value)
    }

    /// As [`compared`](Self::compared) for a column by bytes; NULL is false, not NULL.
    pub(super) fn holds(
        &mut self,
        column: &Column,
        comparison: Comparison,
        value: &Value,
    ) -> Result<()> {
        self.two_valued(column, |sql| {
            sql.compared(&column.comparable, comparison, value)
        })
    }

    /// The column, by bytes, is one of the values.
    pub(super) fn holds_one(&mut self, column: &Column, values: &[&Value]) -> Result<()> {
        self.two_valued(column, |sql| {
            push(&mut sql.text, &column.comparable);
            push(&mut sql.text, " IN (");
            sql.list(&padded(values), |sql, value| sql.bind(value))?;
            sql.text.push(')');
            Ok(())
        })
    }

    /// The text of the column begins with `prefix`, by bytes.
    pub(super) fn begins(&mut self, column: &Column, prefix: &str) -> Result<()> {
        let length = i128::try_from(prefix.chars().count()).unwrap_or(i128::MAX);
        self.two_valued(column, |sql| {
            let _ = write!(sql.text, "LEFT({}, ", column.text);
            sql.bind(&Value::Int(length))?;
            let _ = write!(sql.text, "){BYTES} = ");
            sql.bind(&Value::Text(prefix.to_owned()))
        })
    }

    pub(super) fn is_null(&mut self, column: &Column) {
        push(&mut self.text, &column.name);
        push(&mut self.text, " IS NULL");
    }

    pub(super) fn constant(&mut self, holds: bool) {
        push(&mut self.text, if holds { "TRUE" } else { "FALSE" });
    }

    /// `(…)`, negated if so.
    pub(super) fn group(
        &mut self,
        negated: bool,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        push(&mut self.text, if negated { "(NOT (" } else { "(" });
        write(self)?;
        push(&mut self.text, if negated { "))" } else { ")" });
        Ok(())
    }

    /// Several terms in brackets.
    pub(super) fn all<T>(
        &mut self,
        any: bool,
        terms: &[T],
        mut write: impl FnMut(&mut Self, &T) -> Result<()>,
    ) -> Result<()> {
        self.text.push('(');
        for (i, term) in terms.iter().enumerate() {
            if i > 0 {
                push(&mut self.text, if any { " OR " } else { " AND " });
            }
            write(self, term)?;
        }
        self.text.push(')');
        Ok(())
    }

    /// Strictly behind a position in the order of the operands.
    pub(super) fn behind(&mut self, position: &[(&str, Value)], backward: bool) -> Result<()> {
        let (further, no_nearer) = if backward {
            (Comparison::Lt, Comparison::Le)
        } else {
            (Comparison::Gt, Comparison::Ge)
        };
        let Some(((operand, value), rest)) = position.split_first() else {
            self.constant(false);
            return Ok(());
        };
        if rest.is_empty() {
            return self.compared(operand, further, value);
        }
        // The first comparison is what an index can seek to.
        self.compared(operand, no_nearer, value)?;
        push(&mut self.text, " AND (");
        self.compared(operand, further, value)?;
        push(&mut self.text, " OR (");
        self.compared(operand, Comparison::Eq, value)?;
        push(&mut self.text, " AND ");
        self.behind(rest, backward)?;
        push(&mut self.text, "))");
        Ok(())
    }

    pub(super) fn order(&mut self, operands: &[&str], backward: bool) {
        for (i, operand) in operands.iter().enumerate() {
            push(&mut self.text, if i == 0 { " ORDER BY " } else { ", " });
            push(&mut self.text, operand);
            if backward {
                push(&mut self.text, " DESC");
            }
        }
    }

    pub(super) fn limit(&mut self, rows: u64) -> Result<()> {
        push(&mut self.text, " LIMIT ");
        self.bind(&Value::Int(i128::from(rows)))
    }

    /// The columns are one of the keys.
    pub(super) fn one_of(&mut self, columns: &[&Column], keys: &[&[Value]]) -> Result<()> {
        let is_single = columns.len() == 1;
        let brackets = |sql: &mut Self, bracket| {
            if !is_single {
                sql.text.push(bracket);
            }
        };
        brackets(self, '(');
        for (i, column) in columns.iter().enumerate() {
            push(&mut self.text, if i == 0 { "" } else { ", " });
            push(&mut self.text, &column.name);
        }
        brackets(self, ')');
        push(&mut self.text, " IN (");
        self.list(&padded(keys), |sql, key| {
            brackets(sql, '(');
            sql.list(key, Self::bind)?;
            brackets(sql, ')');
            Ok(())
        })?;
        self.text.push(')');
        Ok(())
    }

    /// A column of an UPDATE becomes the value.
    pub(super) fn set(&mut self, first: bool, column: &Column, value: &Value) -> Result<()> {
        self.assign(first, column);
        self.bind(value)
    }

    /// A number is added to a column of an UPDATE, or taken from it.
    pub(super) fn add(
        &mut self,
        first: bool,
        column: &Column,
        taken: bool,
        value: &Value,
    ) -> Result<()> {
        self.assign(first, column);
        push(&mut self.text, &column.name);
        push(&mut self.text, if taken { " - " } else { " + " });
        self.bind(value)
    }

    /// A column of an UPDATE stays as it is.
    pub(super) fn keep(&mut self, column: &Column) {
        self.assign(true, column);
        push(&mut self.text, &column.name);
    }

    fn assign(&mut self, first: bool, column: &Column) {
        push(&mut self.text, if first { " SET " } else { ", " });
        push(&mut self.text, &column.name);
        push(&mut self.text, " = ");
    }

    fn list<T>(
        &mut self,
        of: &[T],
        mut write: impl FnMut(&mut Self, &T) -> Result<()>,
    ) -> Result<()> {
        for (i, one) in of.iter().enumerate() {
            push(&mut self.text, if i == 0 { "" } else { ", " });
            write(self, one)?;
        }
        Ok(())
    }

    fn two_valued(
        &mut self,
        column: &Column,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.text.push('(');
        write(self)?;
        push(
            &mut self.text,
            if column.nullable { ") IS TRUE" } else { ")" },
        );
        Ok(())
    }
}

fn push(text: &mut String, more: &str) {
    text.push_str(more);
}

const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Eq => " = ",
        Comparison::Ne => " <> ",
        Comparison::Lt => " < ",
        Comparison::Le => " <= ",
        Comparison::Gt => " > ",
        Comparison::Ge => " >= ",
    }
}

/// As many as a power of two, so that statements have few texts: the last one is repeated.
fn padded<T: Copy>(of: &[T]) -> Vec<T> {
    let mut padded = of.to_vec();
    if let Some(last) = of.last() {
        padded.resize(of.len().next_power_of_two(), *last);
    }
    padded
}

/// `` `name` ``
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// What a column is compared as, byte by byte where it is text.
pub(super) fn comparable(
    name: &str,
    column_type: &ColumnType,
    collation: Option<&str>,
) -> (String, String) {
    let text = textual(name, column_type);
    let comparable = match column_type {
        ColumnType::Varchar(_) | ColumnType::Text(_) if collation == Some("utf8mb4_0900_bin") => {
            name.to_owned()
        }
        ColumnType::Char(_)
        | ColumnType::Varchar(_)
        | ColumnType::Text(_)
        | ColumnType::Enum(_)
        | ColumnType::Set(_) => format!("{text}{BYTES}"),
        // As numbers: a YEAR would take 25 for 2025.
        ColumnType::Year | ColumnType::Bit(_) => format!("({name} + 0)"),
        _ => name.to_owned(),
    };
    (comparable, text)
}

/// The text of a column's value as `item::encode` writes it; only to compare and to order by.
fn textual(name: &str, column_type: &ColumnType) -> String {
    match column_type {
        // The mode PAD_CHAR_TO_FULL_LENGTH adds spaces that were not written.
        ColumnType::Char(_) => format!("RTRIM(CONVERT({name} USING utf8mb4))"),
        ColumnType::Varchar(_) | ColumnType::Text(_) | ColumnType::Enum(_) | ColumnType::Set(_) => {
            format!("CONVERT({name} USING utf8mb4)")
        }
        ColumnType::Date
        | ColumnType::DateTime(_)
        | ColumnType::Timestamp(_)
        | ColumnType::Time(_) => format!("CAST({name} AS CHAR)"),
        // The sum has no ZEROFILL.
        _ => format!("CAST({name} + 0 AS CHAR)"),
    }
}

/// The encoded text of a key, to order by; none for what no statement of the kind can compute.
pub(super) fn encoded(expr: &Expr, source: &SourceTable) -> Option<String> {
    Some(format!("{}{BYTES}", part(expr, source)?))
}

fn part(expr: &Expr, source: &SourceTable) -> Option<String> {
    match expr {
        Expr::Column(column) => {
            let column = source.columns.get(*column)?;
            Some(textual(&quoted(&column.name), &column.column_type))
        }
        Expr::Constant(text) => Some(literal(text)),
        Expr::Template(parts) => {
            let parts: Option<Vec<String>> = parts.iter().map(|each| part(each, source)).collect();
            Some(format!("CONCAT({})", parts?.join(", ")))
        }
        Expr::NumberFormat { of, format } => {
            let Expr::Column(column) = of.as_ref() else {
                return None;
            };
            let column = source.columns.get(*column)?;
            let name = quoted(&column.name);
            match (format, &column.column_type) {
                (NumberFormat::Padded(width), ColumnType::Integer { unsigned: true, .. }) => {
                    let digits = textual(&name, &column.column_type);
                    Some(format!(
                        "LPAD({digits}, GREATEST({width}, CHAR_LENGTH({digits})), '0')"
                    ))
                }
                (NumberFormat::Fixed(digits), _) => Some(format!(
                    "CAST(CAST({name} AS DECIMAL(65,{digits})) AS CHAR)"
                )),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A text of the contract, in a form that needs no escapes.
fn literal(text: &str) -> String {
    let mut hex = String::from("_utf8mb4 X'");
    for byte in text.bytes() {
        let _ = write!(hex, "{byte:02X}");
    }
    hex.push('\'');
    hex
}

/// The column equals a value that is bound [`Column::places`] times.
fn found(column: &Column) -> String {
    if column.exact {
        format!("{} = ? AND {} = ?", column.name, column.comparable)
    } else {
        format!("{} = ?", column.name)
    }
}

/// ` WHERE a = ? AND b = ?`; every row where no column is given.
pub(super) fn matching(columns: &[&Column]) -> String {
    if columns.is_empty() {
        return " WHERE TRUE".to_owned();
    }
    let terms: Vec<String> = columns.iter().map(|column| found(column)).collect();
    format!(" WHERE {}", terms.join(" AND "))
}

/// The conditions under which a row has its item in an index: no column NULL, and none empty that
/// is part of a longer text.
pub(super) fn present(nullable: &[String], filled: &[String]) -> String {
    let mut terms = String::new();
    for name in nullable {
        let _ = write!(terms, " AND {name} IS NOT NULL");
    }
    for name in filled {
        let _ = write!(terms, " AND OCTET_LENGTH({name}) > 0");
    }
    terms
}

pub(super) fn select(columns: &[&Column], table: &str) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    format!("SELECT {} FROM {table}", names.join(", "))
}

pub(super) fn insert(columns: &[&Column], table: &str) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let places = vec!["?"; names.len()];
    let (names, places) = (names.join(", "), places.join(", "));
    format!("INSERT INTO {table} ({names}) VALUES ({places})")
}

/// An UPDATE of whole records: every column but the identity.
pub(super) fn replace(columns: &[&Column], identity: &[&Column], table: &str) -> String {
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

pub(super) fn update(table: &str) -> String {
    format!("UPDATE {table}")
}

pub(super) fn delete(table: &str) -> String {
    format!("DELETE FROM {table}")
}

/// Whether a record exists, its lock held.
pub(super) fn probe(identity: &[&Column], table: &str, lock: &str) -> String {
    format!("SELECT 1 FROM {table}{} {lock}", matching(identity))
}

pub(super) fn definition(table: &str) -> Arc<str> {
    format!("SHOW CREATE TABLE {table}").into()
}

pub(super) fn set_next_id(table: &str, next: u64) -> Arc<str> {
    format!("ALTER TABLE {table} AUTO_INCREMENT = {next}").into()
}
