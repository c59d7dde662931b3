//! One file for each operation.

mod delete;
mod get;
mod get_many;
mod insert;
mod put;
mod query;
mod update;
