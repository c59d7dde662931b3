//! The one table: keys, expressions, queries that read every page, transactions, id counters.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use dal_dynamodb::{DynamoDb, Item, Role, request_token};
use dal_traits::{Error, ErrorKind, Idempotency, OpCx};

use super::item::{digits, n, number, s};
use crate::error::RepoError;

/// The index of `pk1` and `sk1`.
pub(crate) const BY_PK1: &str = "by_pk1";
/// The index of `pk2` and `sk2`.
pub(crate) const BY_PK2: &str = "by_pk2";

/// A table and the client to reach it.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub db: DynamoDb,
    pub name: String,
}

/// The entities whose ids the store makes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counter {
    Users,
    Products,
    Orders,
}

impl Counter {
    fn key(self) -> Item {
        let entity = match self {
            Self::Users => "users",
            Self::Products => "products",
            Self::Orders => "orders",
        };
        key(format!("COUNTER#{entity}"), "#")
    }
}

/// A condition, an update, or both, with what they name: `#name` stands for the attribute `name`.
#[derive(Clone, Debug, Default)]
pub(super) struct Expression {
    pub update: Option<&'static str>,
    pub condition: Option<&'static str>,
    pub names: &'static [&'static str],
    pub values: Vec<(&'static str, AttributeValue)>,
}

impl Expression {
    pub fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| {
            let placeholder = |name: &&str| (format!("#{name}"), (*name).to_owned());
            self.names.iter().map(placeholder).collect()
        })
    }

    pub fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| {
            let placeholder =
                |(name, value): &(&str, AttributeValue)| (format!(":{name}"), value.clone());
            self.values.iter().map(placeholder).collect()
        })
    }
}

/// The condition that no item has this key yet.
pub(super) fn absent() -> Expression {
    Expression {
        condition: Some("attribute_not_exists(#pk)"),
        names: &["pk"],
        ..Expression::default()
    }
}

/// The condition that an item has this key.
pub(super) fn present() -> Expression {
    Expression {
        condition: Some("attribute_exists(#pk)"),
        names: &["pk"],
        ..Expression::default()
    }
}

/// The key of an item.
pub(super) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    Item::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
}

/// An item from its key and its attributes.
pub(super) fn item<const N: usize>(mut key: Item, attributes: [(&str, AttributeValue); N]) -> Item {
    key.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
    key
}

/// Which items of a partition, in the order of their sort keys.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub index: Option<&'static str>,
    pub partition: String,
    pub range: Range,
    /// At most so many items.
    pub most: usize,
}

/// A range of sort keys, and the direction in which it is read.
#[derive(Clone, Debug)]
pub(super) enum Range {
    /// All, upwards.
    All,
    /// Those greater than this, upwards.
    After(String),
    /// Those between these two, both included, upwards.
    Between(String, String),
    /// All, or those less than this, downwards.
    Down(Option<String>),
}

impl Range {
    fn condition(&self) -> (&'static str, Vec<String>) {
        match self {
            Self::All | Self::Down(None) => ("#pk = :pk", Vec::new()),
            Self::After(low) => ("#pk = :pk AND #sk > :a", vec![low.clone()]),
            Self::Between(low, high) => (
                "#pk = :pk AND #sk BETWEEN :a AND :b",
                vec![low.clone(), high.clone()],
            ),
            Self::Down(Some(high)) => ("#pk = :pk AND #sk < :a", vec![high.clone()]),
        }
    }
}

impl Table {
    pub async fn get(&self, key: Item) -> Result<Option<Item>, RepoError> {
        let got = self
            .db
            .call("GetItem", &self.name, Idempotency::Read, || {
                self.db
                    .client()
                    .get_item()
                    .table_name(&self.name)
                    .set_key(Some(key.clone()))
                    .consistent_read(true)
                    .send()
            })
            .await?;
        Ok(got.item)
    }

