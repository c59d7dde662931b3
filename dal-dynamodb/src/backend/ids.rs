//! Counters of ids, which stand in for MySQL's `AUTO_INCREMENT`.
//!
//! A counter holds the greatest id that was given or passed. [`Op::PassId`](dal_traits::op::Op) makes
//! it when it is not there; nothing else does, because a counter that begins below ids that exist
//! would give them again. An insert or a put of a record with an id of its own moves a counter that
//! exists past it, as MySQL does.

use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use dal_traits::catalog::ColumnType;
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Idempotency, Record, Result};

use super::DynamoDbBackend;
use super::dal_table::{self, KEY, LAST};
use super::send::refused_item;
use super::shape::Shape;
use crate::Role;

impl DynamoDbBackend {
    /// The next id.
    pub(super) async fn take_id(&self, shape: &Shape) -> Result<i128> {
        let greatest = greatest_id(shape)?;
        let condition = "attribute_exists(#key) AND #last < :limit";
        let values = [(":one", 1), (":limit", greatest)];
        // A lost reply skips an id, as MySQL may.
        let sent = self
            .counter(shape, "SET #last = #last + :one", condition, &values)
            .await;
        let reply = sent.map_err(|(error, exists)| match (error.kind(), exists) {
            (ErrorKind::NotFound | ErrorKind::ConditionFailed, false) => {
                let message = "the counter of ids was never initialised: say by `pass_id` which id \
                               is the greatest that exists (0 when there is none)";
                Error::new(ErrorKind::Config, message)
            }
            (ErrorKind::ConditionFailed, true) => {
                Error::new(ErrorKind::Limit, "the ids of the column are used up")
            }
            _ => error,
        })?;
        let last = reply.attributes().and_then(|item| item.get(LAST));
        let id = last.and_then(|last| last.as_n().ok()?.parse().ok());
        let message = "the counter does not hold a whole number; initialise it again by `pass_id`";
        let id = id.ok_or_else(|| Error::new(ErrorKind::Decode, message))?;
        self.remember_id(shape, id);
        Ok(id)
    }

    /// Moves the counter past an id; makes the counter when there is none.
    pub(super) async fn pass_id(&self, shape: &Shape, id: i128) -> Result<()> {
        greatest_id(shape)?;
        let condition = "attribute_not_exists(#key) OR #last < :id";
        self.move_counter(shape, id, condition).await
    }

    /// Moves a counter that exists past the id of a record that is about to be written.
    pub(super) async fn pass_id_of(&self, shape: &Shape, record: &Record) -> Result<()> {
        let mut fields = shape.entity.fields.iter();
        let Some(place) = fields.position(|field| field.auto_increment) else {
            return Ok(());
        };
        match record.value(place) {
            // What is not a number is refused when the record is encoded.
            Value::Int(id) if *id > self.remembered_id(shape) => {
                self.move_counter(shape, *id, "#last < :id").await
            }
            _ => Ok(()),
        }
    }

    async fn move_counter(&self, shape: &Shape, id: i128, condition: &str) -> Result<()> {
        let sent = self
            .counter(shape, "SET #last = :id", condition, &[(":id", id)])
            .await;
        match sent {
            Ok(_) => self.remember_id(shape, id),
            Err((error, exists)) => match error.kind() {
                ErrorKind::NotFound => {}
                ErrorKind::ConditionFailed if exists => self.remember_id(shape, id),
                _ => return Err(error),
            },
        }
        Ok(())
    }

    /// Changes the counter; the error comes with whether there is one.
    async fn counter(
        &self,
        shape: &Shape,
        update: &str,
        condition: &str,
        values: &[(&str, i128)],
    ) -> Result<UpdateItemOutput, (Error, bool)> {
        let key = dal_table::key(dal_table::counter(&shape.source));
        let sent = self
            .db
            .call_as(
                "UpdateItem",
                &self.dal_table,
                Idempotency::ByToken,
                &[Role::Change],
                || {
                    let request = self.db.client.update_item().table_name(&self.dal_table);
                    let mut request = request
                        .set_key(Some(key.clone()))
                        .update_expression(update)
                        .condition_expression(condition)
                        .expression_attribute_names("#last", LAST)
                        .return_values(ReturnValue::UpdatedNew)
                        .return_values_on_condition_check_failure(
                            ReturnValuesOnConditionCheckFailure::AllOld,
                        );
                    // DynamoDB refuses a name that no expression uses.
                    if condition.contains("#key") {
                        request = request.expression_attribute_names("#key", KEY);
                    }
                    for (name, value) in values {
                        let value = AttributeValue::N(value.to_string());
                        request = request.expression_attribute_values(*name, value);
                    }
                    request.send()
                },
            )
            .await;
        sent.map_err(|error| {
            let exists = refused_item::<UpdateItemError>(&error).is_some();
            (error, exists)
        })
    }

    fn remembered_id(&self, shape: &Shape) -> i128 {
        let known = self.known_ids.lock();
        let known = known.unwrap_or_else(std::sync::PoisonError::into_inner);
        let id = known.get(&shape.source);
        id.copied().unwrap_or(i128::MIN)
    }

    fn remember_id(&self, shape: &Shape, id: i128) {
        let known = self.known_ids.lock();
        let mut known = known.unwrap_or_else(std::sync::PoisonError::into_inner);
        let held = known.entry(shape.source.clone()).or_insert(id);
        *held = id.max(*held);
    }
}

/// The greatest id that the column can hold.
fn greatest_id(shape: &Shape) -> Result<i128> {
    let mut fields = shape.entity.fields.iter();
    let place = fields.position(|field| field.auto_increment);
    let column_type = place.and_then(|place| shape.column_type(place));
    match column_type {
        Some(ColumnType::Integer { bits, unsigned }) => {
            let bits = u32::from(*bits) - u32::from(!unsigned);
            Ok((1 << bits) - 1)
        }
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            "the ids of the entity are not numbers that MySQL gives: give each record its own",
        )),
    }
}
