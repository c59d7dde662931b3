//! Delete: one request without guards, when DynamoDB can decide the condition; otherwise the item is
//! read, and its guards go with it.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use dal_traits::op::{Delete, Reply};
use dal_traits::{ErrorKind, Idempotency, Result};

use super::super::DynamoDbBackend;
use super::super::condition;
use super::super::expression::{Clause, Expression};
use super::super::guards;
use super::super::shape::Shape;
use super::super::write::{PLANS, Transaction, is_overtaken, overtaken, refused_item};
use super::update::{check, fields_of, foreign, not_found};
use crate::{Item, Role};

impl DynamoDbBackend {
    pub(in super::super) async fn delete(&self, delete: &Delete) -> Result<Reply> {
        let shape = self.shape(&delete.entity)?;
        shape.check_deletable()?;
        let is_decided = match &delete.when {
            Some(when) => condition::is_decided(shape, when)?,
            None => true,
        };
        let has_guards = shape.entity.unique.iter().any(|unique| unique.guard);
        if !has_guards && is_decided {
            return match shape.key(&shape.identified(&delete.identity))? {
                Some(key) => self.delete_item(shape, &key, delete).await,
                None => missing(delete),
            };
        }
        self.need_all_guards(shape).await?;
        for _ in 0..PLANS {
            let Some(item) = self.find(shape, &delete.identity).await? else {
                return missing(delete);
            };
            let held = shape.record(&item)?;
            check(delete.when.as_ref(), &held)?;
            let mut expression = Expression::default();
            let of_condition = fields_of(delete.when.as_ref());
            let of_condition = of_condition.into_iter().map(|field| {
                let attribute = shape.entity.fields.get(field).map(|field| field.attribute);
                shape.name(attribute.unwrap_or(shape.entity.partition_key))
            });
            let mut read: Vec<&str> = of_condition
                .chain(shape.guarded_attributes())
                .chain([shape.partition_key()])
                .collect();
            read.sort_unstable();
            read.dedup();
            let unchanged = expression.unchanged(&item, read);
            let mut transaction = Transaction::default();
            transaction.delete(shape, shape.key_in(&item), unchanged, expression)?;
            transaction.give_back(&self.dal_table, &guards::of(shape, &held))?;
            match self.transact(shape, transaction).await {
                Ok(()) => return Ok(Reply::Existed(true)),
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Err(overtaken())
    }

    async fn delete_item(&self, shape: &Shape, key: &Item, delete: &Delete) -> Result<Reply> {
        let mut expression = Expression::default();
        let mut text = None;
        if let Some(when) = &delete.when {
            let exists = expression.exists(shape.partition_key());
            let when = expression.condition(shape, when)?;
            text = Clause::all(vec![exists, when]).text(&mut expression, shape.partition_key());
        }
        let texts = [text.as_deref().unwrap_or_default()];
        let (names, values) = (expression.names(&texts), expression.values(&texts));
        let sent = self
            .db
            .call_as(
                "DeleteItem",
                &shape.table,
                Idempotency::None,
                &[Role::Change],
                || {
                    let request = self.db.client.delete_item().table_name(&shape.table);
                    let request = request
                        .set_key(Some(key.clone()))
                        .set_condition_expression(text.clone())
                        .set_expression_attribute_names(names.clone())
                        .set_expression_attribute_values(values.clone())
                        .return_values(ReturnValue::AllOld);
                    match &text {
                        Some(_) => request.return_values_on_condition_check_failure(
                            ReturnValuesOnConditionCheckFailure::AllOld,
                        ),
                        None => request,
                    }
                    .send()
                },
            )
            .await;
        match sent {
            Ok(reply) => {
                let existed = reply.attributes().is_some_and(|item| !item.is_empty());
                Ok(Reply::Existed(existed))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Err(not_found()),
            Err(error) if error.kind() == ErrorKind::ConditionFailed => {
                let Some(item) = refused_item::<DeleteItemError>(&error) else {
                    return Err(error);
                };
                check(delete.when.as_ref(), &shape.record(item)?)?;
                Err(foreign())
            }
            Err(error) => Err(error),
        }
    }
}

/// The reply for a record that does not exist.
fn missing(delete: &Delete) -> Result<Reply> {
    match delete.when {
        None => Ok(Reply::Existed(false)),
        Some(_) => Err(not_found()),
    }
}
