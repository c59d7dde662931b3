//! The removal of a record.

use dal_traits::op::{Delete, Reply};
use dal_traits::{Idempotency, Result};

use super::update::{decide, terms};
use crate::backend::MySqlBackend;
use crate::backend::sql::{Sql, Statement};
use crate::backend::table::Table;

const DELETE: &str = "DELETE";

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    delete: &Delete,
) -> Result<Reply> {
    table.writable()?;
    table.is_identity(&delete.identity)?;
    let statement = statement(table, delete)?;
    let done = backend
        .write(DELETE, table, Idempotency::None, &statement)
        .await?;
    let existed = done.rows_affected() > 0;
    if !existed && delete.when.is_some() {
        decide(backend, table, &delete.identity, DELETE, &statement).await?;
        return Ok(Reply::Existed(true));
    }
    Ok(Reply::Existed(existed))
}

fn statement(table: &Table, delete: &Delete) -> Result<Statement> {
    let mut sql = Sql::from_text(&table.texts.delete);
    terms(&mut sql, table, &delete.identity, delete.when.as_ref())?;
    Ok(sql.finish())
}
