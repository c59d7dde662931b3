//! Insert: one put without guards, a transaction with them.

use dal_traits::Result;
use dal_traits::op::{Insert, Reply};

use super::super::DynamoDbBackend;
use super::super::expression::Expression;
use super::super::guards;
use super::super::write::Transaction;
use super::update::null_key;
use crate::Role;

impl DynamoDbBackend {
    pub(in super::super) async fn insert(&self, insert: Insert) -> Result<Reply> {
        let record = insert.record;
        let shape = self.shape(record.entity())?;
        shape.check_writable()?;
        let item = shape.item(&record)?;
        let guards = guards::of(shape, &record);
        self.pass_id_of(shape, &record).await?;
        if guards.is_empty() {
            self.db
                .insert_item(&shape.table, shape.partition_key(), item)
                .await?;
            return Ok(Reply::Inserted(record));
        }
        let key = shape.key(&record)?.ok_or_else(null_key)?;
        let (identity, others): (Vec<_>, Vec<_>) =
            guards.into_iter().partition(|guard| guard.is_identity);
        let mut transaction = Transaction::default();
        let mut expression = Expression::default();
        let missing = expression.missing(shape.partition_key());
        // Of several reasons the first counts: existence comes before the other constraints.
        for guard in &identity {
            transaction.take(&self.dal_table, guard, &key, Role::Insert)?;
        }
        transaction.put(shape, item, missing, expression, shape.key_role())?;
        transaction.take_unique(&self.dal_table, &others, &key)?;
        self.transact(shape, transaction).await?;
        Ok(Reply::Inserted(record))
    }
}
