//! Defects between the backend and DynamoDB, planted from outside: an interceptor of the SDK changes
//! a request before it is serialized, or an answer after it was read.

use std::sync::Mutex;

use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use aws_smithy_runtime_api::client::interceptors::context::Output;
use dal_dynamodb::DynamoDb;

use super::write::{Write, writes};
use super::{reads, values};
use crate::model::Seam;

/// Where a defect is, and what it does there.
#[derive(Clone, Copy, Debug)]
enum Place {
    Write(fn(&mut Write<'_>)),
    /// Every value that is written or compared with.
    Value(fn(&mut AttributeValue)),
    Steps(fn(&mut Vec<TransactWriteItem>)),
    Query(fn(&mut QueryInput)),
    Page(fn(&QueryInput, &mut QueryOutput)),
    Got(fn(&mut GetItemOutput)),
    Batch(fn(&mut BatchGetItemOutput)),
    /// A transaction that was refused is taken for done.
    Refusal,
}

/// A defect of what DynamoDB is asked or replies.
#[derive(Clone, Copy, Debug)]
pub struct Defect(&'static [Place]);

/// Defects that operations on the shop show.
pub const SHOP: &[(&str, Defect)] = &[
    ("lost delete", Defect(&[Place::Steps(reads::loses_deletes)])),
    (
        "insert overwrites",
        Defect(&[Place::Write(values::overwrites)]),
    ),
    ("update creates", Defect(&[Place::Write(values::creates)])),
    (
        "missing guard",
        Defect(&[Place::Write(values::takes_any_guard)]),
    ),
    ("guard kept", Defect(&[Place::Write(values::keeps_guards)])),
    (
        "guard folded",
        Defect(&[Place::Write(values::folds_guards)]),
    ),
    ("guard not found", Defect(&[Place::Got(reads::no_guard)])),
    ("wrong order", Defect(&[Place::Query(reads::goes_up)])),
    (
        "first page only",
        Defect(&[
            Place::Query(reads::short_pages),
            Place::Page(reads::first_page),
        ]),
    ),
    (
        "page starts late",
        Defect(&[Place::Page(reads::starts_late)]),
    ),
    (
        "limit before filter",
        Defect(&[
            Place::Query(reads::limit_first),
            Place::Page(reads::first_of_limited),
        ]),
    ),
    ("wrong index", Defect(&[Place::Query(reads::other_index)])),
    ("not indexed", Defect(&[Place::Write(values::not_indexed)])),
    (
        "numbers not padded",
        Defect(&[Place::Value(values::unpadded)]),
    ),
    (
        "time in milliseconds",
        Defect(&[Place::Value(values::in_milliseconds)]),
    ),
    (
        "empty text missing",
        Defect(&[Place::Write(values::empty_is_missing)]),
    ),
    (
        "condition ignored",
        Defect(&[Place::Write(values::ignores_conditions)]),
    ),
    (
        "check ignored",
        Defect(&[Place::Write(values::ignores_checks)]),
    ),
    ("double add", Defect(&[Place::Write(values::adds_twice)])),
    (
        "batch too short",
        Defect(&[Place::Batch(reads::short_batch)]),
    ),
    (
        "dropped elements",
        Defect(&[Place::Value(values::first_row)]),
    ),
    ("refusal swallowed", Defect(&[Place::Refusal])),
];

/// Defects that operations on a table with a column of every type show.
pub const TYPES: &[(&str, Defect)] = &[
    (
        "number through f64",
        Defect(&[Place::Value(values::through_float)]),
    ),
    (
        "NULL not written",
        Defect(&[Place::Write(values::keeps_nulls_out)]),
    ),
    (
        "<> of a missing one",
        Defect(&[Place::Write(values::unequal_to_nothing)]),
    ),
];

impl Seam for Defect {
    fn dynamodb(&self, db: DynamoDb) -> DynamoDb {
        let config = db.client().config().to_builder();
        dal_dynamodb::from_config(config.interceptor(Planted {
            defect: *self,
            asked: Mutex::default(),
        }))
    }
}

/// A defect in a client that sends one query after the other.
#[derive(Debug)]
struct Planted {
    defect: Defect,
    /// The query that is answered next.
    asked: Mutex<Option<QueryInput>>,
}

impl Intercept for Planted {
    fn name(&self) -> &'static str {
        "planted defect"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        for place in self.defect.0 {
            match place {
                Place::Write(spoil) => writes(input).iter_mut().for_each(spoil),
                Place::Value(spoil) => {
                    for mut write in writes(input) {
                        write.each_value(*spoil);
                    }
                }
                Place::Steps(spoil) => {
                    let transaction = input.downcast_mut::<TransactWriteItemsInput>();
                    transaction
                        .and_then(|transaction| transaction.transact_items.as_mut())
                        .into_iter()
                        .for_each(spoil);
                }
                Place::Query(spoil) => input.downcast_mut().into_iter().for_each(spoil),
                _ => {}
            }
        }
        if let Some(query) = input.downcast_ref::<QueryInput>() {
            self.asked.lock().unwrap().replace(query.clone());
        }
        Ok(())
    }

    fn modify_before_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let query = self.asked.lock().unwrap();
        for place in self.defect.0 {
            let Some(answer) = context.output_or_error_mut() else {
                continue;
            };
            match (place, answer) {
                (Place::Page(spoil), Ok(output)) => {
                    if let (Some(query), Some(page)) = (&*query, output.downcast_mut()) {
                        spoil(query, page);
                    }
                }
                (Place::Got(spoil), Ok(output)) => {
                    output.downcast_mut().into_iter().for_each(spoil);
                }
                (Place::Batch(spoil), Ok(output)) => {
                    output.downcast_mut().into_iter().for_each(spoil);
                }
                (Place::Refusal, answer @ Err(_)) => {
                    let cancelled = answer.as_ref().err().is_some_and(|error| {
                        error
                            .as_operation_error()
                            .and_then(|error| error.downcast_ref::<TransactWriteItemsError>())
                            .is_some_and(TransactWriteItemsError::is_transaction_canceled_exception)
                    });
                    if cancelled {
                        let done = TransactWriteItemsOutput::builder().build();
                        *answer = Ok(Output::erase(done));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
