//! A change of a record that exists.

use dal_traits::condition::Condition;
use dal_traits::op::{Change, Reply, Update};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Idempotency, Result};

use super::{condition_failed, not_found};
use crate::backend::run::{commit, execute, finds};
use crate::backend::sql::{Sql, Statement};
use crate::backend::table::{Column, Table};
use crate::backend::{MySqlBackend, condition};

const UPDATE: &str = "UPDATE";

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    update: &Update,
) -> Result<Reply> {
    table.writable()?;
    table.is_identity(&update.identity)?;
    let statement = statement(table, update)?;
    // Not repeated after a lost reply: what another caller wrote in between would be overwritten.
    let changed = backend
        .write(UPDATE, table, Idempotency::None, &statement)
        .await;
    match changed.map(|done| done.rows_affected()) {
        Ok(0) if update.when.is_some() => {
            decide(backend, table, &update.identity, UPDATE, &statement).await
        }
        Ok(0) => Err(not_found()),
        Ok(_) => Ok(()),
        Err(error) => Err(outside(table, update, error)),
    }?;
    Ok(Reply::Done)
}

/// The write matched no row. In one transaction: whether the record exists, and then the write again,
/// whose condition is what can still refuse it.
pub(super) async fn decide(
    backend: &MySqlBackend,
    table: &Table,
    identity: &[Value],
    operation: &'static str,
    write: &Statement,
) -> Result<()> {
    let probe = Statement::new(&table.texts.locked, table.identified(identity))?;
    let probe = &probe;
    backend
        .unit(operation, table, Idempotency::None, || async move {
            let mut transaction = backend.begin(operation, table).await?;
            if !finds(&mut transaction, table, probe).await? {
                return Err(not_found());
            }
            if execute(&mut transaction, operation, table, write).await? == 0 {
                return Err(condition_failed());
            }
            commit(transaction, operation, table).await
        })
        .await
}

fn statement(table: &Table, update: &Update) -> Result<Statement> {
    let mut sql = Sql::from_text(&table.texts.update);
    let mut changes: Vec<&Change> = update.changes.iter().collect();
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
    terms(&mut sql, table, &update.identity, update.when.as_ref())?;
    Ok(sql.finish())
}

/// The WHERE of a write: identity and condition.
pub(super) fn terms(
    sql: &mut Sql,
    table: &Table,
    identity: &[Value],
    when: Option<&Condition>,
) -> Result<()> {
    for (field, value) in table.entity.identity.iter().zip(identity) {
        sql.term().found(table.column(*field)?, value)?;
    }
    match when {
        Some(when) => condition::write(sql.term(), table, when),
        None => Ok(()),
    }
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
fn outside(table: &Table, update: &Update, error: Error) -> Error {
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
