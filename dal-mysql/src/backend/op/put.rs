//! A whole record in the place of what has its identity.
//!
//! Each statement decides alone: the UPDATE puts the record where it exists, the INSERT where it
//! does not, and whichever finds it otherwise changes nothing. `INSERT … ON DUPLICATE KEY UPDATE`
//! would change the row of any other unique key. MySQL moves `AUTO_INCREMENT` past an id that is
//! inserted.

use dal_traits::op::Reply;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Idempotency, Record, Result};

use crate::backend::MySqlBackend;
use crate::backend::run::execute;
use crate::backend::sql::Statement;
use crate::backend::table::Table;
use crate::error;

/// How often a record may come and go between the two statements.
const ATTEMPTS: u32 = 3;

pub(in crate::backend) async fn run(
    backend: &MySqlBackend,
    table: &Table,
    record: &Record,
) -> Result<Reply> {
    table.writable()?;
    let identity = record.identity();
    table.is_identity(&identity)?;
    let places = 0..table.columns.len();
    let others: Vec<&Value> = places
        .filter(|place| !table.entity.identity.contains(place))
        .map(|place| record.value(place))
        .collect();
    let replace = Statement::new(
        &table.texts.replace,
        others.into_iter().chain(table.identified(&identity)),
    )?;
    let insert = Statement::new(&table.texts.insert, record.values())?;
    let (replace, insert) = (&replace, &insert);
    backend
        .unit("INSERT", table, Idempotency::None, || async move {
            let pool = backend.db.pool();
            let mut connection = match pool.acquire().await {
                Ok(connection) => connection,
                Err(native) => {
                    let native = backend.db.trial.cause(pool, native).await;
                    return Err(error::error("INSERT", &table.source, native));
                }
            };
            for _ in 0..ATTEMPTS {
                if execute(&mut connection, "UPDATE", table, replace).await? > 0 {
                    return Ok(());
                }
                match execute(&mut connection, "INSERT", table, insert).await {
                    // Where look-ups are exact it may exist in another spelling, and then stays.
                    Err(error) if error.kind() == ErrorKind::AlreadyExists && !table.is_exact() => {
                    }
                    inserted => return inserted.map(|_| ()),
                }
            }
            let message = "others insert and delete the record at the same time; try again";
            Err(Error::new(ErrorKind::Conflict, message))
        })
        .await?;
    Ok(Reply::Done)
}
