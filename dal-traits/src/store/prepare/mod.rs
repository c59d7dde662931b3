//! Finishes what a caller asks for: everything that can be decided without the store is decided here.

mod add;
mod children;
mod condition;
mod now;
mod path;
mod read;
mod values;
mod write;

pub(crate) use condition::both;
pub(crate) use path::no_path;
pub(crate) use read::{Asked, Consistency, Range, get, get_many, in_order, query, scan};
pub(crate) use write::{check, delete, insert, next_id, pass_id, put, update};
