//! A condition on a record that is not written.

use dal_traits::Result;
use dal_traits::op::{self, Reply};
use sqlx::mysql::MySqlConnection;

use super::conditional::terms;
use super::{condition_failed, not_found};
use crate::backend::run::finds;
use crate::backend::sql::{Sql, Statement};
use crate::backend::table::Table;

/// A check that is ready to be sent. Its record stays locked until the transaction ends.
pub(super) struct Check<'a> {
    table: &'a Table,
    /// Whether the record exists and fulfils the condition.
    fulfils: Statement,
    /// Whether it exists.
    probe: Statement,
}

impl<'a> Check<'a> {
    pub(super) fn new(table: &'a Table, check: &op::Check) -> Result<Self> {
        table.is_identity(&check.identity)?;
        let mut sql = Sql::from_text(&table.texts.one);
        terms(&mut sql, table, &check.identity, check.when.as_ref())?;
        sql.shared();
        Ok(Self {
            table,
            fulfils: sql.finish(),
            probe: Statement::new(&table.texts.shared, table.identified(&check.identity))?,
        })
    }

    pub(super) async fn on(&self, connection: &mut MySqlConnection) -> Result<Reply> {
        if finds(connection, self.table, &self.fulfils).await? {
            return Ok(Reply::Done);
        }
        if !finds(connection, self.table, &self.probe).await? {
            return Err(not_found());
        }
        // It may have come to be in between.
        if finds(connection, self.table, &self.fulfils).await? {
            return Ok(Reply::Done);
        }
        Err(condition_failed())
    }
}
