//! One case for each rule of `docs/store.md`, on every engine.

mod carts;
mod concurrent;
mod orders;
mod products;
mod transact;
mod types;
mod users;

use dal_traits::store::{EntityStore, Store};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Record, Result};

/// An entity of the store.
fn of(store: &Store, entity: &str) -> EntityStore {
    store.entity(entity).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn int(number: i128) -> Value {
    Value::Int(number)
}

/// A field of a record.
fn value(record: &Record, field: &str) -> Value {
    record.get(field).unwrap().clone()
}

/// A field of each record.
fn values(records: &[Record], field: &str) -> Vec<Value> {
    records.iter().map(|record| value(record, field)).collect()
}

/// The kind of an error and the constraint that it names.
fn refused<T: std::fmt::Debug>(result: Result<T>) -> (ErrorKind, String) {
    let error: Error = result.unwrap_err();
    let constraint = error.class().constraint.clone().unwrap_or_default();
    (error.kind(), constraint.into_owned())
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    refused(result).0
}
