//! Statements and transactions through the client, with its retries, spans and deadlines.

use std::future::Future;

use dal_traits::{Error, ErrorKind, Idempotency, OpCx, Result};
use sqlx::mysql::{MySqlConnection, MySqlQueryResult, MySqlRow};
use sqlx::{AssertSqlSafe, MySqlTransaction};

use super::MySqlBackend;
use super::sql::Statement;
use super::table::Table;
use crate::error::{commit_error, error};

impl MySqlBackend {
    /// The rows of a read.
    pub(super) async fn rows(&self, table: &Table, statement: &Statement) -> Result<Vec<MySqlRow>> {
        let source = &table.source;
        self.db
            .statement("SELECT", source, Idempotency::Read, || {
                Box::pin(query(statement).fetch_all(self.db.pool()))
            })
            .await
    }

    /// One write.
    pub(super) async fn write(
        &self,
        operation: &'static str,
        table: &Table,
        idempotency: Idempotency,
        statement: &Statement,
    ) -> Result<MySqlQueryResult> {
        self.db
            .statement(operation, &table.source, idempotency, || {
                Box::pin(query(statement).execute(self.db.pool()))
            })
            .await
    }

    /// Several statements, repeated as a whole and ended at the deadline.
    pub(super) async fn unit<T, F, Fut>(
        &self,
        operation: &'static str,
        table: &Table,
        idempotency: Idempotency,
        mut work: F,
    ) -> Result<T>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let deadline = OpCx::current().deadline();
        self.db
            .unit(operation, &table.source, idempotency, || {
                let work = Box::pin(work());
                async move {
                    let Some(deadline) = deadline else {
                        return work.await;
                    };
                    let ended = tokio::time::timeout_at(deadline, work).await;
                    ended.unwrap_or_else(|_late| Err(late()))
                }
            })
            .await
    }

    pub(super) async fn begin(
        &self,
        operation: &'static str,
        table: &Table,
    ) -> Result<MySqlTransaction<'static>> {
        let begun = self.db.begin().await;
        begun.map_err(|native| error(operation, &table.source, native))
    }
}

/// One statement of a transaction.
pub(super) async fn execute(
    connection: &mut MySqlConnection,
    operation: &'static str,
    table: &Table,
    statement: &Statement,
) -> Result<MySqlQueryResult> {
    let done = query(statement).execute(connection).await;
    done.map_err(|native| error(operation, &table.source, native))
}

/// Whether a statement of a transaction finds a row.
pub(super) async fn finds(
    connection: &mut MySqlConnection,
    table: &Table,
    statement: &Statement,
) -> Result<bool> {
    let row = query(statement).fetch_optional(connection).await;
    let row = row.map_err(|native| error("SELECT", &table.source, native))?;
    Ok(row.is_some())
}

pub(super) async fn commit(
    transaction: MySqlTransaction<'static>,
    operation: &'static str,
    table: &Table,
) -> Result<()> {
    let committed = transaction.commit().await;
    committed.map_err(|native| commit_error(operation, &table.source, native))
}

pub(super) fn query(
    statement: &Statement,
) -> sqlx::query::Query<'static, sqlx::MySql, sqlx::mysql::MySqlArguments> {
    let text = AssertSqlSafe(statement.text.clone());
    sqlx::query_with(text, statement.arguments.clone())
}

fn late() -> Error {
    let message = "the deadline passed before the reply came; read back what the call should have \
                   done";
    Error::new(ErrorKind::Timeout, message)
}
