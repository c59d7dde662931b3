//! The one place that writes SQL: identifiers are quoted, values are bound.

pub(super) mod children;
mod column;
mod key;
mod texts;
mod write;

use std::sync::Arc;

use dal_traits::Result;
use dal_traits::value::Value;
use sqlx::mysql::MySqlArguments;

use super::encode;

pub(super) use column::{Column, quoted};
pub(super) use key::encoded;
pub(super) use texts::{
    LOCK_IDS, SESSION, definition, delete, insert, matching, one, present, probe, replace, select,
    set_next_id, update,
};
pub(super) use write::Sql;

/// A statement with the values bound to it.
#[derive(Clone)]
pub(super) struct Statement {
    pub(super) text: Arc<str>,
    pub(super) arguments: MySqlArguments,
}

impl Statement {
    /// A text that was made when the backend was opened, with its values.
    pub(super) fn new<'a>(
        text: &Arc<str>,
        values: impl IntoIterator<Item = &'a Value>,
    ) -> Result<Self> {
        let mut arguments = MySqlArguments::default();
        for value in values {
            encode::bind(&mut arguments, value)?;
        }
        Ok(Self {
            text: text.clone(),
            arguments,
        })
    }
}
