//! Whether the guards of a unique key are complete: a marker in dal's own table says so.
//!
//! Without it a record may lack its guard, because another program wrote it, or because it is older
//! than the unique key: a look-up through the guard would not find it, and its value could be given
//! away. [`provision`](DynamoDbBackend::provision) sets the marker of tables that are empty,
//! [`fill_guards`](DynamoDbBackend::fill_guards) of others.

use std::sync::atomic::Ordering;

use dal_traits::model::UniqueConstraint;
use dal_traits::{Class, Error, ErrorKind, Idempotency, Result};

use super::DynamoDbBackend;
use super::dal_table;
use super::shape::Shape;
use crate::Item;

impl DynamoDbBackend {
    /// A marker that was found is not read again.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the guards of one of these unique keys may be incomplete.
    pub(super) async fn need_guards(&self, shape: &Shape, unique: &[usize]) -> Result<()> {
        for place in unique {
            let Some(known) = shape.complete.get(*place) else {
                continue;
            };
            if known.load(Ordering::Relaxed) {
                continue;
            }
            if !self.has_marker(shape, *place).await? {
                return Err(incomplete(shape, *place));
            }
            known.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// As [`need_guards`](Self::need_guards), of all unique keys.
    pub(super) async fn need_all_guards(&self, shape: &Shape) -> Result<()> {
        let all: Vec<usize> = shape.guarded_keys().collect();
        self.need_guards(shape, &all).await
    }

    /// Sets the markers that are missing, where the table has no items.
    pub(super) async fn mark_if_empty(&self, shape: &Shape) -> Result<()> {
        let mut missing = Vec::new();
        for place in shape.guarded_keys() {
            if !self.has_marker(shape, place).await? {
                missing.push(place);
            }
        }
        if missing.is_empty() || !self.is_empty(&shape.table).await? {
            return Ok(());
        }
        for place in missing {
            self.set_marker(shape, place).await?;
        }
        Ok(())
    }

    async fn has_marker(&self, shape: &Shape, unique: usize) -> Result<bool> {
        let marker = marker(shape, unique);
        let found = self.get_item(&self.dal_table, &marker, true);
        Ok(found.await?.is_some())
    }

    pub(super) async fn set_marker(&self, shape: &Shape, unique: usize) -> Result<()> {
        let marker = marker(shape, unique);
        let put = self
            .db
            .call("PutItem", &self.dal_table, Idempotency::ByToken, || {
                let request = self.db.client.put_item().table_name(&self.dal_table);
                request.set_item(Some(marker.clone())).send()
            });
        put.await.map(drop)
    }

    pub(super) async fn remove_marker(&self, shape: &Shape, unique: usize) -> Result<()> {
        let marker = marker(shape, unique);
        let delete = self
            .db
            .call("DeleteItem", &self.dal_table, Idempotency::ByToken, || {
                let request = self.db.client.delete_item().table_name(&self.dal_table);
                request.set_key(Some(marker.clone())).send()
            });
        delete.await?;
        if let Some(known) = shape.complete.get(unique) {
            known.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn is_empty(&self, table: &str) -> Result<bool> {
        let reply = self.db.call("Scan", table, Idempotency::Read, || {
            let request = self.db.client.scan().table_name(table);
            request.consistent_read(true).limit(1).send()
        });
        Ok(reply.await?.count == 0)
    }
}

fn marker(shape: &Shape, unique: usize) -> Item {
    dal_table::key(dal_table::complete(&shape.source, name(shape, unique)))
}

fn name(shape: &Shape, unique: usize) -> &str {
    let unique: Option<&UniqueConstraint> = shape.entity.unique.get(unique);
    unique.map_or("", |unique| &unique.name)
}

fn incomplete(shape: &Shape, unique: usize) -> Error {
    let class = Class::new(ErrorKind::Config).constraint(name(shape, unique).to_owned());
    let message = "the table had items before the guards of the unique key, so that a record may lack \
                   its own: while nothing writes, run `dal copy --guards`, or call \
                   `DynamoDbBackend::fill_guards`";
    Error::of(class, message)
}
