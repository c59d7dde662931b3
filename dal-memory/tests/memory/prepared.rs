//! What is decided before any backend sees an operation.

use dal_memory::MemoryBackend;
use dal_traits::ErrorKind;
use dal_traits::store::Store;
use dal_traits::value::Value;
use time::macros::datetime;

use crate::{at, decimal, kind, refused, things, things_model, users, value, values};

/// A third of a second before 2025-01-02 03:04:06.
const NOW: u64 = 1_735_787_045_666_777_888;

#[tokio::test]
async fn what_is_not_given_is_filled_in() {
    let things = things();
    let insert = things.insert(values! {kind: "k"}).send();
    let record = at(NOW).scope(insert).await.unwrap();
    assert_eq!(value(&record, "label"), Value::from("new"));
    assert_eq!(value(&record, "level"), Value::from(1));
    assert!(value(&record, "code").is_null() && value(&record, "extra").is_null());
    // Cut off after the digits of the column, as MySQL does.
    let moment = Value::DateTime(datetime!(2025-01-02 03:04:05.666));
    assert_eq!(value(&record, "at"), moment);
    let moment = Value::Timestamp(datetime!(2025-01-02 03:04:05));
    assert_eq!(value(&record, "changed"), moment);
    let put = things.put(values! {id: 5, kind: "k"}).send();
    at(NOW).scope(put).await.unwrap();
    let record = things.get("id", values! {id: 5}).await.unwrap().unwrap();
    assert_eq!(value(&record, "changed"), moment);
}

#[tokio::test]
async fn an_update_sets_the_time_of_the_update_unless_it_is_given() {
    let things = things();
    let insert = things.insert(values! {kind: "k"}).send();
    at(1_000_000_000).scope(insert).await.unwrap();
    let changed = async || {
        let record = things.get("id", values! {id: 1}).await.unwrap().unwrap();
        (value(&record, "changed"), value(&record, "at"))
    };
    let epoch = datetime!(1970-01-01 00:00:01);
    let both = (Value::Timestamp(epoch), Value::DateTime(epoch));
    assert_eq!(changed().await, both);
    let update = things.update(1).set("level", 1).send();
    at(NOW).scope(update).await.unwrap();
    let now = Value::Timestamp(datetime!(2025-01-02 03:04:05));
    assert_eq!(changed().await, (now, both.1.clone()));
    let given = Value::Timestamp(datetime!(2000-01-01 00:00:00));
    let update = things.update(1).set("changed", given.clone()).send();
    at(NOW).scope(update).await.unwrap();
    assert_eq!(changed().await, (given, both.1));
}

#[tokio::test]
async fn values_are_stored_as_strict_mysql_stores_them() {
    let things = things();
    let given = values! {kind: "k", amount: decimal("1.005")};
    let record = things.insert(given).await.unwrap();
    assert_eq!(value(&record, "amount"), decimal("1.01"));
    let spaces = values! {kind: "12345678   "};
    let record = things.insert(spaces).await.unwrap();
    assert_eq!(value(&record, "kind"), Value::from("12345678"));
    things
        .update(1)
        .set("amount", decimal("-2.345"))
        .await
        .unwrap();
    let record = things.get("id", values! {id: 1}).await.unwrap().unwrap();
    assert_eq!(value(&record, "amount"), decimal("-2.35"));
}

#[tokio::test]
async fn a_value_that_its_column_cannot_hold_is_refused_by_name() {
    let things = things();
    things.insert(values! {kind: "k"}).await.unwrap();
    for (field, bad) in [
        ("kind", Value::from("123456789")),
        ("kind", Value::Null),
        ("kind", Value::from(1)),
        ("label", Value::from("other")),
        ("amount", decimal("10000")),
        ("small", Value::from(128)),
        ("small", Value::from("secret")),
        ("level", Value::from(10)),
        ("level", Value::from(-1)),
        ("level", Value::Null),
    ] {
        let named = format!("`{field}`");
        let all = [("kind", "k".into()), (field, bad.clone())];
        let given = all.into_iter().skip(usize::from(field == "kind"));
        let insert = things.insert(given).await;
        let text = insert.as_ref().unwrap_err().to_string();
        assert!(
            !text.contains("secret") && !text.contains("123456789"),
            "{text}"
        );
        let parts = [
            named.as_str(),
            "operation=insert",
            "entity=Things",
            "backend=memory",
        ];
        refused(insert, ErrorKind::InvalidValue, &parts);
        let update = things.update(1).set(field, bad).await;
        let parts = [named.as_str(), "operation=update"];
        refused(update, ErrorKind::InvalidValue, &parts);
    }
}

