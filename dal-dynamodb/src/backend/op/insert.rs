//! Insert: one put without guards, which come beside it otherwise. Nothing is read.

use dal_traits::{Record, Result};

use super::super::DynamoDbBackend;
use super::super::action::Action;
use super::super::guards::{self, take, unique};
use super::super::shape::Shape;
use super::refusal::null_key;
use crate::{Item, Role};

impl DynamoDbBackend {
    /// Of several reasons the first counts: existence comes before the other constraints.
    pub(super) fn plan_insert(
        &self,
        shape: &Shape,
        record: &Record,
        item: Item,
    ) -> Result<Vec<Action>> {
        let key = shape.key(record)?.ok_or_else(null_key)?;
        let (identity, others): (Vec<_>, Vec<_>) = guards::of(shape, record)
            .into_iter()
            .partition(|guard| guard.is_identity);
        let mut actions = take(&self.dal_table, &identity, &key, |_| Role::Insert);
        let role = shape.key_role();
        actions.push(Action::put_new(&shape.table, key.clone(), item, role));
        actions.extend(take(&self.dal_table, &others, &key, unique));
        Ok(actions)
    }
}
