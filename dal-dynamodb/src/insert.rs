//! The put of a new item whose lost reply is resolved by reading back.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use dal_traits::{Class, Effect, Error, ErrorKind, OpCx, Result, Retry, retry};

use crate::call::{Failed, attempt};
use crate::client::DynamoDb;
use crate::role::Role;
use crate::{Item, error};

const OPERATION: &str = "PutItem";

impl DynamoDb {
    /// Puts an item that must not exist yet; `key_attribute` is the table's partition key.
    ///
    /// When a reply is lost, the put is repeated, which is safe under its condition; if an item is
    /// there then, it is compared with ours: equal means that the lost attempt was applied. Two
    /// callers who put exactly the same item can therefore both succeed: give the item an attribute
    /// of its own (an id, a request token) where that matters.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] only when no attempt of ours can have made the item;
    /// otherwise as [`DynamoDb::call`].
    pub async fn insert_item(&self, table: &str, key_attribute: &str, item: Item) -> Result<()> {
        let cx = OpCx::current();
        let doubt = AtomicBool::new(false);
        // Under its condition the put has its effect once, so repeating is allowed.
        let idempotency = dal_traits::Idempotency::ByToken;
        retry(&self.policy, &cx, idempotency, || {
            self.insert_once(&cx, table, key_attribute, &item, &doubt)
        })
        .await
    }

    async fn insert_once(
        &self,
        cx: &OpCx,
        table: &str,
        key_attribute: &str,
        item: &Item,
        doubt: &AtomicBool,
    ) -> Result<()> {
        let request = self
            .client
            .put_item()
            .table_name(table)
            .set_item(Some(item.clone()))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", key_attribute)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let roles = [Role::Insert];
        let Err(failed) = attempt(cx, OPERATION, table, &roles, Box::pin(request.send())).await
        else {
            return Ok(());
        };
        let (class, _) = failed.read(&roles);
        if class.effect == Effect::Unknown {
            doubt.store(true, Ordering::Relaxed);
        }
        if !doubt.load(Ordering::Relaxed) {
            return Err(failed.into_error(|class| class, OPERATION, table, &roles));
        }
        if class.kind != ErrorKind::AlreadyExists {
            let unknown = |class: Class| class.effect(Effect::Unknown);
            return Err(failed.into_error(unknown, OPERATION, table, &roles));
        }
        let ours =
            matches!(&failed, Failed::Native(native) if error::old_item(native) == Some(item));
        if ours {
            return Ok(());
        }
        // Ours may have been applied and then changed by somebody else: nobody can tell.
        Err(Error::of(
            Class::new(ErrorKind::Unavailable).retry(Retry::Never),
            "the reply of the put was lost and another item has its key now; read it and decide",
        )
        .backend("dynamodb")
        .operation(OPERATION)
        .entity(table))
    }
}
