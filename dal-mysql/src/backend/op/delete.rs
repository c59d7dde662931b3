//! The removal of a record.

use dal_traits::Result;
use dal_traits::op::{self, Reply};
use sqlx::mysql::MySqlConnection;

use super::conditional::Conditional;
use crate::backend::MySqlBackend;
use crate::backend::sql::Sql;
use crate::backend::table::Table;

/// A delete that is ready to be sent.
pub(in crate::backend) struct Delete<'a> {
    write: Conditional<'a>,
    has_condition: bool,
}

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    delete: &op::Delete,
) -> Result<Reply> {
    let delete = Delete::new(table, delete)?;
    let existed = delete.write.alone(backend).await?.rows_affected() > 0;
    if !existed && delete.has_condition {
        delete.write.again(backend).await?;
        return Ok(Reply::Existed(true));
    }
    Ok(Reply::Existed(existed))
}

impl<'a> Delete<'a> {
    pub(in crate::backend) fn new(table: &'a Table, delete: &op::Delete) -> Result<Self> {
        table.writable()?;
        table.is_identity(&delete.identity)?;
        let sql = Sql::from_text(&table.texts.delete);
        let when = delete.when.as_ref();
        Ok(Self {
            write: Conditional::new(table, "DELETE", sql, &delete.identity, when)?,
            has_condition: when.is_some(),
        })
    }

    /// What it comes to when there is no record.
    pub(in crate::backend) fn of_missing(&self) -> Result<Reply> {
        if self.has_condition {
            return Err(super::not_found());
        }
        Ok(Reply::Existed(false))
    }

    /// Removes the record in a transaction.
    pub(in crate::backend) async fn on(&self, connection: &mut MySqlConnection) -> Result<Reply> {
        if self.has_condition {
            self.write.on(connection).await?;
            return Ok(Reply::Existed(true));
        }
        self.write.attempt(connection).await.map(Reply::Existed)
    }
}
