//! Statements that are written for one call.

use std::fmt::Write as _;

use dal_traits::Result;
use dal_traits::condition::Comparison;
use dal_traits::value::Value;
use sqlx::mysql::MySqlArguments;

use super::super::encode;
use super::Statement;
use super::column::{BYTES, Column};
use super::texts::found;

/// A statement that is being written.
#[derive(Default)]
pub(in crate::backend) struct Sql {
    pub(super) text: String,
    arguments: MySqlArguments,
    has_terms: bool,
}

impl Sql {
    /// Begins with a text that was made when the backend was opened.
    pub(in crate::backend) fn from_text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// Begins with such a text that ends in terms of a WHERE.
    pub(in crate::backend) fn from_terms(text: &str) -> Self {
        Self {
            has_terms: true,
            ..Self::from_text(text)
        }
    }

    pub(in crate::backend) fn finish(self) -> Statement {
        Statement {
            text: self.text.into(),
            arguments: self.arguments,
        }
    }

    /// Begins a further term of the WHERE.
    pub(in crate::backend) fn term(&mut self) -> &mut Self {
        self.text
            .push_str(if self.has_terms { " AND " } else { " WHERE " });
        self.has_terms = true;
        self
    }

    pub(super) fn bind(&mut self, value: &Value) -> Result<()> {
        self.text.push('?');
        encode::bind(&mut self.arguments, value)
    }

    /// Binds a value that the text holds a place for already.
    pub(in crate::backend) fn bound(&mut self, value: &Value) -> Result<()> {
        encode::bind(&mut self.arguments, value)
    }

    /// The column equals the value, as its index compares; by bytes too where look-ups are exact.
    pub(in crate::backend) fn found(&mut self, column: &Column, value: &Value) -> Result<()> {
        push(&mut self.text, &found(column));
        for _ in 0..column.places() {
            self.bound(value)?;
        }
        Ok(())
    }

    /// Compares an operand that is never NULL with a value.
    pub(in crate::backend) fn compared(
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
    pub(in crate::backend) fn holds(
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
    pub(in crate::backend) fn holds_one(
        &mut self,
        column: &Column,
        values: &[&Value],
    ) -> Result<()> {
        self.two_valued(column, |sql| {
            push(&mut sql.text, &column.comparable);
            push(&mut sql.text, " IN (");
            sql.list(&padded(values), |sql, value| sql.bind(value))?;
            sql.text.push(')');
            Ok(())
        })
    }

    /// The text of the column begins with `prefix`, by bytes.
    pub(in crate::backend) fn begins(&mut self, column: &Column, prefix: &str) -> Result<()> {
        let length = i128::try_from(prefix.chars().count()).unwrap_or(i128::MAX);
        self.two_valued(column, |sql| {
            let _ = write!(sql.text, "LEFT({}, ", column.text);
            sql.bind(&Value::Int(length))?;
            let _ = write!(sql.text, "){BYTES} = ");
            sql.bind(&Value::Text(prefix.to_owned()))
        })
    }

    pub(in crate::backend) fn is_null(&mut self, column: &Column) {
        push(&mut self.text, &column.name);
        push(&mut self.text, " IS NULL");
    }

    pub(in crate::backend) fn constant(&mut self, holds: bool) {
        push(&mut self.text, if holds { "TRUE" } else { "FALSE" });
    }

    /// `(…)`, negated if so.
    pub(in crate::backend) fn group(
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
    pub(in crate::backend) fn all<T>(
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
    pub(in crate::backend) fn behind(
        &mut self,
        position: &[(&str, Value)],
        backward: bool,
    ) -> Result<()> {
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

    pub(in crate::backend) fn order(&mut self, operands: &[&str], backward: bool) {
        for (i, operand) in operands.iter().enumerate() {
            push(&mut self.text, if i == 0 { " ORDER BY " } else { ", " });
            push(&mut self.text, operand);
            if backward {
                push(&mut self.text, " DESC");
            }
        }
    }

    pub(in crate::backend) fn limit(&mut self, rows: u64) -> Result<()> {
        push(&mut self.text, " LIMIT ");
        self.bind(&Value::Int(i128::from(rows)))
    }

    /// Locks the rows against changes.
    pub(in crate::backend) fn shared(&mut self) {
        push(&mut self.text, " FOR SHARE");
    }

    /// The columns are one of the keys.
    pub(in crate::backend) fn one_of(
        &mut self,
        columns: &[&Column],
        keys: &[&[Value]],
    ) -> Result<()> {
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
    pub(in crate::backend) fn set(
        &mut self,
        first: bool,
        column: &Column,
        value: &Value,
    ) -> Result<()> {
        self.assign(first, column);
        self.bind(value)
    }

    /// A number is added to a column of an UPDATE, or taken from it.
    pub(in crate::backend) fn add(
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
    pub(in crate::backend) fn keep(&mut self, column: &Column) {
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

pub(super) fn push(text: &mut String, more: &str) {
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
