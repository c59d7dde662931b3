//! Refuses what the backend did not declare, before anything is sent.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;

use crate::model::{Entity, Model};
use crate::op::{Insert, Op, Put, Reply, Step};
use crate::value::Value;
use crate::{Capability, Error, ErrorKind, OpCx, Record, Result, Service};

/// Checks each operation against the [`Capability`] of a service.
pub(in crate::store) struct CapabilityCheck<S>(pub(in crate::store) S);

#[async_trait]
impl<S: Service> Service for CapabilityCheck<S> {
    fn model(&self) -> &Arc<Model> {
        self.0.model()
    }

    fn capability(&self) -> &Capability {
        self.0.capability()
    }

    async fn call(&self, cx: &OpCx, op: Op) -> Result<Reply> {
        check(self.capability(), &op)?;
        self.0.call(cx, op).await
    }
}

fn check(capability: &Capability, op: &Op) -> Result<()> {
    match op {
        Op::Get(get) if !get.eventual => strong(capability, &get.entity, get.path),
        Op::Query(query) if !query.eventual => strong(capability, &query.entity, query.path),
        Op::Insert(insert) => size(capability, &insert.record),
        Op::Put(put) => size(capability, &put.record),
        Op::Transact(transact) => {
            for (place, step) in transact.steps.iter().enumerate() {
                if let Step::Insert(Insert { record }) | Step::Put(Put { record }) = step {
                    let size = size(capability, record);
                    size.map_err(|error| step.refused(place + 1, error))?;
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn strong(capability: &Capability, entity: &Entity, path: usize) -> Result<()> {
    let path = entity.paths.get(path);
    match path {
        Some(path) if !path.is_strong() && !capability.strong_indexes => {
            let message = format!(
                "`{}` is an index, whose replies may lag behind the writes: ask for an eventual \
                 reply",
                path.name
            );
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        _ => Ok(()),
    }
}

fn size(capability: &Capability, record: &Record) -> Result<()> {
    let Some(limit) = capability.max_record_bytes else {
        return Ok(());
    };
    let size = crate::item::size(&with_id(record))?;
    if size <= limit {
        return Ok(());
    }
    let message = "the record is larger than the store allows: shorten its texts";
    let error = Error::new(ErrorKind::TooLarge, message);
    Err(error.with("size", size).with("limit", limit))
}

/// The record with the longest id in the place of one that the store will give.
fn with_id(record: &Record) -> Cow<'_, Record> {
    let mut fields = record.entity().fields.iter().enumerate();
    let generated = fields.find(|(at, field)| field.auto_increment && record.value(*at).is_null());
    let Some((place, _)) = generated else {
        return Cow::Borrowed(record);
    };
    let mut record = record.clone();
    record.set(place, Value::Int(u64::MAX.into()));
    Cow::Owned(record)
}
