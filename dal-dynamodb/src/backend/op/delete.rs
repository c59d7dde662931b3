//! Delete: one action without guards, when DynamoDB can decide the condition; otherwise the item is
//! read, and its guards go with it.

use dal_traits::op::{Delete, Reply};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Result};

use super::super::DynamoDbBackend;
use super::super::action::{Action, Write};
use super::super::dal_table::{self, KEY};
use super::super::expression::{Clause, Expression};
use super::super::guards::{self, give_back};
use super::super::shape::Shape;
use super::refusal::{check, fields_of, not_found};
use crate::{Item, Role};

impl DynamoDbBackend {
    /// `is_decided` says whether DynamoDB can decide the condition. A delete that is sent alone says itself whether there was an item; beside other steps only a
    /// read does.
    pub(super) async fn plan_delete(
        &self,
        shape: &Shape,
        delete: &Delete,
        is_decided: bool,
        is_alone: bool,
    ) -> Result<(Vec<Action>, Reply)> {
        let when = delete.when.as_ref();
        if !shape.has_guards() && is_decided && (is_alone || when.is_some()) {
            let key = shape.key(&shape.identified(&delete.identity))?;
            let key = key.ok_or_else(not_found)?;
            let mut expression = Expression::default();
            let condition = match when {
                Some(_) => expression.fulfils(shape, when)?,
                None => Clause::Always,
            };
            let delete = Action::new(&shape.table, key, Write::Delete, condition, expression);
            return Ok((vec![delete.own()], Reply::Existed(true)));
        }
        let Some(item) = self.find(shape, &delete.identity).await? else {
            return match when {
                Some(_) => Err(not_found()),
                None if is_alone => Ok((Vec::new(), Reply::Existed(false))),
                None => {
                    let missing = self.still_missing(shape, &delete.identity)?;
                    Ok((vec![missing], Reply::Existed(false)))
                }
            };
        };
        let held = shape.record(&item)?;
        check(when, &held)?;
        let mut expression = Expression::default();
        let of_condition = shape.attributes_with(&fields_of(when));
        let read = of_condition.into_iter().chain(shape.guarded_attributes());
        let unchanged = expression.unchanged_item(&item, shape.partition_key(), read);
        let key = shape.key_in(&item);
        let removed = Action::new(&shape.table, key, Write::Delete, unchanged, expression);
        let mut actions = vec![removed];
        actions.extend(give_back(&self.dal_table, &guards::of(shape, &held)));
        Ok((actions, Reply::Existed(true)))
    }

    /// There is still no record with this identity.
    fn still_missing(&self, shape: &Shape, identity: &[Value]) -> Result<Action> {
        let mut expression = Expression::default();
        let (table, key, attribute) = if shape.is_keyed_by_identity {
            let key = shape.key(&shape.identified(identity))?;
            (&shape.table, key, shape.partition_key())
        } else {
            let guard = shape.guarded(&shape.entity.identity);
            let guard = guard.and_then(|unique| guards::key(shape, unique, identity));
            (&self.dal_table, guard.map(dal_table::key), KEY)
        };
        let key: Item = key.ok_or_else(|| {
            let message = "the identity does not lead to the item on DynamoDB";
            Error::new(ErrorKind::Unsupported, message)
        })?;
        let missing = expression.missing(attribute);
        let check = Action::new(table, key, Write::Check, missing, expression);
        Ok(check.meaning(Role::Condition))
    }
}
