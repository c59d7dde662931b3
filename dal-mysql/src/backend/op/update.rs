//! A change of a record that exists.

use dal_traits::op::{self, Change, Reply};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Result};
use sqlx::mysql::MySqlConnection;

use super::conditional::Conditional;
use super::not_found;
use crate::backend::MySqlBackend;
use crate::backend::sql::{Column, Sql};
use crate::backend::table::Table;

/// An update that is ready to be sent.
pub(in crate::backend) struct Update<'a> {
    table: &'a Table,
    asked: &'a op::Update,
    write: Conditional<'a>,
}

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    update: &op::Update,
) -> Result<Reply> {
    let update = Update::new(table, update)?;
    let changed = match update.write.alone(backend).await {
        Ok(done) if done.rows_affected() > 0 => Ok(()),
        Ok(_) if update.asked.when.is_some() => update.write.again(backend).await,
        Ok(_) => Err(not_found()),
        Err(error) => Err(error),
    };
    update.replied(changed)
}

impl<'a> Update<'a> {
    pub(in crate::backend) fn new(table: &'a Table, update: &'a op::Update) -> Result<Self> {
        table.writable()?;
        table.is_identity(&update.identity)?;
        let sql = sets(table, update)?;
        let when = update.when.as_ref();
        Ok(Self {
            table,
            asked: update,
            write: Conditional::new(table, "UPDATE", sql, &update.identity, when)?,
        })
    }

    /// Changes the record in a transaction.
    pub(in crate::backend) async fn on(&self, connection: &mut MySqlConnection) -> Result<Reply> {
        let changed = self.write.on(connection).await;
        self.replied(changed)
    }

    fn replied(&self, changed: Result<()>) -> Result<Reply> {
        match changed {
            Ok(()) => Ok(Reply::Done),
            Err(error) => Err(outside(self.table, self.asked, error)),
        }
    }
}

/// The statement up to its WHERE.
fn sets(table: &Table, update: &op::Update) -> Result<Sql> {
    let mut sql = Sql::from_text(&table.texts.update);
    // Arrays are written behind the row.
    let changes = update.changes.iter();
    let mut changes: Vec<&Change> = changes.filter(|c| !table.is_array(c.field())).collect();
    changes.sort_by_key(|change| change.field());
    for (i, change) in changes.iter().enumerate() {
        let column = table.column(change.field())?;
        if table.entity.identity.contains(&change.field()) {
            let message = "an update cannot change the identity; delete the record, insert another";
            return Err(Error::new(ErrorKind::InvalidValue, message).with("field", &column.field));
        }
        match change {
            Change::Set(_, value) => sql.set(i == 0, column, value)?,
            Change::Add(_, value) => add(&mut sql, i == 0, column, value)?,
        }
    }
    if changes.is_empty()
        && let Some(field) = table.entity.identity.first()
    {
        sql.keep(table.column(*field)?);
    }
    Ok(sql)
}

/// A negative number is taken away: with an unsigned column MySQL knows no sum with one.
fn add(sql: &mut Sql, first: bool, column: &Column, value: &Value) -> Result<()> {
    match value {
        Value::Int(number) => {
            let amount = number.checked_abs().unwrap_or(i128::MAX);
            sql.add(first, column, *number < 0, &Value::Int(amount))
        }
        Value::Decimal(number) => sql.add(
            first,
            column,
            number.sign() == bigdecimal::num_bigint::Sign::Minus,
            &Value::Decimal(number.abs()),
        ),
        Value::Null => sql.set(first, column, value),
        _ => {
            let message = "only whole numbers and decimals can be added to";
            Err(Error::new(ErrorKind::InvalidValue, message).with("field", &column.field))
        }
    }
}

/// A sum outside what a CHECK of one column allows is outside the range of its field, as it is where
/// the range is checked before.
fn outside(table: &Table, update: &op::Update, error: Error) -> Error {
    let Some(constraint) = &error.class().constraint else {
        return error;
    };
    let added = update.changes.iter().find_map(|change| match change {
        Change::Add(field, _) => {
            let column = table.columns.get(*field)?;
            let makes_range = column.ranges.iter().any(|name| *name == **constraint);
            makes_range.then_some(&column.field)
        }
        Change::Set(..) => None,
    });
    match added {
        Some(field) if error.kind() == ErrorKind::ConstraintViolation => {
            let message = "the sum is outside the range that a CHECK constraint allows";
            Error::new(ErrorKind::InvalidValue, message)
                .with("field", field)
                .source(error)
        }
        _ => error,
    }
}
