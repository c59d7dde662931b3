//! Ten defects as they happen in hand-written DynamoDB code, planted from outside.
//!
//! The repositories have no switch for them: an interceptor of the SDK changes a request before it
//! is sent, or an answer before it is read, as if the code had asked or read wrongly.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use dal_dynamodb::{DynamoDb, Item};

/// A defect of the DynamoDB side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Defect {
    /// An e-mail that is taken can be registered again.
    MissingGuard,
    /// A user name that is taken is taken over.
    Overwrite,
    /// Lists end after the first page that the store returns.
    FirstPageOnly,
    /// Lists that go down go up.
    WrongOrder,
    /// An update of a record that is not there makes half a record.
    UpdateCreates,
    /// Of an order's lines only the first is kept.
    LostLines,
    /// More pieces are taken than there are.
    NegativeStock,
    /// Numbers pass through a 64-bit float.
    FloatNumbers,
    /// Times are kept in milliseconds.
    CoarseTime,
    /// A transaction whose condition failed is taken for done.
    SwallowedFailure,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::MissingGuard,
        Self::Overwrite,
        Self::FirstPageOnly,
        Self::WrongOrder,
        Self::UpdateCreates,
        Self::LostLines,
        Self::NegativeStock,
        Self::FloatNumbers,
        Self::CoarseTime,
        Self::SwallowedFailure,
    ];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingGuard => "missing-guard",
            Self::Overwrite => "overwrite",
            Self::FirstPageOnly => "first-page-only",
            Self::WrongOrder => "wrong-order",
            Self::UpdateCreates => "update-creates",
            Self::LostLines => "lost-lines",
            Self::NegativeStock => "negative-stock",
            Self::FloatNumbers => "float-numbers",
            Self::CoarseTime => "coarse-time",
            Self::SwallowedFailure => "swallowed-failure",
        }
    }

    /// Whether it is a defect of what dal's `Store` sends as well. The others are in expressions of the
    /// code that is written by hand.
    pub const fn is_of_store(self) -> bool {
        matches!(
            self,
            Self::FirstPageOnly
                | Self::WrongOrder
                | Self::LostLines
                | Self::CoarseTime
                | Self::SwallowedFailure
        )
    }

    /// A client to the same DynamoDB through which every repository has this defect.
    pub fn plant(self, db: &DynamoDb) -> DynamoDb {
        let config = db.client().config().to_builder();
        dal_dynamodb::from_config(config.interceptor(Planted(self)))
    }

    fn spoil_query(self, query: &mut QueryInput) {
        match self {
            Self::FirstPageOnly => query.limit = query.limit.map(|limit| limit.min(2)),
            Self::WrongOrder => query.scan_index_forward = Some(true),
            _ => {}
        }
    }

    fn spoil_update(self, update: &mut UpdateItemInput) {
        let condition = &mut update.condition_expression;
        match self {
            Self::UpdateCreates if condition.as_deref() == Some("attribute_exists(#pk)") => {
                *condition = Some("attribute_exists(#pk) OR attribute_not_exists(#pk)".to_owned());
            }
            Self::NegativeStock
                if condition
                    .as_deref()
                    .is_some_and(|c| c.contains("#stock >=")) =>
            {
                *condition = Some("attribute_exists(#pk) OR #stock >= :quantity".to_owned());
            }
            Self::FloatNumbers => {
                if let Some(values) = &mut update.expression_attribute_values {
                    through_float(values);
                }
            }
            _ => {}
        }
    }

    fn spoil_put(self, put: &mut Put) {
        let of = |prefix: &str| match put.item.get("pk") {
            Some(AttributeValue::S(key)) => key.starts_with(prefix),
            _ => false,
        };
        let unguarded = match self {
            Self::MissingGuard => of("EMAIL#"),
            Self::Overwrite => of("NAMES"),
            _ => false,
        };
        if unguarded && let Some(condition) = &mut put.condition_expression {
            condition.push_str(" OR attribute_exists(#pk)");
        }
        match self {
            Self::LostLines => {
                if let Some(AttributeValue::L(lines)) = put.item.get_mut("lines") {
                    lines.truncate(1);
                }
            }
            Self::FloatNumbers => through_float(&mut put.item),
            Self::CoarseTime => {
                for name in ["created_at", "placed_at"] {
                    if let Some(AttributeValue::N(time) | AttributeValue::S(time)) =
                        put.item.get_mut(name)
                    {
                        *time = in_milliseconds(time);
                    }
                }
            }
            _ => {}
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Defect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|defect| defect.as_str() == name)
            .ok_or_else(|| {
                let names: Vec<&str> = Self::ALL.iter().map(|defect| defect.as_str()).collect();
                format!("`{name}` is not a defect; there are {}", names.join(", "))
            })
    }
}

fn through_float(item: &mut Item) {
    for value in item.values_mut() {
        if let AttributeValue::N(digits) = value
            && let Ok(float) = digits.parse::<f64>()
        {
            *digits = format!("{float}");
        }
    }
}

/// Of microseconds as a number, or at the end of a text.
fn in_milliseconds(time: &str) -> String {
    let kept = time.len().saturating_sub(3);
    time.get(..kept)
        .map_or_else(|| time.to_owned(), |digits| format!("{digits}000"))
}

#[derive(Debug)]
struct Planted(Defect);

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
        if let Some(query) = input.downcast_mut::<QueryInput>() {
            self.0.spoil_query(query);
        } else if let Some(update) = input.downcast_mut::<UpdateItemInput>() {
            self.0.spoil_update(update);
        } else if let Some(transaction) = input.downcast_mut::<TransactWriteItemsInput>() {
            let actions = transaction.transact_items.iter_mut().flatten();
            actions
                .filter_map(|action| action.put.as_mut())
                .for_each(|put| self.0.spoil_put(put));
        }
        Ok(())
    }

    fn modify_before_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match context.output_or_error_mut() {
            Some(Ok(output)) if self.0 == Defect::FirstPageOnly => {
                if let Some(page) = output.downcast_mut::<QueryOutput>() {
                    page.last_evaluated_key = None::<HashMap<_, _>>;
                }
            }
            Some(answer) if self.0 == Defect::SwallowedFailure => {
                let cancelled = answer.as_ref().err().is_some_and(|error| {
                    error
                        .as_operation_error()
                        .and_then(|error| error.downcast_ref::<TransactWriteItemsError>())
                        .is_some_and(TransactWriteItemsError::is_transaction_canceled_exception)
                });
                if cancelled {
                    let done = TransactWriteItemsOutput::builder().build();
                    *answer = Ok(
                        aws_smithy_runtime_api::client::interceptors::context::Output::erase(done),
                    );
                }
            }
            _ => {}
        }
        Ok(())
    }
}
