//! An insert on a backend that gives ids, and on one that does not.

use super::plan::Plan;
use super::{Store, other_reply};
use crate::op::{Insert, NextId, Op, Reply};
use crate::value::Value;
use crate::{OpCx, Record, Result};

impl Store {
    /// Carries out a prepared insert. Where the backend gives no ids, takes the next one first: an
    /// insert that fails afterwards leaves a gap, as MySQL's do.
    pub(super) async fn insert(
        &self,
        cx: &OpCx,
        plan: &Plan,
        mut insert: Insert,
    ) -> Result<Record> {
        let generated = plan
            .entity
            .fields
            .iter()
            .enumerate()
            .position(|(place, field)| {
                field.auto_increment && insert.record.value(place).is_null()
            });
        if let Some(place) = generated.filter(|_| !self.capability().generates_ids) {
            let next = NextId {
                entity: plan.entity.clone(),
            };
            let Reply::Id(id) = self.service.call(cx, Op::NextId(next)).await? else {
                return Err(other_reply(self.capability(), "next_id"));
            };
            insert.record.set(place, Value::Int(id));
        }
        match self.service.call(cx, Op::Insert(insert)).await? {
            Reply::Inserted(record) => Ok(record),
            _ => Err(other_reply(self.capability(), "insert")),
        }
    }
}
