//! Reads of single items: by key, and through the guard of a unique key.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Idempotency, Result};

use super::DynamoDbBackend;
use super::dal_table::{self, OWNER};
use super::guards;
use super::send::PLANS;
use super::shape::Shape;
use crate::Item;

impl DynamoDbBackend {
    /// The item with this key.
    pub(super) async fn get_item(
        &self,
        table: &str,
        key: &Item,
        is_strong: bool,
    ) -> Result<Option<Item>> {
        let reply = self
            .db
            .call("GetItem", table, Idempotency::Read, || {
                let request = self.db.client.get_item().table_name(table);
                let request = request.set_key(Some(key.clone()));
                request.consistent_read(is_strong).send()
            })
            .await?;
        Ok(reply.item)
    }

    /// The item of a record as it is now.
    pub(super) async fn find(&self, shape: &Shape, identity: &[Value]) -> Result<Option<Item>> {
        if !shape.is_keyed_by_identity {
            let unique = shape.guarded(&shape.entity.identity);
            return match unique {
                Some(unique) => self.find_by_guard(shape, unique, identity).await,
                None => Err(Error::new(
                    ErrorKind::Unsupported,
                    "the primary key does not lead to the item on DynamoDB",
                )),
            };
        }
        match shape.key(&shape.identified(identity))? {
            Some(key) => self.get_item(&shape.table, &key, true).await,
            None => Ok(None),
        }
    }

    /// The item that has these values of a unique key. Its guard is read, then the item that the guard
    /// leads to; both again when a writer moved the value in between.
    pub(super) async fn find_by_guard(
        &self,
        shape: &Shape,
        unique: usize,
        values: &[Value],
    ) -> Result<Option<Item>> {
        let Some(guard) = guards::key(shape, unique, values) else {
            return Ok(None);
        };
        self.need_guards(shape, &[unique]).await?;
        let key = dal_table::key(guard.clone());
        for _ in 0..PLANS {
            let Some(held) = self.get_item(&self.dal_table, &key, true).await? else {
                return Ok(None);
            };
            let Some(AttributeValue::M(owner)) = held.get(OWNER) else {
                let message = "a guard in dal's table does not name its item; make the guards anew";
                return Err(Error::new(ErrorKind::Decode, message));
            };
            let Some(item) = self.get_item(&shape.table, owner, true).await? else {
                continue;
            };
            let record = shape.record(&item)?;
            if guards::of(shape, &record).iter().any(|g| g.key == guard) {
                return Ok(Some(item));
            }
        }
        let message = "the guard of the unique key leads to an item that does not have the value: \
                       either other writers move it all the time, or a program that does not know \
                       the guards changed the item";
        Err(Error::new(ErrorKind::Conflict, message))
    }
}
