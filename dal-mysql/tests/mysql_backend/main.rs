//! `Store`'s backend on a real MySQL.

mod conditions;
mod errors;
mod paging;
mod plans;
mod sessions;
mod support;
mod types;
mod writes;
