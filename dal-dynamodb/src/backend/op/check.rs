//! Check: one action where the identity leads to the item and DynamoDB can decide the condition;
//! otherwise the item is read.

use dal_traits::Result;
use dal_traits::op::Check;

use super::super::DynamoDbBackend;
use super::super::action::{Action, Write};
use super::super::expression::Expression;
use super::super::shape::Shape;
use super::refusal::{check, fields_of, not_found};

impl DynamoDbBackend {
    /// `is_decided` says whether DynamoDB can decide the condition.
    pub(super) async fn plan_check(
        &self,
        shape: &Shape,
        of: &Check,
        is_decided: bool,
    ) -> Result<Action> {
        let when = of.when.as_ref();
        let mut expression = Expression::default();
        if shape.is_keyed_by_identity && is_decided {
            let key = shape.key(&shape.identified(&of.identity))?;
            let key = key.ok_or_else(not_found)?;
            let condition = expression.fulfils(shape, when)?;
            let check = Action::new(&shape.table, key, Write::Check, condition, expression);
            return Ok(check.own());
        }
        let item = self.find(shape, &of.identity).await?;
        let item = item.ok_or_else(not_found)?;
        check(when, &shape.record(&item)?)?;
        let mut read = fields_of(when);
        read.extend(&shape.entity.identity);
        let read = shape.attributes_with(&read);
        let unchanged = expression.unchanged_item(&item, shape.partition_key(), read);
        let key = shape.key_in(&item);
        Ok(Action::new(
            &shape.table,
            key,
            Write::Check,
            unchanged,
            expression,
        ))
    }
}
