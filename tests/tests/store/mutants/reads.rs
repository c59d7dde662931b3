//! Defects of what is asked for and of what is made of the answer.

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};

/// The least limit of a query that has a filter.
const FILTERED: i32 = 100;

/// Lists that go down go up.
pub fn goes_up(query: &mut QueryInput) {
    query.scan_index_forward = Some(true);
}

/// Pages of two items, so that there is a second one.
pub fn short_pages(query: &mut QueryInput) {
    query.limit = query.limit.map(|limit| limit.min(2));
}

/// The first page is taken for all.
pub fn first_page(_: &QueryInput, page: &mut QueryOutput) {
    page.last_evaluated_key = None;
}

/// The item with which a page goes on is left out.
pub fn starts_late(query: &QueryInput, page: &mut QueryOutput) {
    if query.exclusive_start_key.is_some()
        && let Some(items) = &mut page.items
        && !items.is_empty()
    {
        items.remove(0);
    }
}

/// As many items are read as are wanted, before a filter drops some of them.
pub fn limit_first(query: &mut QueryInput) {
    if query.limit.is_some_and(|limit| limit >= FILTERED) {
        query.limit = Some(1);
    }
}

/// What a filter left of the first page is taken for all.
pub fn first_of_limited(query: &QueryInput, page: &mut QueryOutput) {
    if query.limit == Some(1) {
        page.last_evaluated_key = None;
    }
}

/// Products of a seller are looked for in the index of the categories.
pub fn other_index(query: &mut QueryInput) {
    let names = query.expression_attribute_names.as_mut();
    if query.index_name.as_deref() == Some("by_seller")
        && query.exclusive_start_key.is_none()
        && let Some(names) = names
        && names.len() == 1
    {
        query.index_name = Some("by_category".to_owned());
        for name in names.values_mut() {
            "category".clone_into(name);
        }
    }
}

/// A guard that is there is not found.
pub fn no_guard(reply: &mut GetItemOutput) {
    let is_guard = reply.item.as_ref().is_some_and(
        |item| matches!(item.get("pk"), Some(AttributeValue::S(key)) if key.starts_with("guard#")),
    );
    if is_guard {
        reply.item = None;
    }
}

/// The last item of a batch is lost.
pub fn short_batch(reply: &mut BatchGetItemOutput) {
    for items in reply.responses.iter_mut().flat_map(|all| all.values_mut()) {
        items.pop();
    }
}

/// Items whose guards go stay.
pub fn loses_deletes(steps: &mut Vec<TransactWriteItem>) {
    for step in steps {
        let is_lost = |delete: &aws_sdk_dynamodb::types::Delete| {
            !delete.table_name.ends_with("dal") && delete.condition_expression.is_some()
        };
        if let Some(delete) = step.delete.take_if(|delete| is_lost(delete)) {
            let check = ConditionCheck::builder()
                .table_name(delete.table_name)
                .set_key(Some(delete.key))
                .set_condition_expression(delete.condition_expression)
                .set_expression_attribute_names(delete.expression_attribute_names)
                .set_expression_attribute_values(delete.expression_attribute_values)
                .build();
            step.condition_check = Some(check.unwrap());
        }
    }
}
