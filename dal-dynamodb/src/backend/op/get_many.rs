//! Get several records by identity: each key is read once, replies are in the order asked for.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::op::{GetMany, Reply};
use dal_traits::value::Value;
use dal_traits::{Record, Result};

use super::super::DynamoDbBackend;
use super::super::dal_table::{self, KEY, OWNER};
use super::super::guards;
use super::super::keys::unless_illegal;
use super::super::page::key_text;
use super::super::shape::Shape;
use crate::Item;

impl DynamoDbBackend {
    pub(in super::super) async fn get_many(&self, get: &GetMany) -> Result<Reply> {
        let shape = self.shape(&get.entity)?;
        let keys = self.keys_of(shape, &get.keys).await?;
        let mut wanted: HashMap<String, Item> = HashMap::new();
        for key in keys.iter().flatten() {
            wanted.insert(key_text(shape, key), key.clone());
        }
        let wanted = wanted.into_values().collect();
        let mut found: HashMap<String, Record> = HashMap::new();
        for item in self.db.batch_get(&shape.table, wanted, true).await? {
            found.insert(key_text(shape, &item), shape.record(&item)?);
        }
        let record = |(key, identity): (&Option<Item>, &Vec<Value>)| {
            let record = found.get(&key_text(shape, key.as_ref()?))?;
            (record.identity() == *identity).then(|| record.clone())
        };
        let mut records: Vec<_> = keys.iter().zip(&get.keys).map(record).collect();
        // The record of a guard that was found may have moved between the two reads.
        if let Some(unique) = shape.guarded(&shape.entity.identity) {
            for (place, record) in records.iter_mut().enumerate() {
                let (Some(Some(_)), Some(identity)) = (keys.get(place), get.keys.get(place)) else {
                    continue;
                };
                if record.is_none() {
                    let item = self.find_by_guard(shape, unique, identity).await?;
                    *record = item.map(|item| shape.record(&item)).transpose()?;
                }
            }
        }
        Ok(Reply::Records(records))
    }

    /// The keys of the items; none for a record that is known not to exist.
    async fn keys_of(&self, shape: &Shape, all: &[Vec<Value>]) -> Result<Vec<Option<Item>>> {
        if shape.is_keyed_by_identity {
            let key =
                |identity: &Vec<Value>| unless_illegal(shape.key(&shape.identified(identity)));
            return all.iter().map(key).collect();
        }
        let unique = shape.guarded(&shape.entity.identity);
        self.need_guards(shape, unique.as_slice()).await?;
        let guard = |identity: &Vec<Value>| guards::key(shape, unique?, identity);
        let guards: Vec<Option<String>> = all.iter().map(guard).collect();
        let mut wanted: Vec<String> = guards.iter().flatten().cloned().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let wanted = wanted.into_iter().map(dal_table::key).collect();
        let mut owners: HashMap<String, Item> = HashMap::new();
        for item in self.db.batch_get(&self.dal_table, wanted, true).await? {
            if let (Some(AttributeValue::S(key)), Some(AttributeValue::M(owner))) =
                (item.get(KEY), item.get(OWNER))
            {
                owners.insert(key.clone(), owner.clone());
            }
        }
        let owner = |guard: Option<String>| owners.get(&guard?).cloned();
        Ok(guards.into_iter().map(owner).collect())
    }
}
