//! Insert, put, update and delete.

use dal_traits::ErrorKind;
use dal_traits::value::Value;

use crate::{decimal, int, kind, products, refused, things, users, value, values};

#[tokio::test]
async fn an_insert_returns_the_whole_record_and_is_found() {
    let users = users();
    let ann = users
        .insert(values! {email: "ann@x", name: "Ann"})
        .await
        .unwrap();
    assert_eq!(int(&ann, "id"), 1);
    let by_id = users.get("id", values! {id: 1}).await.unwrap();
    assert_eq!(by_id.as_ref(), Some(&ann));
    let by_email = users.get("sign-in", values! {email: "ann@x"}).await;
    assert_eq!(by_email.unwrap(), Some(ann));
    let other = users.get("id", values! {id: 2}).await.unwrap();
    assert_eq!(other, None);
}

#[tokio::test]
async fn several_are_found_in_the_order_asked_for() {
    let users = users();
    for name in ["a", "b"] {
        users
            .insert(values! {email: name, name: name})
            .await
            .unwrap();
    }
    let found = users.get_many([2, 9, 1, 2]).await.unwrap();
    let ids: Vec<_> = found
        .iter()
        .map(|record| record.as_ref().map(|record| int(record, "id")))
        .collect();
    assert_eq!(ids, [Some(2), None, Some(1), Some(2)]);
}

#[tokio::test]
async fn an_identity_that_exists_comes_before_a_unique_key_that_is_taken() {
    let users = users();
    users
        .insert(values! {id: 1, email: "a", name: "a"})
        .await
        .unwrap();
    let both = users.insert(values! {id: 1, email: "a", name: "a"}).await;
    assert_eq!(kind(both), ErrorKind::AlreadyExists);
    let taken = users.insert(values! {id: 2, email: "a", name: "b"}).await;
    let class = taken.unwrap_err().class().clone();
    assert_eq!(class.kind, ErrorKind::UniqueViolation);
    assert_eq!(class.constraint.as_deref(), Some("users_email"));
    let taken = users.insert(values! {id: 2, email: "b", name: "a"}).await;
    let class = taken.unwrap_err().class().clone();
    assert_eq!(class.constraint.as_deref(), Some("users_name"));
    assert_eq!(users.get_many([2]).await.unwrap(), [None]);
}

#[tokio::test]
async fn texts_of_another_case_are_other_texts_in_a_binary_collation() {
    let users = users();
    for email in ["a", "A", "a ", "ä"] {
        users
            .insert(values! {email: email, name: email})
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_null_is_never_a_duplicate() {
    let things = things();
    let given = || values! {kind: "k", code: None::<&str>};
    things.insert(given()).await.unwrap();
    things.insert(given()).await.unwrap();
    let given = || values! {kind: "k", code: "c"};
    things.insert(given()).await.unwrap();
    assert_eq!(
        kind(things.insert(given()).await),
        ErrorKind::UniqueViolation
    );
    things.insert(values! {kind: "l", code: "c"}).await.unwrap();
}

#[tokio::test]
async fn a_put_replaces_and_keeps_unique_keys() {
    let users = users();
    users
        .put(values! {id: 7, email: "a", name: "a"})
        .await
        .unwrap();
    users
        .put(values! {id: 7, email: "a", name: "b"})
        .await
        .unwrap();
    let found = users.get("id", values! {id: 7}).await.unwrap().unwrap();
    assert_eq!(value(&found, "name"), Value::from("b"));
    let taken = users.put(values! {id: 8, email: "a", name: "c"}).await;
    assert_eq!(kind(taken), ErrorKind::UniqueViolation);
    // The name that was replaced is free.
    users
        .put(values! {id: 8, email: "c", name: "a"})
        .await
        .unwrap();
    let no_id = users.put(values! {email: "d", name: "d"}).await;
    refused(no_id, ErrorKind::InvalidValue, &["`id`"]);
}

#[tokio::test]
async fn an_update_says_existence_then_condition_then_overflow_then_constraints() {
    let things = things();
    things
        .insert(values! {kind: "k", code: "a", small: 127})
        .await
        .unwrap();
    things
        .insert(values! {kind: "k", code: "b", small: 127})
        .await
        .unwrap();
    let level = things.field("level").unwrap();
    let update = |id: i128, holds: bool, delta: i128| {
        things
            .update(id)
            .set("code", "a")
            .add("small", delta)
            .when(if holds { level.eq(1) } else { level.eq(2) })
    };
    let of = async |id, holds, delta| kind(update(id, holds, delta).await);
    assert_eq!(of(3, false, 1).await, ErrorKind::NotFound);
    assert_eq!(of(2, false, 1).await, ErrorKind::ConditionFailed);
    assert_eq!(of(2, true, 1).await, ErrorKind::InvalidValue);
    assert_eq!(of(2, true, 0).await, ErrorKind::UniqueViolation);
    let unchanged = things.get("id", values! {id: 2}).await.unwrap().unwrap();
    assert_eq!(value(&unchanged, "code"), Value::from("b"));
    // Its own value is no duplicate.
    update(1, true, 0).await.unwrap();
}

#[tokio::test]
async fn what_is_added_is_rounded_and_stays_within_column_and_check() {
    let things = things();
    things
        .insert(values! {kind: "k", amount: decimal("9999.00"), small: -120, level: 9})
        .await
        .unwrap();
    things
        .update(1)
        .add("amount", decimal("0.125"))
        .await
        .unwrap();
    let found = things.get("id", values! {id: 1}).await.unwrap().unwrap();
    assert_eq!(value(&found, "amount"), decimal("9999.13"));
    things.update(1).add("amount", 0).await.unwrap();
    for (field, delta) in [
        ("amount", decimal("1")),
        ("small", Value::from(-9)),
        ("level", Value::from(1)),
        ("level", Value::from(-10)),
    ] {
        let over = things.update(1).add(field, delta).await;
        refused(over, ErrorKind::InvalidValue, &[&format!("`{field}`")]);
    }
    things.update(1).add("small", -8).await.unwrap();
    let found = things.get("id", values! {id: 1}).await.unwrap().unwrap();
    assert_eq!(int(&found, "small"), -128);
}

#[tokio::test]
async fn null_and_a_number_are_null() {
    let things = things();
    things.insert(values! {kind: "k"}).await.unwrap();
    things
        .update(1)
        .add("small", 1)
        .add("amount", 1)
        .await
        .unwrap();
    let found = things.get("id", values! {id: 1}).await.unwrap().unwrap();
    assert!(value(&found, "small").is_null() && value(&found, "amount").is_null());
}

#[tokio::test]
async fn a_delete_says_whether_there_was_a_record() {
    let products = products();
    let given =
        values! {seller: "s", category: "c", name: "n", description: "", price: 1, stock: 2};
    products.insert(given).await.unwrap();
    let stock = products.field("stock").unwrap();
    let delete = || products.delete(1);
    assert_eq!(
        kind(delete().when(stock.gt(2)).await),
        ErrorKind::ConditionFailed
    );
    assert!(delete().when(stock.eq(2)).await.unwrap());
    assert!(!delete().await.unwrap());
    assert_eq!(kind(delete().when(stock.eq(2)).await), ErrorKind::NotFound);
    let not = dal_traits::condition::Condition::Not(Box::new(stock.eq(2)));
    assert_eq!(kind(delete().when(not).await), ErrorKind::NotFound);
}
