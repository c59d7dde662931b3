//! A new record.

use dal_traits::op::Reply;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Idempotency, Record, Result};

use super::is_constraint;
use crate::backend::MySqlBackend;
use crate::backend::run::{commit, execute, finds};
use crate::backend::sql::Statement;
use crate::backend::table::Table;

const INSERT: &str = "INSERT";

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    mut record: Record,
) -> Result<Reply> {
    table.writable()?;
    let identity = record.identity();
    let generated = table
        .generated()
        .filter(|field| record.value(*field).is_null());
    let has_identity = !identity.iter().any(Value::is_null);
    let is_given = |field: &usize| generated == Some(*field) || !record.value(*field).is_null();
    if !table.entity.identity.iter().all(is_given) {
        let message = "the identity is not whole, and MySQL gives no id here; give it";
        return Err(Error::new(ErrorKind::InvalidValue, message));
    }
    let statement = Statement::new(&table.texts.insert, record.values())?;
    let inserted = backend
        .write(INSERT, table, Idempotency::None, &statement)
        .await;
    match inserted {
        Ok(done) => {
            if let Some(field) = generated {
                record.set(field, Value::Int(done.last_insert_id().into()));
            }
        }
        Err(error) if has_identity && is_constraint(&error) => {
            decide(backend, table, &identity, &statement).await?;
        }
        Err(error) => return Err(error),
    }
    Ok(Reply::Inserted(record))
}

/// MySQL answered with a constraint, which it may judge before it looks for the identity. In one
/// transaction: whether the record exists, and else the insert again.
async fn decide(
    backend: &MySqlBackend,
    table: &Table,
    identity: &[Value],
    insert: &Statement,
) -> Result<()> {
    let probe = Statement::new(&table.texts.shared, table.identified(identity))?;
    let (probe, insert) = (&probe, insert);
    backend
        .unit(INSERT, table, Idempotency::None, || async move {
            let mut transaction = backend.begin(INSERT, table).await?;
            if finds(&mut transaction, table, probe).await? {
                return Err(Error::new(
                    ErrorKind::AlreadyExists,
                    "a record with this identity exists; update or put it",
                ));
            }
            execute(&mut transaction, INSERT, table, insert).await?;
            commit(transaction, INSERT, table).await
        })
        .await
}
