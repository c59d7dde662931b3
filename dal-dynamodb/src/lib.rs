#![doc = include_str!("../README.md")]

mod advice;
mod backend;
mod batch;
mod call;
mod client;
mod codes;
mod error;
mod insert;
mod item_key;
mod native;
mod number;
mod role;
mod same;
mod size;
mod skew;
mod tables;
mod text;
mod token;
mod unsent;

/// An item or a key: attribute names and values.
pub type Item = std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>;

pub use backend::{DuplicateValue, DynamoDbBackend, FilledGuards};
pub use batch::BatchWriteError;
pub use client::{DynamoDb, connect, from_client, from_config};
pub use codes::{ERROR_TABLE, ErrorRow};
pub use dal_traits::telemetry::describe_metrics;
pub use error::{
    cancellation_reasons, classify, classify_any, classify_as, classify_statement, error, old_item,
};
pub use item_key::ItemKey;
pub use native::Native;
pub use role::Role;
pub use size::{
    MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES, MAX_TRANSACTION_ACTIONS,
    MAX_TRANSACTION_BYTES, item_size, value_size,
};
pub use text::VALIDATION_TEXTS;
pub use token::request_token;
