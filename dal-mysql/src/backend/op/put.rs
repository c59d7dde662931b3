//! A whole record in the place of what has its identity.
//!
//! Each statement decides alone: the UPDATE puts the record where it exists, the INSERT where it
//! does not, and whichever finds it otherwise changes nothing. `INSERT … ON DUPLICATE KEY UPDATE`
//! would change the row of any other unique key. MySQL moves `AUTO_INCREMENT` past an id that is
//! inserted.

use dal_traits::op::Reply;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Idempotency, Record, Result};
use sqlx::mysql::MySqlConnection;

use crate::backend::MySqlBackend;
use crate::backend::run::execute;
use crate::backend::sql::Statement;
use crate::backend::table::Table;
use crate::error;

/// How often a record may come and go between the two statements.
const ATTEMPTS: u32 = 3;

/// A put that is ready to be sent.
pub(in crate::backend) struct Put<'a> {
    table: &'a Table,
    replace: Statement,
    insert: Statement,
}

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    record: &Record,
) -> Result<Reply> {
    let put = &Put::new(table, record)?;
    backend
        .unit("INSERT", table, Idempotency::None, || async move {
            let pool = backend.db.pool();
            match pool.acquire().await {
                Ok(mut connection) => put.on(&mut connection).await,
                Err(native) => {
                    let native = backend.db.trial.cause(pool, native).await;
                    Err(error::error("INSERT", &table.source, native))
                }
            }
        })
        .await
}

impl<'a> Put<'a> {
    pub(in crate::backend) fn new(table: &'a Table, record: &Record) -> Result<Self> {
        table.writable()?;
        let identity = record.identity();
        table.is_identity(&identity)?;
        let places = 0..table.columns.len();
        let others: Vec<&Value> = places
            .filter(|place| !table.entity.identity.contains(place))
            .map(|place| record.value(place))
            .collect();
        Ok(Self {
            table,
            replace: Statement::new(
                &table.texts.replace,
                others.into_iter().chain(table.identified(&identity)),
            )?,
            insert: Statement::new(&table.texts.insert, table.values(record))?,
        })
    }

    /// Puts the record, in a transaction or without.
    pub(in crate::backend) async fn on(&self, connection: &mut MySqlConnection) -> Result<Reply> {
        let table = self.table;
        let mut exists = None;
        for _ in 0..ATTEMPTS {
            let replaced = execute(connection, "UPDATE", table, &self.replace).await?;
            if replaced.rows_affected() > 0 {
                return Ok(Reply::Done);
            }
            match execute(connection, "INSERT", table, &self.insert).await {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => exists = Some(error),
                inserted => return inserted.map(|_| Reply::Done),
            }
        }
        // Where look-ups are exact it exists in another spelling, and stays.
        if let Some(error) = exists.filter(|_| table.is_exact()) {
            return Err(error);
        }
        let message = "others insert and delete the record at the same time; try again";
        Err(Error::new(ErrorKind::Conflict, message))
    }
}
