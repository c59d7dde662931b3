//! The engine of dual writes and shadow reads, on stores in memory, and the parts that it is made of.

#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports by panicking, and its stores explain themselves"
)]

mod accounts;
mod books;
mod compare_errors;
mod compare_numbers;
mod compare_reads;
mod compare_rules;
mod compare_sinks;
mod compare_values;
mod completeness;
mod containment;
mod converge;
mod engine;
mod forms;
mod groups;
mod lag;
mod log;
mod manual;
mod may_step;
mod metrics;
mod never_hurts;
mod not_forgotten;
mod operators;
mod phases;
mod redaction;
mod report;
mod secrets;
mod settings;
mod simulate;
mod step_by_hand;
mod stuck;
mod users;
