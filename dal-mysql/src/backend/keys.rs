//! What a copy needs beside the operations of `Store`: the keys of all rows, and the newest id.

use dal_traits::model::Entity;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Result};

use super::sql::Column;
use super::sql::{self, Sql};
use super::{MySqlBackend, decode, op, page};

impl MySqlBackend {
    /// The identities of the rows behind `after`, at most so many, in the order in which MySQL
    /// compares its primary key. Only the columns of the key are read, so that a row which is no
    /// record is among them.
    ///
    /// # Errors
    /// [`Decode`](ErrorKind::Decode) when a column of the key holds no value, such as a zero date, and
    /// those of a read.
    pub async fn identities(
        &self,
        entity: &Entity,
        after: Option<&[Value]>,
        limit: u32,
    ) -> Result<Vec<Vec<Value>>> {
        let table = self.table(entity)?;
        let columns = table.entity.identity.iter();
        let columns = columns.map(|field| table.column(*field));
        let columns: Vec<&Column> = columns.collect::<Result<_>>()?;
        let operands: Vec<&str> = columns.iter().map(|column| column.seek()).collect();
        let mut sql = Sql::from_text(&sql::select(&columns, &table.quoted));
        if let Some(after) = after {
            table.is_identity(after)?;
            let values = after.iter().cloned();
            let behind: Vec<_> = operands.iter().copied().zip(values).collect();
            sql.term().behind(&behind, false)?;
        }
        sql.order(&operands, false);
        sql.limit(page::look_ahead(limit)?.saturating_sub(1))?;
        let rows = self.rows(table, &sql.finish()).await?;
        let values = |row| decode::values(columns.iter().copied(), row, 0);
        rows.iter().map(values).collect()
    }

    /// The newest id that `AUTO_INCREMENT` gave or was moved past, whether a row still has it; 0 before
    /// the first one. None for an entity whose ids MySQL does not give.
    ///
    /// # Errors
    /// Those of a read.
    pub async fn newest_id(&self, entity: &Entity) -> Result<Option<u64>> {
        let table = self.table(entity)?;
        if table.generated().is_none() {
            return Ok(None);
        }
        let next = op::ids::read_next(self, table).await?;
        let next = next.ok_or_else(|| {
            let message = "MySQL's definition of the table does not say its next id";
            Error::new(ErrorKind::Decode, message)
        })?;
        Ok(Some(next.saturating_sub(1)))
    }
}
