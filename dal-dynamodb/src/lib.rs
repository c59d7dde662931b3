//! DynamoDB for dal, on `aws-sdk-dynamodb`: the reading of its errors, a client with dal's retry, batch
//! loops that drain what comes back unprocessed, item sizes, tables. Useful to hand-written code as
//! it is.
//!
//! ```no_run
//! use aws_sdk_dynamodb::types::AttributeValue;
//! use dal_dynamodb::Role;
//! use dal_traits::{ErrorKind, Idempotency};
//!
//! # async fn f() -> dal_traits::Result<()> {
//! let db = dal_dynamodb::connect(None).await;
//! let renamed = db
//!     .call_as("UpdateItem", "users", Idempotency::ByToken, &[Role::Change], || {
//!         db.client()
//!             .update_item()
//!             .table_name("users")
//!             .key("pk", AttributeValue::S("user#7".into()))
//!             .condition_expression("attribute_exists(pk)")
//!             .update_expression("SET #name = :name")
//!             .expression_attribute_names("#name", "name")
//!             .expression_attribute_values(":name", AttributeValue::S("Ann".into()))
//!             .send()
//!     })
//!     .await;
//! match renamed {
//!     Err(e) if e.kind() == ErrorKind::NotFound => println!("no such user"),
//!     other => drop(other?),
//! }
//! # Ok(()) }
//! ```
//!
//! Code that keeps the SDK's errors uses [`classify`] and [`cancellation_reasons`].

mod advice;
mod batch;
mod call;
mod client;
mod error;
mod insert;
mod native;
mod role;
mod size;
mod tables;
mod text;
mod token;

/// An item or a key: attribute names and values.
pub type Item = std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>;

pub use batch::BatchWriteError;
pub use client::{DynamoDb, connect, from_client, from_config};
pub use dal_traits::telemetry::describe_metrics;
pub use error::{cancellation_reasons, classify, classify_any, classify_as, error, old_item};
pub use native::Native;
pub use role::Role;
pub use size::{
    MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES, MAX_TRANSACTION_ACTIONS,
    MAX_TRANSACTION_BYTES, item_size, value_size,
};
pub use token::request_token;
