//! Put: a whole record in the place of what has its identity.

use dal_traits::op::{Put, Reply};
use dal_traits::{Idempotency, Record, Result};

use super::super::DynamoDbBackend;
use super::super::expression::{Clause, Expression};
use super::super::guards;
use super::super::shape::Shape;
use super::super::write::{PLANS, Transaction, is_overtaken, overtaken};
use super::update::null_key;
use crate::{Item, Role};

impl DynamoDbBackend {
    pub(in super::super) async fn put(&self, put: &Put) -> Result<Reply> {
        let record = &put.record;
        let shape = self.shape(record.entity())?;
        shape.check_writable()?;
        let item = shape.item(record)?;
        self.need_all_guards(shape).await?;
        self.pass_id_of(shape, record).await?;
        let has_guards = shape.entity.unique.iter().any(|unique| unique.guard);
        if !has_guards {
            self.put_item(shape, item).await?;
            return Ok(Reply::Done);
        }
        for _ in 0..PLANS {
            let held = self.find(shape, &record.identity()).await?;
            let transaction = self.plan_put(shape, record, item.clone(), held.as_ref())?;
            match self.transact(shape, transaction).await {
                Ok(()) => return Ok(Reply::Done),
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Err(overtaken())
    }

    async fn put_item(&self, shape: &Shape, item: Item) -> Result<()> {
        let put = self
            .db
            .call("PutItem", &shape.table, Idempotency::None, || {
                let request = self.db.client.put_item().table_name(&shape.table);
                request.set_item(Some(item.clone())).send()
            });
        put.await.map(drop)
    }

    /// The writes that put a record in the place of an item that was read, or of none.
    fn plan_put(
        &self,
        shape: &Shape,
        record: &Record,
        item: Item,
        held: Option<&Item>,
    ) -> Result<Transaction> {
        let key = shape.key(record)?.ok_or_else(null_key)?;
        let new_guards = guards::of(shape, record);
        let mut transaction = Transaction::default();
        let mut expression = Expression::default();
        let Some(held) = held else {
            // An item that has come to be since then is read by the next plan.
            let missing = expression.missing(shape.partition_key());
            let role = match shape.key_role() {
                Role::Insert => Role::Condition,
                role => role,
            };
            let (identity, others): (Vec<_>, Vec<_>) =
                new_guards.into_iter().partition(|guard| guard.is_identity);
            for guard in &identity {
                transaction.take(&self.dal_table, guard, &key, Role::Condition)?;
            }
            transaction.put(shape, item, missing, expression, role)?;
            transaction.take_unique(&self.dal_table, &others, &key)?;
            return Ok(transaction);
        };
        let old_guards = guards::of(shape, &shape.record(held)?);
        let gone = guards::without(&old_guards, &new_guards);
        let come = guards::without(&new_guards, &old_guards);
        let kept = guards::without(&new_guards, &come);
        let unchanged = expression.unchanged(held, shape.guarded_attributes());
        let exists = expression.exists(shape.partition_key());
        let unchanged = Clause::all(vec![exists, unchanged]);
        let old_key = shape.key_in(held);
        if old_key == key {
            transaction.put(shape, item, unchanged, expression, Role::Condition)?;
        } else {
            transaction.delete(shape, old_key, unchanged, expression)?;
            let mut expression = Expression::default();
            let missing = expression.missing(shape.partition_key());
            transaction.put(shape, item, missing, expression, shape.key_role())?;
            transaction.redirect(&self.dal_table, &kept, &key)?;
        }
        transaction.give_back(&self.dal_table, &gone)?;
        transaction.take_unique(&self.dal_table, &come, &key)?;
        Ok(transaction)
    }
}
