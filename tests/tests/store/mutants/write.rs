//! What DynamoDB is asked to write, whichever request asks for it.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use dal_dynamodb::Item;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Put,
    Update,
    Delete,
    Check,
}

/// One write, alone or in a transaction: what defects change of it.
pub struct Write<'a> {
    pub kind: Kind,
    table: &'a str,
    /// The item of a put, the key of the others.
    pub item: &'a mut Item,
    pub update: Option<&'a mut String>,
    pub condition: Option<&'a mut String>,
    pub names: Option<&'a mut HashMap<String, String>>,
    pub values: Option<&'a mut HashMap<String, AttributeValue>>,
}

impl Write<'_> {
    /// Whether it is about a guard, a marker or a counter.
    pub fn is_own(&self) -> bool {
        self.table.ends_with("dal")
    }

    /// Every value that is written or compared with.
    pub fn each_value(&mut self, change: fn(&mut AttributeValue)) {
        if self.kind == Kind::Put {
            self.item.values_mut().for_each(change);
        }
        let values = self.values.iter_mut();
        values
            .flat_map(|values| values.values_mut())
            .for_each(change);
    }
}

/// The writes of a request.
pub fn writes(input: &mut Input) -> Vec<Write<'_>> {
    if input.downcast_ref::<PutItemInput>().is_some() {
        return input.downcast_mut().and_then(put).into_iter().collect();
    }
    if input.downcast_ref::<UpdateItemInput>().is_some() {
        return input.downcast_mut().and_then(update).into_iter().collect();
    }
    if input.downcast_ref::<DeleteItemInput>().is_some() {
        return input.downcast_mut().and_then(delete).into_iter().collect();
    }
    let steps = input.downcast_mut::<TransactWriteItemsInput>();
    let steps = steps.and_then(|transaction| transaction.transact_items.as_mut());
    steps.into_iter().flatten().filter_map(step).collect()
}

fn put(input: &mut PutItemInput) -> Option<Write<'_>> {
    Some(Write {
        kind: Kind::Put,
        table: input.table_name.as_deref()?,
        item: input.item.as_mut()?,
        update: None,
        condition: input.condition_expression.as_mut(),
        names: input.expression_attribute_names.as_mut(),
        values: input.expression_attribute_values.as_mut(),
    })
}

fn update(input: &mut UpdateItemInput) -> Option<Write<'_>> {
    Some(Write {
        kind: Kind::Update,
        table: input.table_name.as_deref()?,
        item: input.key.as_mut()?,
        update: input.update_expression.as_mut(),
        condition: input.condition_expression.as_mut(),
        names: input.expression_attribute_names.as_mut(),
        values: input.expression_attribute_values.as_mut(),
    })
}

fn delete(input: &mut DeleteItemInput) -> Option<Write<'_>> {
    Some(Write {
        kind: Kind::Delete,
        table: input.table_name.as_deref()?,
        item: input.key.as_mut()?,
        update: None,
        condition: input.condition_expression.as_mut(),
        names: input.expression_attribute_names.as_mut(),
        values: input.expression_attribute_values.as_mut(),
    })
}

fn step(step: &mut TransactWriteItem) -> Option<Write<'_>> {
    if let Some(put) = &mut step.put {
        return Some(Write {
            kind: Kind::Put,
            table: &put.table_name,
            item: &mut put.item,
            update: None,
            condition: put.condition_expression.as_mut(),
            names: put.expression_attribute_names.as_mut(),
            values: put.expression_attribute_values.as_mut(),
        });
    }
    if let Some(update) = &mut step.update {
        return Some(Write {
            kind: Kind::Update,
            table: &update.table_name,
            item: &mut update.key,
            update: Some(&mut update.update_expression),
            condition: update.condition_expression.as_mut(),
            names: update.expression_attribute_names.as_mut(),
            values: update.expression_attribute_values.as_mut(),
        });
    }
    if let Some(delete) = &mut step.delete {
        return Some(Write {
            kind: Kind::Delete,
            table: &delete.table_name,
            item: &mut delete.key,
            update: None,
            condition: delete.condition_expression.as_mut(),
            names: delete.expression_attribute_names.as_mut(),
            values: delete.expression_attribute_values.as_mut(),
        });
    }
    let check = step.condition_check.as_mut()?;
    Some(Write {
        kind: Kind::Check,
        table: &check.table_name,
        item: &mut check.key,
        update: None,
        condition: Some(&mut check.condition_expression),
        names: check.expression_attribute_names.as_mut(),
        values: check.expression_attribute_values.as_mut(),
    })
}
