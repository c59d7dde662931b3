//! Writes of one or more items: one request when there is one, a transaction otherwise.

use std::collections::HashMap;
use std::error::Error as StdError;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use dal_traits::{Error, ErrorKind, Idempotency, OpCx, Result};

use super::DynamoDbBackend;
use super::dal_table::{self, KEY, OWNER};
use super::expression::{Clause, Expression};
use super::guards::Guard;
use super::shape::Shape;
use crate::{Item, MAX_TRANSACTION_ACTIONS, Native, Role, old_item, request_token};

/// How often a write that others overtake is planned anew.
pub(super) const PLANS: usize = 10;

/// Actions that happen together or not at all, each with what its condition stands for.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    actions: Vec<TransactWriteItem>,
    roles: Vec<Role>,
}

impl Transaction {
    fn push(&mut self, action: TransactWriteItem, role: Role) {
        self.actions.push(action);
        self.roles.push(role);
    }

    /// Puts an item under a condition.
    pub fn put(
        &mut self,
        shape: &Shape,
        item: Item,
        condition: Clause,
        mut expression: Expression,
        role: Role,
    ) -> Result<()> {
        let text = condition.text(&mut expression, shape.partition_key());
        let texts = [text.as_deref().unwrap_or_default()];
        let (names, values) = (expression.names(&texts), expression.values(&texts));
        let put = Put::builder()
            .table_name(&shape.table)
            .set_item(Some(item))
            .set_condition_expression(text)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(incomplete)?;
        self.push(TransactWriteItem::builder().put(put).build(), role);
        Ok(())
    }

    /// Changes an item.
    pub fn update(&mut self, shape: &Shape, key: Item, change: ItemChange) -> Result<()> {
        let (names, values) = (change.names(), change.values());
        let update = Update::builder()
            .table_name(&shape.table)
            .set_key(Some(key))
            .set_update_expression(change.update)
            .set_condition_expression(Some(change.condition))
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        let update = update.map_err(incomplete)?;
        self.push(
            TransactWriteItem::builder().update(update).build(),
            Role::Change,
        );
        Ok(())
    }

    /// Removes an item under a condition.
    pub fn delete(
        &mut self,
        shape: &Shape,
        key: Item,
        condition: Clause,
        mut expression: Expression,
    ) -> Result<()> {
        let text = condition.text(&mut expression, shape.partition_key());
        let texts = [text.as_deref().unwrap_or_default()];
        let (names, values) = (expression.names(&texts), expression.values(&texts));
        let delete = Delete::builder()
            .table_name(&shape.table)
            .set_key(Some(key))
            .set_condition_expression(text)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(incomplete)?;
        self.push(
            TransactWriteItem::builder().delete(delete).build(),
            Role::Change,
        );
        Ok(())
    }

    /// Takes a guard for the item with this key; `taken` is what it means that another item has it.
    pub fn take(&mut self, table: &str, guard: &Guard, owner: &Item, taken: Role) -> Result<()> {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(guard_item(guard, owner)))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", KEY)
            .build()
            .map_err(incomplete)?;
        self.push(TransactWriteItem::builder().put(put).build(), taken);
        Ok(())
    }

    /// Takes the guards of unique keys for the item with this key.
    pub fn take_unique(&mut self, table: &str, guards: &[Guard], owner: &Item) -> Result<()> {
        guards.iter().try_for_each(|guard| {
            let role = Role::Unique(guard.constraint.clone().into());
            self.take(table, guard, owner, role)
        })
    }

    /// Gives guards back.
    pub fn give_back(&mut self, table: &str, guards: &[Guard]) -> Result<()> {
        for guard in guards {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(dal_table::key(guard.key.clone())))
                .build()
                .map_err(incomplete)?;
            let action = TransactWriteItem::builder().delete(delete).build();
            self.push(action, Role::Condition);
        }
        Ok(())
    }

    /// Lets the guards lead to another item.
    pub fn redirect(&mut self, table: &str, guards: &[Guard], owner: &Item) -> Result<()> {
        for guard in guards {
            let item = guard_item(guard, owner);
            let put = Put::builder().table_name(table).set_item(Some(item));
            let put = put.build().map_err(incomplete)?;
            let action = TransactWriteItem::builder().put(put).build();
            self.push(action, Role::Condition);
        }
        Ok(())
    }
}

