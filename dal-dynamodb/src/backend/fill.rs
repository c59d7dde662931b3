//! Guards for records that something else wrote.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use dal_traits::{Idempotency, Result};
use futures::future::try_join_all;

use super::DynamoDbBackend;
use super::dal_table::{self, KEY, OWNER};
use super::guards::{self, Guard, guard_item};
use super::send::{is_overtaken, refused_item};
use super::shape::Shape;
use crate::{Item, ItemKey, Role};

/// How many guards are written at the same time.
const AT_ONCE: usize = 16;

/// What [`DynamoDbBackend::fill_guards`] found and wrote.
#[derive(Debug, Default)]
#[must_use = "a unique key with duplicates stays unusable"]
pub struct FilledGuards {
    /// The guards that were missing.
    pub written: usize,
    /// The guards that were there.
    pub kept: usize,
    /// The records that have no guard because another one has their value. Their unique keys stay
    /// unusable until the records differ and the guards are filled again.
    pub duplicates: Vec<DuplicateValue>,
}

/// Two records with one value of a unique key.
#[derive(Debug)]
pub struct DuplicateValue {
    /// The name of the entity.
    pub entity: String,
    /// The name of the unique key.
    pub constraint: String,
    /// The item that has the guard, and the one that has none.
    pub items: [ItemKey; 2],
}

/// A guard that an item should have.
struct Claim {
    guard: Guard,
    owner: Item,
}

/// What became of a claim.
enum Claimed {
    Written,
    Kept,
    /// This other item has it.
    Taken(Item),
}

impl DynamoDbBackend {
    /// Writes the guards that the records of all entities lack, and says that they are complete.
    ///
    /// This is for tables that something else than a `Store` wrote, and for a unique key that is new in
    /// the contract. **Nothing may write meanwhile**: a record that another program writes behind the
    /// place that was reached gets no guard. It reads every item, and may be repeated at any time. Until
    /// it ends well, the unique keys cannot be used; after an error it is repeated, and what was written
    /// stays. A guard whose record something else removed is left, and keeps its value.
    ///
    /// # Errors
    /// [`Decode`](dal_traits::ErrorKind::Decode) for an item that cannot be read, whose key is the
    /// source of the error.
    pub async fn fill_guards(&self) -> Result<FilledGuards> {
        let mut filled = FilledGuards::default();
        for shape in self.shapes.iter().flatten() {
            if shape.guarded_keys().next().is_some() {
                self.fill(shape, &mut filled).await?;
            }
        }
        Ok(filled)
    }

    async fn fill(&self, shape: &Shape, filled: &mut FilledGuards) -> Result<()> {
        for unique in shape.guarded_keys() {
            self.remove_marker(shape, unique).await?;
        }
        let mut duplicated = HashSet::new();
        let mut start = None;
        loop {
            let page = self.db.call("Scan", &shape.table, Idempotency::Read, || {
                let request = self.db.client.scan().table_name(&shape.table);
                let request = request.set_exclusive_start_key(start.clone());
                request.consistent_read(true).send()
            });
            let page = page.await?;
            let claims = self.missing(shape, page.items.unwrap_or_default(), filled);
            for claims in claims.await?.chunks(AT_ONCE) {
                let claimed = claims.iter().map(|claim| self.claim(shape, claim));
                for (claim, claimed) in claims.iter().zip(try_join_all(claimed).await?) {
                    match claimed {
                        Claimed::Written => filled.written += 1,
                        Claimed::Kept => filled.kept += 1,
                        Claimed::Taken(by) => {
                            duplicated.insert(claim.guard.unique);
                            filled.duplicates.push(DuplicateValue {
                                entity: shape.entity.name.clone(),
                                constraint: claim.guard.constraint.clone(),
                                items: [ItemKey::new(by), ItemKey::new(claim.owner.clone())],
                            });
                        }
                    }
                }
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                break;
            }
        }
        for unique in shape.guarded_keys() {
            if !duplicated.contains(&unique) {
                self.set_marker(shape, unique).await?;
            }
        }
        Ok(())
    }

