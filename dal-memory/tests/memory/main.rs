//! The rules of every backend, on the reference backend.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports by panicking"
)]

mod conditions;
mod cursors;
mod ids;
mod prepared;
mod queries;
mod random;
mod refused;
mod typed;
mod writes;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dal_contract::{Mode, Sources, load};
use dal_memory::{MemoryBackend, Texts};
use dal_traits::catalog::Catalog;
use dal_traits::model::Model;
use dal_traits::store::{EntityStore, Store};
use dal_traits::value::Value;
use dal_traits::{Clock, Error, ErrorKind, OpCx, Record};

/// The model of a contract; entities that are not loaded fail the test.
fn model(contract: &str, catalog: &str) -> Arc<Model> {
    let catalog: Catalog = serde_json::from_str(catalog).unwrap();
    let sources = Sources {
        contract,
        sidecar: None,
    };
    let read = load(sources, Some(&catalog), Mode::Lenient);
    assert!(
        read.entities.iter().all(|entity| entity.loaded),
        "{:#?}",
        read.diagnostics
    );
    Arc::new(read.model)
}

fn shop_model() -> Arc<Model> {
    model(
        include_str!("../../../dal-contract/tests/fixtures/shop.json"),
        include_str!("../../../dal-contract/tests/fixtures/shop.catalog.json"),
    )
}

fn things_model() -> Arc<Model> {
    model(
        include_str!("fixtures/things.json"),
        include_str!("fixtures/things.catalog.json"),
    )
}

fn shop() -> Store {
    Store::open(MemoryBackend::with_texts(shop_model(), Texts::Collated))
}

fn users() -> EntityStore {
    shop().entity("Users").unwrap()
}

fn products() -> EntityStore {
    shop().entity("Products").unwrap()
}

fn things() -> EntityStore {
    let store = Store::open(MemoryBackend::new(things_model()));
    store.entity("Things").unwrap()
}

/// Named values.
macro_rules! values {
    ($($name:ident: $value:expr),* $(,)?) => {
        [$((stringify!($name), ::dal_traits::value::Value::from($value))),*]
    };
}
use values;

fn value(record: &Record, field: &str) -> Value {
    record.get(field).unwrap().clone()
}

fn int(record: &Record, field: &str) -> i128 {
    match value(record, field) {
        Value::Int(number) => number,
        other => panic!("{other:?}"),
    }
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}

/// The kind of the error.
fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// Asserts the kind of an error and what its text contains.
fn refused<T: std::fmt::Debug>(result: Result<T, Error>, kind: ErrorKind, parts: &[&str]) {
    let error = result.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), kind, "{text}");
    for part in parts {
        assert!(text.contains(part), "{part} in {text}");
    }
}

/// A clock that stands at so many nanoseconds after 1970.
struct At(u64);

impl Clock for At {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.0)
    }
}

fn at(nanoseconds: u64) -> OpCx {
    OpCx::new().with_clock(Arc::new(At(nanoseconds)))
}
