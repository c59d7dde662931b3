//! An online shop on repositories that run on MySQL and on DynamoDB: the example of dal's guide.

pub mod commands;
pub mod config;
pub mod connect;
pub mod contents;
pub mod copy;
pub mod defect;
#[cfg(feature = "demo")]
pub mod demo;
pub mod dynamodb;
pub mod error;
pub mod flags;
pub mod http;
pub mod model;
pub mod mysql;
pub mod repos;
pub mod schema;
pub mod seed;
pub mod serve;
pub mod service;
pub mod shadow;
pub mod store;
pub mod telemetry;

mod checkout;
mod cursor;
mod repositories;

pub use repositories::Repositories;
