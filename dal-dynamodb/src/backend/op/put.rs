//! Put: a whole record in the place of what has its identity.

use dal_traits::{Record, Result};

use super::super::DynamoDbBackend;
use super::super::action::{Action, Write};
use super::super::expression::{Clause, Expression};
use super::super::guards::{self, give_back, redirect, take, unique};
use super::super::shape::Shape;
use super::refusal::null_key;
use crate::{Item, Role};

impl DynamoDbBackend {
    /// Without guards nothing is read.
    pub(super) async fn plan_put(
        &self,
        shape: &Shape,
        record: &Record,
        item: Item,
    ) -> Result<Vec<Action>> {
        if !shape.has_guards() {
            let (key, put) = (shape.key_in(&item), Write::Put(item));
            let (always, expression) = (Clause::Always, Expression::default());
            let put = Action::new(&shape.table, key, put, always, expression);
            return Ok(vec![put]);
        }
        match self.find(shape, &record.identity()).await? {
            Some(held) => self.plan_replace(shape, record, item, &held),
            None => self.plan_first(shape, record, item),
        }
    }

    /// The writes that put a record where there was none. An item that has come to be since then is
    /// read by the next plan.
    fn plan_first(&self, shape: &Shape, record: &Record, item: Item) -> Result<Vec<Action>> {
        let key = shape.key(record)?.ok_or_else(null_key)?;
        let (identity, others): (Vec<_>, Vec<_>) = guards::of(shape, record)
            .into_iter()
            .partition(|guard| guard.is_identity);
        let role = match shape.key_role() {
            Role::Insert => Role::Condition,
            role => role,
        };
        let mut actions = take(&self.dal_table, &identity, &key, |_| Role::Condition);
        actions.push(Action::put_new(&shape.table, key.clone(), item, role));
        actions.extend(take(&self.dal_table, &others, &key, unique));
        Ok(actions)
    }

    /// The writes that put a record in the place of an item that was read.
    fn plan_replace(
        &self,
        shape: &Shape,
        record: &Record,
        item: Item,
        held: &Item,
    ) -> Result<Vec<Action>> {
        let key = shape.key(record)?.ok_or_else(null_key)?;
        let new_guards = guards::of(shape, record);
        let old_guards = guards::of(shape, &shape.record(held)?);
        let gone = guards::without(&old_guards, &new_guards);
        let come = guards::without(&new_guards, &old_guards);
        let kept = guards::without(&new_guards, &come);
        let mut expression = Expression::default();
        let unchanged = expression.unchanged(held, shape.guarded_attributes());
        let exists = expression.exists(shape.partition_key());
        let unchanged = Clause::all(vec![exists, unchanged]);
        let (table, old_key) = (&shape.table, shape.key_in(held));
        let mut actions = Vec::new();
        if old_key == key {
            let put = Write::Put(item);
            let put = Action::new(table, old_key, put, unchanged, expression);
            actions.push(put.meaning(Role::Condition));
        } else {
            let gone = Action::new(table, old_key, Write::Delete, unchanged, expression);
            let role = shape.key_role();
            actions.extend([gone, Action::put_new(table, key.clone(), item, role)]);
            actions.extend(redirect(&self.dal_table, &kept, &key));
        }
        actions.extend(give_back(&self.dal_table, &gone));
        actions.extend(take(&self.dal_table, &come, &key, unique));
        Ok(actions)
    }
}
