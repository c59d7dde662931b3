//! Insert: one put without guards, a transaction with them.

use dal_traits::op::{Insert, Reply};
use dal_traits::{Idempotency, Result};

use super::super::DynamoDbBackend;
use super::super::expression::Expression;
use super::super::guards;
use super::super::shape::Shape;
use super::super::write::Transaction;
use super::update::null_key;
use crate::{Item, Role};

impl DynamoDbBackend {
    pub(in super::super) async fn insert(&self, insert: Insert) -> Result<Reply> {
        let record = insert.record;
        let shape = self.shape(record.entity())?;
        shape.check_writable()?;
        let item = shape.item(&record)?;
        let guards = guards::of(shape, &record);
        self.need_all_guards(shape).await?;
        self.pass_id_of(shape, &record).await?;
        if guards.is_empty() {
            self.insert_alone(shape, item).await?;
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

    /// One put, not repeated after a lost reply: an equal item that is found then may be another
    /// caller's.
    async fn insert_alone(&self, shape: &Shape, item: Item) -> Result<()> {
        let put = self.db.call_as(
            "PutItem",
            &shape.table,
            Idempotency::None,
            &[Role::Insert],
            || {
                let request = self.db.client.put_item().table_name(&shape.table);
                request
                    .set_item(Some(item.clone()))
                    .condition_expression("attribute_not_exists(#key)")
                    .expression_attribute_names("#key", shape.partition_key())
                    .send()
            },
        );
        put.await.map(drop)
    }
}
