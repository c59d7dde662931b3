//! The put of a new item whose lost reply is resolved by reading back.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use dal_traits::call::{self, Cause};
use dal_traits::{Class, Effect, Error, ErrorKind, Idempotency, Result, Retry};

use crate::call::{Boxed, boxed, into_error, named};
use crate::client::DynamoDb;
use crate::role::Role;
use crate::same::same_item;
use crate::{Item, error};

const OPERATION: &str = "PutItem";

impl DynamoDb {
    /// Puts an item that must not exist yet; `key_attribute` is the table's partition key.
    ///
    /// When a reply is lost, the put is repeated, which is safe under its condition; if an item is
    /// there then, it is compared with ours as DynamoDB compares (numbers by value, sets without
    /// order): equal means that the lost attempt was applied. Two callers who put exactly the same
    /// item can therefore both succeed: give the item an attribute of its own (an id, a request
    /// token) where that matters.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] only when no attempt of ours can have made the item;
    /// otherwise as [`DynamoDb::call`].
    pub async fn insert_item(&self, table: &str, key_attribute: &str, item: Item) -> Result<()> {
        let roles = [Role::Insert];
        let read = |native: &Boxed<PutItemError>| error::read(native, &roles);
        // Under its condition the put has its effect once, so repeating is allowed.
        let put = call::run(
            named(OPERATION, table),
            &self.policy,
            Idempotency::ByToken,
            read,
            || {
                let request = self
                    .client
                    .put_item()
                    .table_name(table)
                    .set_item(Some(item.clone()))
                    .condition_expression("attribute_not_exists(#key)")
                    .expression_attribute_names("#key", key_attribute)
                    .return_values_on_condition_check_failure(
                        ReturnValuesOnConditionCheckFailure::AllOld,
                    );
                boxed(request.send())
            },
        )
        .await;
        let Err(failed) = put else { return Ok(()) };
        let class = &failed.reading.class;
        if class.kind != ErrorKind::AlreadyExists || class.effect == Effect::None {
            return Err(into_error(failed, OPERATION, table));
        }
        let found = match &failed.error {
            Cause::Native(native) => error::old_item(native),
            Cause::Late => None,
        };
        if found.is_some_and(|found| same_item(found, &item)) {
            return Ok(());
        }
        // Ours may have been applied and then changed by another writer: the store cannot tell.
        Err(Error::of(
            Class::new(ErrorKind::Unavailable).retry(Retry::Never),
            "the reply of the put was lost and another item has its key now; read it and decide",
        )
        .backend("dynamodb")
        .operation(OPERATION)
        .entity(table))
    }
}