#[tokio::test]
async fn what_must_be_given_and_what_is_given_twice_is_refused() {
    let things = things();
    refused(
        things.insert(values! {level: 1}).await,
        ErrorKind::InvalidValue,
        &["`kind`", "default"],
    );
    refused(
        things.insert(values! {kind: "k", kind: "l"}).await,
        ErrorKind::InvalidValue,
        &["`kind`", "more than once"],
    );
    refused(
        things.insert(values! {kind: "k", colour: "red"}).await,
        ErrorKind::InvalidValue,
        &["`colour`", "id, kind, code"],
    );
    things.insert(values! {kind: "k"}).await.unwrap();
    refused(
        things.update(1).set("level", 1).add("level", 1).await,
        ErrorKind::InvalidValue,
        &["`level`", "more than once"],
    );
    refused(
        things.update(1).set("level", 1).set("id", 1).await,
        ErrorKind::InvalidValue,
        &["`id`", "identity"],
    );
    refused(
        things.update(1).add("id", 1).await,
        ErrorKind::InvalidValue,
        &["`id`", "identity"],
    );
    assert_eq!(kind(things.update(1).await), ErrorKind::InvalidValue);
}

#[tokio::test]
async fn only_exact_numbers_are_added_to() {
    let things = things();
    things
        .insert(values! {kind: "k", weight: 1.0})
        .await
        .unwrap();
    for field in ["weight", "kind", "at", "label"] {
        let named = format!("`{field}`");
        let refusal = things.update(1).add(field, 1).await;
        refused(refusal, ErrorKind::Unsupported, &[&named]);
    }
    for delta in [
        Value::Null,
        Value::from("1"),
        Value::from(1.0),
        decimal("1"),
    ] {
        let refusal = things.update(1).add("small", delta).await;
        refused(refusal, ErrorKind::InvalidValue, &["`small`"]);
    }
    for delta in ["12345.6", "-12345.6", "1e1000000000"] {
        let far = things.update(1).add("amount", decimal(delta)).await;
        refused(far, ErrorKind::InvalidValue, &["`amount`"]);
    }
    for delta in [i128::MAX, i128::MIN] {
        let far = things.update(1).add("small", delta).await;
        refused(far, ErrorKind::InvalidValue, &["`small`"]);
    }
}

#[tokio::test]
async fn an_identity_has_each_of_its_values() {
    let users = users();
    for identity in [vec![], vec![Value::from(1), Value::from(2)]] {
        refused(
            users.delete(identity).await,
            ErrorKind::InvalidValue,
            &["`id`"],
        );
    }
    // No record can have it: a look-up finds nothing, and a write by it is a mistake.
    let none = users.get("id", [("id", Value::from(-1))]).await;
    assert_eq!(none.unwrap(), None);
    let many = users.get_many([Value::from(-1), Value::from(1)]).await;
    assert_eq!(many.unwrap(), [None, None]);
    let removed = users.delete(Value::from(-1)).await;
    refused(removed, ErrorKind::InvalidValue, &["`id`"]);
    for identity in [Value::Null, Value::from("1")] {
        let parts = ["`id`"];
        refused(
            users.delete(identity.clone()).await,
            ErrorKind::InvalidValue,
            &parts,
        );
        let update = users.update(identity.clone()).set("name", "n").await;
        refused(update, ErrorKind::InvalidValue, &parts);
        let get = users.get("id", [("id", identity.clone())]).await;
        refused(get, ErrorKind::InvalidValue, &parts);
        let get = users.get_many([identity]).await;
        refused(get, ErrorKind::InvalidValue, &parts);
    }
}

#[tokio::test]
async fn what_no_item_could_hold_is_refused_on_every_backend() {
    let things = things();
    let empty = things.insert(values! {kind: "k", owner: ""}).await;
    refused(empty, ErrorKind::InvalidValue, &["owner"]);
    things.insert(values! {kind: "k", code: ""}).await.unwrap();
    let empty = things.update(1).set("owner", "").await;
    refused(empty, ErrorKind::InvalidValue, &["owner"]);
    let empty = things.query("by_owner").equal("owner", "").await;
    assert_eq!(empty.unwrap().records, [], "a look-up finds nothing");
    let bound = things
        .query("by_label")
        .equal("label", "new")
        .range("owner", ""..);
    refused(bound.await, ErrorKind::InvalidValue, &["owner"]);
    let notes = Store::open(MemoryBackend::new(things_model()))
        .entity("Notes")
        .unwrap();
    refused(notes.delete("").await, ErrorKind::InvalidValue, &["name"]);
    let empty = things.put(values! {id: 1, kind: ""}).await;
    refused(empty, ErrorKind::InvalidValue, &["kind"]);
}