    /// The guards that these items lack.
    async fn missing(
        &self,
        shape: &Shape,
        items: Vec<Item>,
        filled: &mut FilledGuards,
    ) -> Result<Vec<Claim>> {
        let mut claims = Vec::new();
        for item in items {
            if shape.owns(&item)? {
                let owner = shape.key_in(&item);
                let guards = guards::of(shape, &shape.record(&item)?).into_iter();
                claims.extend(guards.map(|guard| {
                    let owner = owner.clone();
                    Claim { guard, owner }
                }));
            }
        }
        let keys: HashSet<&str> = claims.iter().map(|c| c.guard.key.as_str()).collect();
        let keys = keys.into_iter().map(|key| dal_table::key(key.to_owned()));
        let found = self.db.batch_get(&self.dal_table, keys.collect(), true);
        let mut owners = HashMap::new();
        for mut guard in found.await? {
            if let (Some(AttributeValue::S(key)), Some(AttributeValue::M(owner))) =
                (guard.remove(KEY), guard.remove(OWNER))
            {
                owners.insert(key, owner);
            }
        }
        let all = claims.len();
        claims.retain(|claim| owners.get(&claim.guard.key) != Some(&claim.owner));
        filled.kept += all - claims.len();
        Ok(claims)
    }

    async fn claim(&self, shape: &Shape, claim: &Claim) -> Result<Claimed> {
        let mut stale = None;
        loop {
            let Some(held) = self.put_guard(claim, stale.as_ref()).await? else {
                return Ok(Claimed::Written);
            };
            if let Some(AttributeValue::M(owner)) = held.get(OWNER) {
                if *owner == claim.owner {
                    return Ok(Claimed::Kept);
                }
                if self.has_value(shape, owner, &claim.guard).await? {
                    return Ok(Claimed::Taken(owner.clone()));
                }
            }
            // It leads to no record with the value, and is taken over.
            stale = Some(held);
        }
    }

    /// Whether the item with this key has the value of the guard.
    async fn has_value(&self, shape: &Shape, key: &Item, guard: &Guard) -> Result<bool> {
        let Some(item) = self.get_item(&shape.table, key, true).await? else {
            return Ok(false);
        };
        let guards = guards::of(shape, &shape.record(&item)?);
        Ok(guards.iter().any(|held| held.key == guard.key))
    }

    /// Puts the guard where there is none, or in the place of a stale one; returns the one that is
    /// there otherwise.
    async fn put_guard(&self, claim: &Claim, stale: Option<&Item>) -> Result<Option<Item>> {
        let item = guard_item(&claim.guard, &claim.owner);
        let owner = stale.and_then(|stale| stale.get(OWNER));
        let (name, condition) = match (stale, owner) {
            (None, _) => (KEY, "attribute_not_exists(#name)"),
            (Some(_), None) => (OWNER, "attribute_not_exists(#name)"),
            (Some(_), Some(_)) => (OWNER, "#name = :owner"),
        };
        let put = self.db.call_as(
            "PutItem",
            &self.dal_table,
            Idempotency::ByToken,
            &[Role::Change],
            || {
                let mut request = self
                    .db
                    .client
                    .put_item()
                    .table_name(&self.dal_table)
                    .set_item(Some(item.clone()))
                    .condition_expression(condition)
                    .expression_attribute_names("#name", name)
                    .return_values_on_condition_check_failure(
                        ReturnValuesOnConditionCheckFailure::AllOld,
                    );
                if let Some(owner) = owner {
                    request = request.expression_attribute_values(":owner", owner.clone());
                }
                request.send()
            },
        );
        match put.await {
            Ok(_) => Ok(None),
            // None is there when another one removed it.
            Err(error) if is_overtaken(&error) => {
                let held = refused_item::<PutItemError>(&error);
                Ok(Some(held.cloned().unwrap_or_default()))
            }
            Err(error) => Err(error),
        }
    }
}
