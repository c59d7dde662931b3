//! One action on one item: sent alone, or as a part of a transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use dal_traits::{Error, ErrorKind, Result};

use super::expression::{Clause, Expression};
use crate::{Item, Role, item_size};

/// One action on one item.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub table: String,
    pub key: Item,
    pub write: Write,
    /// The text of its condition; none when there is no condition.
    pub condition: Option<String>,
    pub names: Option<HashMap<String, String>>,
    pub values: Option<HashMap<String, AttributeValue>>,
    /// What it means that its condition is false.
    pub role: Role,
    /// What its condition asks for.
    pub premise: Premise,
    /// The bytes of the item, as far as they are known.
    pub bytes: usize,
}

/// What the condition of an action asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Premise {
    /// What the step itself asks for.
    Own,
    /// That what was read still holds.
    Read,
    /// That there is no item yet.
    Missing,
}

/// What an action does.
#[derive(Clone, Debug)]
pub(super) enum Write {
    /// Puts the item.
    Put(Item),
    /// Changes the item by an update expression; none changes nothing.
    Update(Option<String>),
    /// Removes the item.
    Delete,
    /// Only looks at the item.
    Check,
}

impl Action {
    /// An action under the premise that what was read still holds; a false condition stands for
    /// [`Role::Change`].
    pub fn new(
        table: &str,
        key: Item,
        write: Write,
        condition: Clause,
        mut expression: Expression,
    ) -> Self {
        let partition_key = key.keys().next().map_or("", String::as_str);
        let condition = condition.text(&mut expression, partition_key);
        let update = match &write {
            Write::Update(Some(update)) => update,
            _ => "",
        };
        let texts = [update, condition.as_deref().unwrap_or_default()];
        let (names, values) = (expression.names(&texts), expression.values(&texts));
        let bytes = match &write {
            Write::Put(item) => item_size(item),
            _ => item_size(&key),
        };
        Self {
            table: table.to_owned(),
            key,
            write,
            condition,
            names,
            values,
            role: Role::Change,
            premise: Premise::Read,
            bytes,
        }
    }

    /// A new item; `exists` is what it means that there is one.
    pub fn put_new(table: &str, key: Item, item: Item, exists: Role) -> Self {
        let mut expression = Expression::default();
        let attribute = key.keys().next().map_or("", String::as_str);
        let missing = expression.missing(attribute);
        let put = Self::new(table, key, Write::Put(item), missing, expression);
        Self {
            premise: Premise::Missing,
            ..put.meaning(exists)
        }
    }

    /// The same, with what it means that its condition is false.
    pub fn meaning(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// The same, whose condition is what its step asks for.
    pub const fn own(mut self) -> Self {
        self.premise = Premise::Own;
        self
    }

    /// What is wanted of the item when the condition is false: it tells a missing item from another
    /// one.
    pub fn old(&self) -> Option<ReturnValuesOnConditionCheckFailure> {
        let is_wanted = self.condition.is_some() && self.role == Role::Change;
        is_wanted.then_some(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// The action as a part of a transaction.
    pub fn transacted(&self) -> Result<TransactWriteItem> {
        let (table, key) = (&self.table, Some(self.key.clone()));
        let (condition, names, values) = (
            self.condition.clone(),
            self.names.clone(),
            self.values.clone(),
        );
        let action = TransactWriteItem::builder();
        let action = match &self.write {
            Write::Put(item) => {
                let put = Put::builder()
                    .table_name(table)
                    .set_item(Some(item.clone()));
                let put = put
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(self.old());
                action.put(put.build().map_err(incomplete)?)
            }
            Write::Update(Some(update)) => {
                let change = Update::builder().table_name(table).set_key(key);
                let change = change
                    .update_expression(update)
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(self.old());
                action.update(change.build().map_err(incomplete)?)
            }
            Write::Delete => {
                let delete = Delete::builder().table_name(table).set_key(key);
                let delete = delete
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(self.old());
                action.delete(delete.build().map_err(incomplete)?)
            }
            Write::Update(None) | Write::Check => {
                let check = ConditionCheck::builder().table_name(table).set_key(key);
                let check = check
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(self.old());
                action.condition_check(check.build().map_err(incomplete)?)
            }
        };
        Ok(action.build())
    }
}

pub(super) fn incomplete(native: BuildError) -> Error {
    Error::new(
        ErrorKind::Unexpected,
        "a request was built without a member that it needs",
    )
    .source(native)
}
