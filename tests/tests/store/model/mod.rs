//! The model test: random operations of any model on memory, MySQL and DynamoDB in lock-step. Every
//! reply is compared, and in the end every record.
//!
//! A sequence is a list of numbers that [`choices::Choices`] turns into operations, so that shrinking
//! removes operations and makes what is left simpler.

mod carry_out;
mod choices;
mod lockstep;
mod operation;
mod seam;
mod search;
mod statistics;
mod values;

use std::io::Write as _;

use dal_testkit::clean::{CleanDatabases, CleanTables};
use dal_testkit::servers::{DynamoDbKind, Engine};

pub use self::seam::Seam;
pub use self::search::Search;
pub use self::statistics::Statistics;

use self::seam::Nothing;
use crate::stores::{Contract, SHOP, TYPES, engines};

static SHOP_DATABASES: CleanDatabases =
    CleanDatabases::new(include_str!("../../../../examples/shop/schema/mysql.sql")).first_id(8);
static TYPES_DATABASES: CleanDatabases =
    CleanDatabases::new(include_str!("../../../fixtures/types.sql")).first_id(8);
static SHOP_EMBEDDED: CleanTables = CleanTables::new(DynamoDbKind::Embedded);
static SHOP_LOCAL: CleanTables = CleanTables::verdict();
static TYPES_EMBEDDED: CleanTables = CleanTables::new(DynamoDbKind::Embedded);
static TYPES_LOCAL: CleanTables = CleanTables::verdict();

/// What a run compares.
pub struct Pair {
    pub contract: &'static Contract,
    pub databases: &'static CleanDatabases,
    pub tables: &'static CleanTables,
    /// The DynamoDB behind `tables`.
    pub dynamodb: Engine,
}

/// The shop on memory, MySQL and a DynamoDB.
pub fn shop(dynamodb: Engine) -> Pair {
    let tables = match dynamodb {
        Engine::Embedded => &SHOP_EMBEDDED,
        _ => &SHOP_LOCAL,
    };
    Pair {
        contract: &SHOP,
        databases: &SHOP_DATABASES,
        tables,
        dynamodb,
    }
}

/// A table with a column of each type on memory, MySQL and a DynamoDB.
pub fn types(dynamodb: Engine) -> Pair {
    let tables = match dynamodb {
        Engine::Embedded => &TYPES_EMBEDDED,
        _ => &TYPES_LOCAL,
    };
    Pair {
        contract: &TYPES,
        databases: &TYPES_DATABASES,
        tables,
        dynamodb,
    }
}

/// Replies that must have been compared, by operation and outcome.
type Floors = &'static [(&'static str, &'static str, u64)];

const SHOP_FLOORS: Floors = &[
    ("insert", "ok", 100),
    // Arrays of several elements that were compared.
    ("insert", "array", 10),
    ("put", "array", 3),
    ("get", "array", 3),
    ("get_many", "array", 3),
    ("insert", "already_exists", 20),
    ("insert", "unique_violation", 20),
    ("insert", "invalid_value", 5),
    ("put", "ok", 20),
    ("put", "unique_violation", 5),
    ("get", "found", 50),
    ("get", "none", 20),
    ("get_many", "ok", 20),
    ("query", "records", 10),
    ("query", "continued", 1),
    ("update", "ok", 50),
    ("update", "not_found", 10),
    ("update", "condition_failed", 5),
    ("update", "invalid_value", 5),
    ("update", "unique_violation", 3),
    ("delete", "existed", 20),
    ("delete", "missing", 5),
    ("delete", "condition_failed", 3),
    ("transact", "ok", 20),
    ("transact", "already_exists", 5),
    ("transact", "not_found", 5),
    ("transact", "condition_failed", 5),
    ("transact", "unique_violation", 5),
    ("transact", "invalid_value", 5),
    ("transact", "behind the first step", 20),
];

const TYPES_FLOORS: Floors = &[
    ("insert", "ok", 100),
    ("insert", "array", 20),
    ("put", "array", 5),
    ("get", "array", 5),
    ("get_many", "array", 5),
    ("update", "array", 5),
    ("get", "found", 20),
    ("update", "ok", 50),
    ("update", "condition_failed", 10),
    ("update", "invalid_value", 2),
    ("delete", "existed", 10),
    ("transact", "ok", 20),
    ("transact", "condition_failed", 5),
    ("transact", "behind the first step", 10),
];

fn sequences(usual: u32) -> u32 {
    let nightly = std::env::var("DAL_CHECK").is_ok_and(|check| check == "nightly");
    if nightly { usual * 8 } else { usual }
}

/// The same sequences in every run, unless `DAL_CHECK_SEED` says otherwise.
fn seed() -> u64 {
    std::env::var("DAL_CHECK_SEED").map_or(20_250_102, |seed| seed.parse().unwrap())
}

/// Runs `cases` sequences; panics with the shrunk operations of one that differs.
fn run(pair: &Pair, cases: u32, floors: Floors) {
    let statistics = Statistics::default();
    let search = Search {
        seed: seed(),
        sequences: cases,
        shrinking: u32::MAX,
    };
    if let Some(found) = search.first_difference(pair, &Nothing, &statistics) {
        panic!("{} operations:\n{}", found.operations, found.text);
    }
    let line = format!(
        "dal-tests: store model on memory, MySQL and {}: {cases} sequences, {}\n",
        pair.dynamodb.name(),
        statistics.text()
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    for (operation, outcome, floor) in floors {
        let found = statistics.count(operation, outcome);
        assert!(
            found >= *floor,
            "{operation} {outcome}: {found} of {floor}\n{line}"
        );
    }
}

pub fn all_on(needed: Engine) -> bool {
    let on = engines("store_model");
    on.contains(&Engine::MySql) && on.contains(&needed)
}

#[test]
fn the_shop_is_the_same_on_memory_mysql_and_embedded_dynamodb() {
    if all_on(Engine::Embedded) {
        run(&shop(Engine::Embedded), sequences(96), SHOP_FLOORS);
    }
}

#[test]
fn the_shop_is_the_same_on_memory_mysql_and_dynamodb_local() {
    if all_on(Engine::Local) {
        run(&shop(Engine::Local), sequences(32), &[]);
    }
}

#[test]
fn every_type_is_the_same_on_memory_mysql_and_embedded_dynamodb() {
    if all_on(Engine::Embedded) {
        run(&types(Engine::Embedded), sequences(64), TYPES_FLOORS);
    }
}

#[test]
fn every_type_is_the_same_on_memory_mysql_and_dynamodb_local() {
    if all_on(Engine::Local) {
        run(&types(Engine::Local), sequences(32), &[]);
    }
}
