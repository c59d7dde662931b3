//! Sends writes: one request when there is one action, a transaction otherwise.

use std::error::Error as StdError;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use dal_traits::{Error, ErrorKind, Idempotency, OpCx, Result};

use super::DynamoDbBackend;
use super::action::{Action, Write};
use crate::error::decisive;
use crate::{
    Item, MAX_TRANSACTION_ACTIONS, MAX_TRANSACTION_BYTES, Native, Role, cancellation_reasons,
    old_item, request_token,
};

/// How often a write that others overtake is planned anew.
pub(super) const PLANS: usize = 10;

/// Actions that were refused.
pub(super) struct Refused {
    pub error: Error,
    /// The action that decided it, by position; none when no action did.
    pub position: Option<usize>,
    /// The item of that action; none when there is no item.
    pub item: Option<Item>,
}

impl Refused {
    const fn whole(error: Error) -> Self {
        Self {
            error,
            position: None,
            item: None,
        }
    }
}

impl DynamoDbBackend {
    /// Carries actions out together, or none; returns the item that a lone delete removed.
    pub(super) async fn send(&self, actions: &[Action]) -> Result<Option<Item>, Refused> {
        match actions {
            [] => Ok(None),
            [
                Action {
                    write: Write::Check,
                    ..
                },
            ] => self.send_together(actions).await.map(|()| None),
            [action] => {
                let sent = self.send_alone(action).await;
                sent.map_err(|(error, item)| Refused {
                    error,
                    position: Some(0),
                    item,
                })
            }
            _ => self.send_together(actions).await.map(|()| None),
        }
    }

    /// One request. It is not repeated after a lost reply: an equal item that is found then may be
    /// another caller's. The error comes with the item that made the condition false.
    async fn send_alone(&self, action: &Action) -> Result<Option<Item>, (Error, Option<Item>)> {
        let Action { table, key, .. } = action;
        let roles = std::slice::from_ref(&action.role);
        let (client, idempotency) = (&self.db.client, Idempotency::None);
        match &action.write {
            Write::Put(item) => {
                let sent = self.db.call_as("PutItem", table, idempotency, roles, || {
                    let request = client.put_item().table_name(table);
                    request
                        .set_item(Some(item.clone()))
                        .set_condition_expression(action.condition.clone())
                        .set_expression_attribute_names(action.names.clone())
                        .set_expression_attribute_values(action.values.clone())
                        .send()
                });
                sent.await.map(|_| None).map_err(|error| (error, None))
            }
            Write::Delete => {
                let sent = self
                    .db
                    .call_as("DeleteItem", table, idempotency, roles, || {
                        let request = client.delete_item().table_name(table);
                        request
                            .set_key(Some(key.clone()))
                            .set_condition_expression(action.condition.clone())
                            .set_expression_attribute_names(action.names.clone())
                            .set_expression_attribute_values(action.values.clone())
                            .set_return_values_on_condition_check_failure(action.old())
                            .return_values(ReturnValue::AllOld)
                            .send()
                    });
                let sent = sent.await.map_err(with_item::<DeleteItemError>)?;
                Ok(sent.attributes.filter(|item| !item.is_empty()))
            }
            Write::Update(_) | Write::Check => {
                let update = match &action.write {
                    Write::Update(update) => update.clone(),
                    _ => None,
                };
                let sent = self
                    .db
                    .call_as("UpdateItem", table, idempotency, roles, || {
                        let request = client.update_item().table_name(table);
                        request
                            .set_key(Some(key.clone()))
                            .set_update_expression(update.clone())
                            .set_condition_expression(action.condition.clone())
                            .set_expression_attribute_names(action.names.clone())
                            .set_expression_attribute_values(action.values.clone())
                            .set_return_values_on_condition_check_failure(action.old())
                            .send()
                    });
                let sent = sent.await.map_err(with_item::<UpdateItemError>);
                sent.map(|_| None)
            }
        }
    }

    /// A transaction, under one request token for all of its attempts.
    async fn send_together(&self, actions: &[Action]) -> Result<(), Refused> {
        within_limits(actions).map_err(Refused::whole)?;
        let items = actions.iter().map(Action::transacted);
        let items: Vec<_> = items.collect::<Result<_>>().map_err(Refused::whole)?;
        let roles: Vec<Role> = actions.iter().map(|action| action.role.clone()).collect();
        let table = actions.first().map_or("", |action| action.table.as_str());
        // Of this plan alone: another one writes something else.
        let token = request_token(&OpCx::new(), "");
        let sent = self
            .db
            .call_as(
                "TransactWriteItems",
                table,
                Idempotency::ByToken,
                &roles,
                || {
                    let request = self.db.client.transact_write_items();
                    let request = request.set_transact_items(Some(items.clone()));
                    request.client_request_token(&token).send()
                },
            )
            .await;
        sent.map(drop).map_err(|error| decided(error, &roles))
    }
}

/// # Errors
/// [`ErrorKind::TooLarge`] for more than a transaction may have.
fn within_limits(actions: &[Action]) -> Result<()> {
    let bytes: usize = actions.iter().map(|action| action.bytes).sum();
    let (message, limit, size) = if actions.len() > MAX_TRANSACTION_ACTIONS {
        let message = "the write takes more actions, on items and on guards of unique values, than a \
                       transaction of DynamoDB may have; write less at once";
        (message, MAX_TRANSACTION_ACTIONS, actions.len())
    } else if bytes > MAX_TRANSACTION_BYTES {
        let message = "the items are larger together than a transaction of DynamoDB may be; write \
                       less at once";
        (message, MAX_TRANSACTION_BYTES, bytes)
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::TooLarge, message)
        .with("limit", limit)
        .with("size", size))
}

/// Finds the action that decided it, and its item.
fn decided(error: Error, roles: &[Role]) -> Refused {
    let native = native::<TransactWriteItemsError>(&error);
    let reasons = native.map_or(&[][..], cancellation_reasons);
    let position = decisive(reasons, roles).map(|(position, _)| position);
    let reason = position.and_then(|position| reasons.get(position));
    let item = reason.and_then(|reason| reason.item()).cloned();
    Refused {
        position,
        item: item.filter(|item| !item.is_empty()),
        error,
    }
}

fn with_item<E: StdError + 'static>(error: Error) -> (Error, Option<Item>) {
    let item = refused_item::<E>(&error).cloned();
    (error, item)
}

fn native<E: StdError + 'static>(error: &Error) -> Option<&SdkError<E>> {
    let native = error.source()?.downcast_ref::<Native<SdkError<E>>>()?;
    Some(native.get())
}

/// The item that made the condition of a single write false; `E` is the operation's error.
pub(super) fn refused_item<E: StdError + 'static>(error: &Error) -> Option<&Item> {
    old_item(native::<E>(error)?)
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
