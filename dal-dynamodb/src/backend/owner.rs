//! Whose an item is: a table may hold items of several entities, and of other programs.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::item;
use dal_traits::model::{Entity, Expr};
use dal_traits::{Error, ErrorKind, Result};

use super::attribute;
use super::shape::Shape;
use crate::{Item, ItemKey};

impl Shape {
    /// Whether an item of the table is of this entity. Its key tells: no two entities of a table can
    /// have equal keys (`E-ENTITY-OVERLAP`).
    ///
    /// An item whose key begins otherwise is another entity's, perhaps one that is not loaded, or
    /// another program's.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when the key begins like those of the entity, but is a key of no entity:
    /// it may be a record that something wrote wrongly, and a read without it would hide that.
    pub fn owns(&self, item: &Item) -> Result<bool> {
        if !self.begins_alike(item) {
            return Ok(false);
        }
        if has_key(&self.entity, item) {
            return Ok(true);
        }
        if self.neighbours.iter().any(|other| has_key(other, item)) {
            return Ok(false);
        }
        let message = "the key of an item begins like those of the entity, but is a key of no entity \
                       that is loaded: write the item with another key, or remove it";
        let key = ItemKey::new(self.key_in(item));
        Err(Error::new(ErrorKind::Decode, message).source(key))
    }

    /// Whether the texts that begin the keys of the entity begin those of the item.
    fn begins_alike(&self, item: &Item) -> bool {
        let begins = |place: usize| {
            let held = match item.get(self.name(place)) {
                Some(AttributeValue::S(text)) => text.as_str(),
                _ => "",
            };
            match self.entity.attributes.get(place).map(|a| &a.expr) {
                Some(Expr::Constant(text)) => held == text,
                Some(Expr::Template(parts)) => match parts.first() {
                    Some(Expr::Constant(text)) => held.starts_with(text.as_str()),
                    _ => true,
                },
                _ => true,
            }
        };
        self.key_attributes().all(begins)
    }
}

/// Whether the key of the item is that of some record of the entity.
fn has_key(entity: &Entity, item: &Item) -> bool {
    let is_key = |place: usize| {
        let name = entity.attributes.get(place).map(|found| &found.name);
        let held = name.and_then(|name| attribute::read(item.get(name)?));
        held.is_some_and(|held| item::is_key(entity, place, &held))
    };
    let keys = [Some(entity.partition_key), entity.sort_key];
    keys.into_iter().flatten().all(is_key)
}
