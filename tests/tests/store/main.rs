//! `Store` on every backend: what an application sees, checked case by case on memory, MySQL,
//! embedded DynamoDB and DynamoDB Local.

mod behaviour;
mod generated;
mod model;
mod mutants;
mod records;
mod stores;
