//! Contracts, read as a team has them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports by panicking"
)]

mod any_text;
mod codes;
mod constructs;
mod document;
mod entities;
mod many;
mod published;
mod rendered;
mod shop;

use dal_contract::{Contract, Mode, Sources, load};
use dal_traits::catalog::Catalog;

/// Reads a contract without a sidecar, leniently.
fn read(contract: &str, catalog: Option<&Catalog>) -> Contract {
    let sources = Sources {
        contract,
        sidecar: None,
    };
    load(sources, catalog, Mode::Lenient)
}

fn codes(contract: &Contract) -> Vec<&'static str> {
    contract
        .diagnostics
        .iter()
        .map(|found| found.code)
        .collect()
}
