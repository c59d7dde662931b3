#![doc = include_str!("../README.md")]

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
