//! What the model test is worth: it finds each of these defects, with the generator that it always
//! has. Nightly it does so with three seeds, and shrinks each to a few operations.

mod dynamodb;
mod mysql;
mod reads;
mod values;
mod write;

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use dal_testkit::is_nightly;
use dal_testkit::servers::Engine;

use crate::model::{Pair, Seam, Search, Statistics, all_on, shop, types};

/// The most sequences until a defect is found.
const SEQUENCES: u32 = 1000;

/// The most operations that show a defect, after shrinking.
const OPERATIONS: usize = 8;

/// How often a sequence is run again to shrink it.
const SHRINKING: u32 = 80;

/// Finds each defect; what is not found, or not shrunk far enough, is listed together.
fn find_each(suite: &str, pair: &Pair, defects: &[(&str, impl Seam)]) {
    if !all_on(pair.dynamodb) {
        return;
    }
    let seeds: &[u64] = if is_nightly() { &[1, 2, 3] } else { &[1] };
    let mut failures = String::new();
    for (name, defect) in defects {
        let mut line = format!("dal-tests: {suite}: {name}:");
        for seed in seeds {
            let search = Search {
                seed: *seed,
                sequences: SEQUENCES,
                shrinking: if is_nightly() { SHRINKING } else { 0 },
            };
            let begin = Instant::now();
            let Some(found) = search.first_difference(pair, defect, &Statistics::default()) else {
                let _ = writeln!(failures, "{name}, seed {seed}: not found");
                continue;
            };
            let _ = write!(
                line,
                " {} operations (sequence {}, {:.1} s)",
                found.operations,
                found.sequence,
                begin.elapsed().as_secs_f32()
            );
            if is_nightly() && found.operations > OPERATIONS {
                let _ = writeln!(
                    failures,
                    "{name}, seed {seed}: {} operations\n{}",
                    found.operations, found.text
                );
            }
        }
        line.push('\n');
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn defects_of_requests_to_dynamodb_are_found_by_operations_on_the_shop() {
    find_each("DynamoDB, shop", &shop(Engine::Embedded), dynamodb::SHOP);
}

#[test]
fn defects_of_requests_to_dynamodb_are_found_by_operations_on_every_type() {
    // Of many fields few are NULL and compared: the others take too many sequences by day.
    let defects = if is_nightly() {
        dynamodb::TYPES
    } else {
        &dynamodb::TYPES[..1]
    };
    find_each("DynamoDB, types", &types(Engine::Embedded), defects);
}

#[test]
fn defects_of_statements_are_found_by_operations_on_the_shop() {
    find_each("MySQL, shop", &shop(Engine::Embedded), mysql::SHOP);
}

#[test]
fn defects_of_statements_are_found_by_operations_on_every_type() {
    find_each("MySQL, types", &types(Engine::Embedded), mysql::TYPES);
}
