//! A new record.

use dal_traits::op::Reply;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Idempotency, Record, Result};
use sqlx::mysql::MySqlConnection;

use super::is_constraint;
use crate::backend::MySqlBackend;
use crate::backend::run::{commit, execute, finds};
use crate::backend::sql::Statement;
use crate::backend::table::Table;

const INSERT: &str = "INSERT";

/// An insert that is ready to be sent.
pub(in crate::backend) struct Insert<'a> {
    table: &'a Table,
    record: &'a Record,
    statement: Statement,
    /// The field whose value MySQL gives.
    generated: Option<usize>,
    /// Whether the record exists; none when it has no identity yet.
    probe: Option<Statement>,
}

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    record: &Record,
) -> Result<Reply> {
    let insert = &Insert::new(table, record)?;
    let inserted = backend
        .write(INSERT, table, Idempotency::None, &insert.statement)
        .await;
    match inserted {
        Ok(done) => Ok(insert.reply(done.last_insert_id())),
        // MySQL may judge a constraint before it looks for the identity.
        Err(error) if insert.probe.is_some() && is_constraint(&error) => {
            backend
                .unit(INSERT, table, Idempotency::None, || async move {
                    let mut transaction = backend.begin(INSERT, table).await?;
                    let reply = insert.on(&mut transaction).await?;
                    commit(transaction, INSERT, table).await?;
                    Ok(reply)
                })
                .await
        }
        Err(error) => Err(error),
    }
}

impl<'a> Insert<'a> {
    pub(in crate::backend) fn new(table: &'a Table, record: &'a Record) -> Result<Self> {
        table.writable()?;
        let identity = record.identity();
        let generated = table
            .generated()
            .filter(|field| record.value(*field).is_null());
        let is_given = |field: &usize| generated == Some(*field) || !record.value(*field).is_null();
        if !table.entity.identity.iter().all(is_given) {
            let message = "the identity is not whole, and MySQL gives no id here; give it";
            return Err(Error::new(ErrorKind::InvalidValue, message));
        }
        let has_identity = !identity.iter().any(Value::is_null);
        let probe = || Statement::new(&table.texts.shared, table.identified(&identity));
        Ok(Self {
            table,
            record,
            statement: Statement::new(&table.texts.insert, table.values(record))?,
            generated,
            probe: has_identity.then(probe).transpose()?,
        })
    }

    /// Inserts the record in a transaction. Existence comes before the constraints.
    pub(in crate::backend) async fn on(&self, connection: &mut MySqlConnection) -> Result<Reply> {
        match execute(connection, INSERT, self.table, &self.statement).await {
            Ok(done) => Ok(self.reply(done.last_insert_id())),
            Err(error) => {
                // What made the insert fail is locked: nobody can have removed it.
                if let Some(probe) = &self.probe
                    && is_constraint(&error)
                    && finds(connection, self.table, probe).await?
                {
                    return Err(Error::new(
                        ErrorKind::AlreadyExists,
                        "a record with this identity exists; update or put it",
                    ));
                }
                Err(error)
            }
        }
    }

    fn reply(&self, id: u64) -> Reply {
        let mut record = self.record.clone();
        if let Some(field) = self.generated {
            record.set(field, Value::Int(id.into()));
        }
        Reply::Inserted(record)
    }
}