    /// Reads pages until there are enough items or no more. Strongly consistent on the table
    /// itself; an index cannot be.
    pub async fn query(&self, query: Query) -> Result<Vec<Item>, RepoError> {
        let (pk, sk) = match query.index {
            None => ("pk", "sk"),
            Some(BY_PK1) => ("pk1", "sk1"),
            Some(_) => ("pk2", "sk2"),
        };
        let (condition, bounds) = query.range.condition();
        let mut values = HashMap::from([(":pk".to_owned(), s(query.partition))]);
        values.extend(
            [":a", ":b"]
                .map(str::to_owned)
                .into_iter()
                .zip(bounds.into_iter().map(s)),
        );
        let mut names = HashMap::from([("#pk".to_owned(), pk.to_owned())]);
        if condition.contains("#sk") {
            names.insert("#sk".to_owned(), sk.to_owned());
        }
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let left = i32::try_from(query.most - items.len()).unwrap_or(i32::MAX);
            let page = self
                .db
                .call("Query", &self.name, Idempotency::Read, || {
                    self.db
                        .client()
                        .query()
                        .table_name(&self.name)
                        .set_index_name(query.index.map(str::to_owned))
                        .key_condition_expression(condition)
                        .set_expression_attribute_names(Some(names.clone()))
                        .set_expression_attribute_values(Some(values.clone()))
                        .scan_index_forward(!matches!(query.range, Range::Down(_)))
                        .consistent_read(query.index.is_none())
                        .limit(left)
                        .set_exclusive_start_key(start.clone())
                        .send()
                })
                .await?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() || items.len() >= query.most {
                return Ok(items);
            }
        }
    }

    /// Does all of `actions` or none; each comes with what its condition stands for.
    pub async fn transact(&self, actions: Vec<(TransactWriteItem, Role)>) -> Result<(), Error> {
        let (actions, roles): (Vec<_>, Vec<_>) = actions.into_iter().unzip();
        // One token for all attempts of this transaction, and for no other: a plan made anew
        // differs.
        let token = request_token(&OpCx::new(), "");
        self.db
            .call_as(
                "TransactWriteItems",
                &self.name,
                Idempotency::ByToken,
                &roles,
                || {
                    self.db
                        .client()
                        .transact_write_items()
                        .set_transact_items(Some(actions.clone()))
                        .client_request_token(&token)
                        .send()
                },
            )
            .await?;
        Ok(())
    }

    /// Changes one item and returns it as it then is. The condition is read as [`Role::Change`].
    pub async fn update(
        &self,
        key: Item,
        expression: Expression,
        idempotency: Idempotency,
    ) -> Result<Item, Error> {
        let done = self
            .db
            .call_as(
                "UpdateItem",
                &self.name,
                idempotency,
                &[Role::Change],
                || {
                    self.db
                        .client()
                        .update_item()
                        .table_name(&self.name)
                        .set_key(Some(key.clone()))
                        .set_update_expression(expression.update.map(str::to_owned))
                        .set_condition_expression(expression.condition.map(str::to_owned))
                        .set_expression_attribute_names(expression.names())
                        .set_expression_attribute_values(expression.values())
                        .return_values(ReturnValue::AllNew)
                        .return_values_on_condition_check_failure(
                            ReturnValuesOnConditionCheckFailure::AllOld,
                        )
                        .send()
                },
            )
            .await?;
        Ok(done.attributes.unwrap_or_default())
    }

    /// Puts one item over what has its key.
    pub async fn put(&self, item: Item) -> Result<(), RepoError> {
        self.db
            .call("PutItem", &self.name, Idempotency::ByToken, || {
                self.db
                    .client()
                    .put_item()
                    .table_name(&self.name)
                    .set_item(Some(item.clone()))
                    .send()
            })
            .await?;
        Ok(())
    }

    /// Deletes one item; returns whether there was one.
    pub async fn delete(&self, key: Item) -> Result<bool, RepoError> {
        let done = self
            .db
            .call("DeleteItem", &self.name, Idempotency::None, || {
                self.db
                    .client()
                    .delete_item()
                    .table_name(&self.name)
                    .set_key(Some(key.clone()))
                    .return_values(ReturnValue::AllOld)
                    .send()
            })
            .await?;
        Ok(done.attributes.is_some_and(|old| !old.is_empty()))
    }

    /// The next id. One that is then not used is lost, as in MySQL.
    pub async fn next_id(&self, counter: Counter) -> Result<u64, RepoError> {
        let count = Expression {
            update: Some("ADD #newest :one"),
            names: &["newest"],
            values: vec![("one", n(1_u64))],
            ..Expression::default()
        };
        let item = self
            .update(counter.key(), count, Idempotency::ByToken)
            .await?;
        number(&item, "newest")
    }

    /// Moves the counter so that the next id is greater than `id`.
    pub async fn pass_id(&self, counter: Counter, id: u64) -> Result<(), RepoError> {
        let pass = Expression {
            update: Some("SET #newest = :id"),
            condition: Some("attribute_not_exists(#newest) OR #newest < :id"),
            names: &["newest"],
            values: vec![("id", n(id))],
        };
        match self.update(counter.key(), pass, Idempotency::ByToken).await {
            Err(error) if error.kind() != ErrorKind::ConditionFailed => Err(error.into()),
            _ => Ok(()),
        }
    }

    pub fn putting(
        &self,
        item: Item,
        expression: &Expression,
    ) -> Result<TransactWriteItem, RepoError> {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(expression.condition.map(str::to_owned))
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub fn updating(
        &self,
        key: Item,
        expression: &Expression,
    ) -> Result<TransactWriteItem, RepoError> {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key))
            .set_update_expression(expression.update.map(str::to_owned))
            .set_condition_expression(expression.condition.map(str::to_owned))
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    pub fn deleting(
        &self,
        key: Item,
        expression: &Expression,
    ) -> Result<TransactWriteItem, RepoError> {
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key))
            .set_condition_expression(expression.condition.map(str::to_owned))
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    pub fn checking(
        &self,
        key: Item,
        expression: &Expression,
    ) -> Result<TransactWriteItem, RepoError> {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(key))
            .set_condition_expression(expression.condition.map(str::to_owned))
            .set_expression_attribute_names(expression.names())
            .set_expression_attribute_values(expression.values())
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// The first sort key after `pair(first, second)`: a digit less than `~` follows no such key.
pub(super) fn just_after(sort_key: &str) -> String {
    format!("{sort_key}~")
}

/// The last sort key that begins with `number`.
pub(super) fn to_the_end_of(number: u64) -> String {
    format!("{}~", digits(number))
}

fn incomplete(native: BuildError) -> RepoError {
    RepoError::Store(
        Error::new(ErrorKind::Unexpected, "a request to DynamoDB is incomplete")
            .backend("dynamodb")
            .source(native),
    )
}