/// The item that keeps a value for the item with this key.
pub(super) fn guard_item(guard: &Guard, owner: &Item) -> Item {
    let mut item = dal_table::key(guard.key.clone());
    item.insert(OWNER.to_owned(), AttributeValue::M(owner.clone()));
    item
}

/// A change of an item that exists: its expressions and their placeholders.
#[derive(Debug)]
pub(super) struct ItemChange {
    /// The update expression; none changes nothing.
    pub update: Option<String>,
    /// The condition.
    pub condition: String,
    /// The placeholders of both.
    pub expression: Expression,
}

impl ItemChange {
    fn texts(&self) -> [&str; 2] {
        [self.update.as_deref().unwrap_or_default(), &self.condition]
    }

    fn names(&self) -> Option<HashMap<String, String>> {
        self.expression.names(&self.texts())
    }

    fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        self.expression.values(&self.texts())
    }
}

/// A change that was refused because its condition was false.
pub(super) struct Refused {
    /// The error.
    pub error: Error,
    /// The item that made the condition false; none when there is no item.
    pub item: Option<Item>,
}

impl DynamoDbBackend {
    /// Carries a transaction out, under one request token for all of its attempts.
    pub(super) async fn transact(&self, shape: &Shape, transaction: Transaction) -> Result<()> {
        let Transaction { actions, roles } = transaction;
        if actions.len() > MAX_TRANSACTION_ACTIONS {
            let message = "the write takes more actions than a transaction of DynamoDB may have";
            return Err(Error::new(ErrorKind::TooLarge, message)
                .with("limit", MAX_TRANSACTION_ACTIONS)
                .with("size", actions.len()));
        }
        // Of this plan alone: another one writes something else.
        let token = request_token(&OpCx::new(), "");
        let sent = self
            .db
            .call_as(
                "TransactWriteItems",
                &shape.table,
                Idempotency::ByToken,
                &roles,
                || {
                    let request = self.db.client.transact_write_items();
                    let request = request.set_transact_items(Some(actions.clone()));
                    request.client_request_token(&token).send()
                },
            )
            .await;
        sent.map(drop)
    }

    /// Changes one item that exists.
    pub(super) async fn change(
        &self,
        shape: &Shape,
        key: &Item,
        change: &ItemChange,
    ) -> Result<Result<(), Refused>> {
        let (names, values) = (change.names(), change.values());
        let sent = self
            .db
            .call_as(
                "UpdateItem",
                &shape.table,
                Idempotency::None,
                &[Role::Change],
                || {
                    let request = self.db.client.update_item().table_name(&shape.table);
                    request
                        .set_key(Some(key.clone()))
                        .set_update_expression(change.update.clone())
                        .condition_expression(&change.condition)
                        .set_expression_attribute_names(names.clone())
                        .set_expression_attribute_values(values.clone())
                        .return_values_on_condition_check_failure(
                            ReturnValuesOnConditionCheckFailure::AllOld,
                        )
                        .send()
                },
            )
            .await;
        match sent {
            Ok(_) => Ok(Ok(())),
            Err(error) if is_overtaken(&error) => {
                let item = refused_item::<UpdateItemError>(&error).cloned();
                Ok(Err(Refused { error, item }))
            }
            Err(error) => Err(error),
        }
    }
}

/// The item that made the condition of a single write false; `E` is the operation's error.
pub(super) fn refused_item<E: StdError + 'static>(error: &Error) -> Option<&Item> {
    let native = error.source()?.downcast_ref::<Native<SdkError<E>>>()?;
    old_item(native.get())
}

/// Whether the item of a write was not as its condition wants it.
pub(super) fn is_overtaken(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::ConditionFailed
    )
}

/// The error when others were faster each time.
pub(super) fn overtaken() -> Error {
    let message = "other writers changed the record each time the write was about to; try again";
    Error::new(ErrorKind::Conflict, message)
}

pub(super) fn incomplete(native: aws_sdk_dynamodb::error::BuildError) -> Error {
    Error::new(
        ErrorKind::Unexpected,
        "a request was built without a member that it needs",
    )
    .source(native)
}
