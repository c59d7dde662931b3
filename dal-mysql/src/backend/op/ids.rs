//! The ids that MySQL gives.

use dal_traits::op::Reply;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Idempotency, Result};
use sqlx::Row;
use sqlx::mysql::MySqlConnection;

use crate::backend::MySqlBackend;
use crate::backend::run::query;
use crate::backend::sql::{self, Statement};
use crate::backend::table::Table;

/// MySQL gives an id to a row, and to nothing else.
pub(in crate::backend) fn next() -> Error {
    let message = "MySQL gives an id only to a row; insert the record without one";
    Error::new(ErrorKind::Unsupported, message)
}

/// Moves the next id past `id`, where it is not past it already.
pub(in crate::backend) async fn pass(
    backend: &MySqlBackend,
    table: &Table,
    id: i128,
) -> Result<Reply> {
    if table.generated().is_none() {
        let message = "MySQL gives no ids to this entity: it has no AUTO_INCREMENT column";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let past = u64::try_from(id.saturating_add(1).max(1))
        .map_err(|_| Error::new(ErrorKind::Limit, "there is no further id"))?;
    let next = read_next(backend, table).await?;
    if next.is_some_and(|next| next >= past) {
        return Ok(Reply::Done);
    }
    let definition = Statement::new(&table.texts.definition, [])?;
    let lock = Statement::new(&sql::LOCK_IDS.into(), [&Value::Text(table.source.clone())])?;
    let change = Statement::new(&sql::set_next_id(&table.quoted, past), [])?;
    let (lock, definition, change) = (&lock, &definition, &change);
    backend
        .db
        .statement("ALTER TABLE", &table.source, Idempotency::ByToken, || {
            Box::pin(async move {
                let mut connection = backend.db.pool().acquire().await?;
                // The lock ends with its connection.
                connection.close_on_drop();
                move_past(&mut connection, past, [lock, definition, change]).await
            })
        })
        .await?;
    Ok(Reply::Done)
}

/// The next id that MySQL would give; none when the definition of the table does not say it.
pub(in crate::backend) async fn read_next(
    backend: &MySqlBackend,
    table: &Table,
) -> Result<Option<u64>> {
    let definition = Statement::new(&table.texts.definition, [])?;
    let rows = backend.rows(table, &definition).await?;
    let text = rows.first().map(|row| row.try_get::<String, _>(1));
    Ok(text.and_then(|text| next_id(&text.ok()?)))
}

/// One at a time: two of them could move it back.
async fn move_past(
    connection: &mut MySqlConnection,
    past: u64,
    [lock, definition, change]: [&Statement; 3],
) -> Result<(), sqlx::Error> {
    let locked: Option<i64> = query(lock).fetch_one(&mut *connection).await?.try_get(0)?;
    if locked != Some(1) {
        return Err(sqlx::Error::PoolTimedOut);
    }
    let row = query(definition).fetch_one(&mut *connection).await?;
    if next_id(row.try_get(1)?).is_none_or(|next| next < past) {
        query(change).execute(connection).await?;
    }
    Ok(())
}

/// The next id of a table by its definition, which says nothing when it is the first. Not from
/// `information_schema`, whose values are by default up to a day old.
fn next_id(definition: &str) -> Option<u64> {
    // The options of the table follow the bracket that begins a line; a comment, which may hold
    // anything, comes behind the id, and so do partitions.
    let (_, options) = definition.split_once("\n) ")?;
    let options = options.split(" COMMENT='").next()?;
    let options = options.split('\n').next()?;
    let Some((_, rest)) = options.split_once(" AUTO_INCREMENT=") else {
        return Some(1);
    };
    rest.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::next_id;

    #[test]
    fn the_next_id_is_read_from_the_options_of_the_table() {
        let table = "CREATE TABLE `t` (\n  `id` int COMMENT ' AUTO_INCREMENT=9 '\n)";
        let options = "ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT";
        assert_eq!(next_id(&format!("{table} {options}")), Some(42));
        assert_eq!(next_id(&format!("{table} ENGINE=InnoDB DEFAULT")), Some(1));
        for behind in [
            " COMMENT='users (old) AUTO_INCREMENT=7'",
            "\n/*!50100 PARTITION BY HASH (`id`)\nPARTITIONS 4 */",
        ] {
            assert_eq!(next_id(&format!("{table} {options}{behind}")), Some(42));
        }
    }
}
