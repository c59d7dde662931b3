//! One file for each operation: reads are carried out, writes are planned.

mod check;
mod delete;
mod get;
mod get_many;
mod insert;
mod put;
mod query;
mod refusal;
mod transact;
mod update;
