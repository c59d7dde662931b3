//! Owned children: the rows of another table that are an array of their record.
//!
//! A read gets records and children in one statement, so that no record is torn. A write of children
//! locks the row of the record first: two of them never mix.

pub(super) mod array;
mod read;
mod replace;
mod write;

pub(super) use read::{first, groups, record, records};
pub(super) use write::Write;
