//! One record by a unique path.

use dal_traits::op::{Get, Reply};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Record, Result};

use crate::backend::sql::{Column, Statement};
use crate::backend::table::Table;
use crate::backend::{MySqlBackend, children};
use crate::native::is_foreign_text;

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    get: &Get,
) -> Result<Reply> {
    let (path, compiled) = table.path(get.path)?;
    let Some(text) = &compiled.get else {
        let message = format!("`{}` may find several records; query it", path.name);
        return Err(Error::new(ErrorKind::NoPath, message));
    };
    if get.key.len() != path.equal.len() {
        let message = format!("`{}` takes {} values", path.name, path.equal.len());
        return Err(Error::new(ErrorKind::NoPath, message));
    }
    if get.key.iter().any(Value::is_null) {
        return Ok(Reply::Record(None));
    }
    let columns: Result<Vec<&Column>> = path.equal.iter().map(|f| table.column(*f)).collect();
    let columns = columns?;
    let values = columns
        .iter()
        .zip(&get.key)
        .flat_map(|(column, value)| std::iter::repeat_n(value, column.places()));
    let statement = Statement::new(text, values)?;
    Ok(Reply::Record(one(backend, table, &statement).await?))
}

/// The record that a statement finds, if it finds one.
pub(in crate::backend) async fn one(
    backend: &MySqlBackend,
    table: &Table,
    statement: &Statement,
) -> Result<Option<Record>> {
    let rows = match backend.rows(table, statement).await {
        Err(error) if is_foreign_text(&error) => return Ok(None),
        rows => rows?,
    };
    children::first(table, &rows)
}
