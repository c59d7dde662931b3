//! What comparing structs with the model has found.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use super::members::Members;
use crate::store::Store;
use crate::store::plan::Plan;
use crate::{Error, ErrorKind, Result};

/// What was found out of a struct, once.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) plan: Arc<Plan>,
    /// The place of the path, for the key of one.
    pub(super) path: usize,
    /// The place of each of its fields in the entity.
    pub(super) places: Vec<usize>,
    /// For each of its fields that is an array, where the elements' fields are.
    pub(super) members: Vec<Option<Members>>,
}

pub(super) type Table = HashMap<TypeId, Arc<Resolved>>;

/// Compares structs with the model of a store, and collects the mistakes.
#[derive(Debug)]
pub struct Verification<'a> {
    pub(super) store: &'a Store,
    pub(super) table: Table,
    pub(super) mistakes: Vec<String>,
}

impl<'a> Verification<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self {
            store,
            table: Table::new(),
            mistakes: Vec::new(),
        }
    }

    /// What was found out, if there is no mistake.
    pub(super) fn finish(mut self) -> Result<Table> {
        // An entity is verified again with each struct that is about it.
        let mut seen = Vec::new();
        self.mistakes.retain(|mistake| {
            let is_new = !seen.contains(mistake);
            seen.push(mistake.clone());
            is_new
        });
        if self.mistakes.is_empty() {
            return Ok(self.table);
        }
        let count = self.mistakes.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        let mistakes = self.mistakes.join("; ");
        let message = format!("{count} {noun} in the structs of the store: {mistakes}");
        Err(Error::new(ErrorKind::Config, message))
    }
}
