//! A call, and an attempt of it that failed.

use crate::{Class, Classify};

/// What a call is named in spans, metrics and errors.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The database's name among OpenTelemetry's systems: `mysql`, `aws.dynamodb`.
    pub system: &'static str,
    /// Such as `INSERT` or `PutItem`.
    pub operation: &'static str,
    /// The table.
    pub table: &'a str,
}

/// What an error says, read once.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What it means.
    pub class: Class,
    /// The server's number or name for it.
    pub status: Option<String>,
}

/// A failed attempt, with its reading.
#[derive(Debug)]
pub struct Failed<E> {
    /// What the error says.
    pub reading: Reading,
    /// The error.
    pub error: E,
}

impl<E> Classify for Failed<E> {
    fn classify(&self) -> Class {
        self.reading.class.clone()
    }
}
