//! The shop: its repositories, property tests, copy, HTTP API, and what the README shows.

mod check;
mod concurrent;
mod converge;
mod copy;
mod pinned_ids;
mod readme;
mod repositories;
mod service;
