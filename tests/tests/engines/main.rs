//! The engines, the two database crates on them, and the servers of the test kit.

mod backends;
mod cancelled;
mod capture;
mod catalog;
mod clean_cost;
#[cfg(unix)]
mod containers;
mod error_table;
#[cfg(unix)]
mod orphans;
#[cfg(target_os = "linux")]
mod runs;
mod secrets;
mod servers;
mod sessions;
mod store_dynamodb;
