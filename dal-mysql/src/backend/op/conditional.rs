//! A write of a record that must exist, and fulfil a condition.

use dal_traits::condition::Condition;
use dal_traits::value::Value;
use dal_traits::{Idempotency, Result};
use sqlx::mysql::{MySqlConnection, MySqlQueryResult};

use super::{condition_failed, not_found};
use crate::backend::run::{commit, execute, finds};
use crate::backend::sql::{Sql, Statement};
use crate::backend::table::Table;
use crate::backend::{MySqlBackend, condition};

/// A statement that changes at most one row, and matches none when it is refused.
pub(super) struct Conditional<'a> {
    table: &'a Table,
    operation: &'static str,
    write: Statement,
    /// Whether the record exists, its lock held.
    probe: Statement,
}

impl<'a> Conditional<'a> {
    /// The statement that begins with `sql`, for the record with this identity.
    pub(super) fn new(
        table: &'a Table,
        operation: &'static str,
        mut sql: Sql,
        identity: &[Value],
        when: Option<&Condition>,
    ) -> Result<Self> {
        terms(&mut sql, table, identity, when)?;
        Ok(Self {
            table,
            operation,
            write: sql.finish(),
            probe: Statement::new(&table.texts.locked, table.identified(identity))?,
        })
    }

    /// Sends the statement alone. It is not repeated after a lost reply: what another caller wrote in
    /// between would be overwritten.
    pub(super) async fn alone(&self, backend: &MySqlBackend) -> Result<MySqlQueryResult> {
        backend
            .write(self.operation, self.table, Idempotency::None, &self.write)
            .await
    }

    /// After it matched no row alone: again in a transaction, which tells why.
    pub(super) async fn again(&self, backend: &MySqlBackend) -> Result<()> {
        let Self {
            table, operation, ..
        } = *self;
        backend
            .unit(operation, table, Idempotency::None, || async move {
                let mut transaction = backend.begin(operation, table).await?;
                self.decided(&mut transaction).await?;
                commit(transaction, operation, table).await
            })
            .await
    }

    /// Writes in a transaction; the record must exist and fulfil the condition.
    pub(super) async fn on(&self, connection: &mut MySqlConnection) -> Result<()> {
        if self.attempt(connection).await? {
            return Ok(());
        }
        self.decided(connection).await
    }

    /// Whether a row was changed.
    pub(super) async fn attempt(&self, connection: &mut MySqlConnection) -> Result<bool> {
        let done = execute(connection, self.operation, self.table, &self.write).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Whether the record exists, and then the write again, whose condition is what can still refuse
    /// it.
    async fn decided(&self, connection: &mut MySqlConnection) -> Result<()> {
        if !finds(connection, self.table, &self.probe).await? {
            return Err(not_found());
        }
        if !self.attempt(connection).await? {
            return Err(condition_failed());
        }
        Ok(())
    }
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
