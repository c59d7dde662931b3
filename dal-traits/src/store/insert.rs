//! An insert on a backend that gives ids, and on one that does not.

use super::{Store, other_reply};
use crate::op::{Insert, NextId, Op, Reply};
use crate::value::Value;
use crate::{OpCx, Record, Result};

impl Store {
    /// Carries out a prepared insert.
    pub(super) async fn insert(&self, cx: &OpCx, mut insert: Insert) -> Result<Record> {
        self.take_id(cx, &mut insert).await?;
        match self.service.call(cx, Op::Insert(insert)).await? {
            Reply::Inserted(record) => Ok(record),
            _ => Err(other_reply(self.capability(), "insert")),
        }
    }

    /// Where the backend gives no ids, takes the next one for a record without: an insert that fails
    /// afterwards leaves a gap, as MySQL's do.
    pub(super) async fn take_id(&self, cx: &OpCx, insert: &mut Insert) -> Result<()> {
        let record = &mut insert.record;
        let mut fields = record.entity().fields.iter().enumerate();
        let generated =
            fields.find(|(place, field)| field.auto_increment && record.value(*place).is_null());
        let Some(place) = generated.map(|(place, _)| place) else {
            return Ok(());
        };
        if self.capability().generates_ids {
            return Ok(());
        }
        let entity = record.entity().clone();
        let Reply::Id(id) = self.service.call(cx, Op::NextId(NextId { entity })).await? else {
            return Err(other_reply(self.capability(), "next_id"));
        };
        record.set(place, Value::Int(id));
        Ok(())
    }
}
