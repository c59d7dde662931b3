//! Keys and attributes that are made of several values, and tables of several entities.

use std::ops::Bound;

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::{Change, Op, Query, Reply, Scan, Update};
use dal_traits::value::Value;
use dal_traits::{ErrorKind, Record, Result};

use super::{Backend, PLACES, date, item_key, kind, on_each};

fn day(day: i64) -> Value {
    date(&format!("2025-01-{day:02}"))
}

fn stay(store: &Backend, person: i64, on: i64, route: Option<(i64, &str)>) -> Record {
    let mut fields = vec![("person_id", person.into()), ("day", day(on))];
    if let Some((price, origin)) = route {
        fields.extend([("price", price.into()), ("origin", origin.into())]);
    }
    store.record("Data.STAY", &fields)
}

/// The path of the table's own key.
fn own_path(store: &Backend, key: &[Value]) -> Query {
    path_of("Data.STAY", store, key)
}

fn path_of(entity: &str, store: &Backend, key: &[Value]) -> Query {
    let found = store.entity(entity);
    let mut paths = found.paths.iter();
    let path = paths.position(|path| !path.sort.is_empty()).unwrap();
    let name = found.paths[path].name.clone();
    store.query(entity, &name, key)
}

async fn scanned(store: &Backend, entity: &str) -> Result<Vec<Record>> {
    let scan = Scan {
        entity: store.entity(entity),
        filter: None,
        limit: 100,
        after: None,
    };
    match store.send(Op::Scan(scan)).await? {
        Reply::Page(page) => Ok(page.records),
        other => panic!("{other:?}"),
    }
}

async fn days(store: &Backend, query: &Query) -> Vec<Value> {
    let page = store.page(query).await.unwrap();
    assert_eq!(page.next, None);
    let day = |record: &Record| record.get("day").unwrap().clone();
    page.records.iter().map(day).collect()
}

#[test]
fn entities_of_one_table_are_told_apart_by_their_keys() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let person = store.record("Data.PERSON", &[("id", 1.into()), ("age", 30.into())]);
        store.insert(&person).await.unwrap();
        for on in [1, 9, 10, 30] {
            store.insert(&stay(&store, 1, on, None)).await.unwrap();
        }
        store.insert(&stay(&store, 11, 9, None)).await.unwrap();
        assert_eq!(store.by_id("Data.PERSON", 1).await, Some(person));
        assert_eq!(store.by_id("Data.PERSON", 11).await, None);
        let mut query = own_path(&store, &[1.into()]);
        assert_eq!(days(&store, &query).await, [1, 9, 10, 30].map(day));
        query.backward = true;
        assert_eq!(days(&store, &query).await, [30, 10, 9, 1].map(day));
        query.range = (Bound::Excluded(day(1)), Bound::Excluded(day(30)));
        assert_eq!(days(&store, &query).await, [10, 9].map(day));
        query.range = (Bound::Included(day(10)), Bound::Unbounded);
        assert_eq!(days(&store, &query).await, [30, 10].map(day));
        query.range = (Bound::Unbounded, Bound::Included(day(1)));
        assert_eq!(days(&store, &query).await, [1].map(day));
        for (entity, count) in [("Data.PERSON", 1), ("Data.STAY", 5)] {
            let records = scanned(&store, entity).await.unwrap();
            assert_eq!(records.len(), count, "{entity}");
        }
    });
}

#[test]
fn an_item_whose_key_only_begins_alike_is_of_the_entity_that_has_such_keys() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let bill = |bill: i64| {
            store.record(
                "Data.BILL",
                &[("person_id", 1.into()), ("bill", bill.into())],
            )
        };
        let line = |bill: i64, line: i64| {
            let fields = [("person_id", 1), ("bill", bill), ("line", line)];
            store.record("Data.LINE", &fields.map(|(name, id)| (name, id.into())))
        };
        let bills = [bill(1), bill(2)];
        let lines = [line(1, 1), line(1, 2), line(2, 1)];
        for record in bills.iter().chain(&lines) {
            store.insert(record).await.unwrap();
        }
        for (entity, records) in [("Data.BILL", bills.as_slice()), ("Data.LINE", &lines)] {
            let mut query = path_of(entity, &store, &[1.into()]);
            assert_eq!(store.page(&query).await.unwrap().records, records);
            query.limit = 1;
            let mut found = Vec::new();
            loop {
                let page = store.page(&query).await.unwrap();
                found.extend(page.records);
                match page.next {
                    Some(next) => query.after = Some(next),
                    None => break,
                }
            }
            assert_eq!(found, records);
            let scanned = scanned(&store, entity).await.unwrap();
            assert_eq!(scanned.len(), records.len(), "{entity}");
        }
    });
}

#[test]
fn an_item_with_a_key_of_no_entity_is_an_error_where_it_could_hide_a_record() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let person = store.record("Data.PERSON", &[("id", 1.into())]);
        store.insert(&person).await.unwrap();
        let write = async |sort: &str| {
            let write = stage.client.put_item().table_name(stage.table("Data"));
            let write = write.item("PK", AttributeValue::S("P#1".to_owned()));
            let write = write.item("SK", AttributeValue::S(sort.to_owned()));
            write.send().await.unwrap();
        };
        // Of a program that shares the table: no key of the contract begins so.
        write("session").await;
        write("PX").await;
        let bills = path_of("Data.BILL", &store, &[1.into()]);
        assert_eq!(store.page(&bills).await.unwrap().records, []);
        for sort in ["B#x", "B#1#2#3"] {
            write(sort).await;
            let found = [
                store.page(&bills).await.unwrap_err(),
                scanned(&store, "Data.LINE").await.unwrap_err(),
            ];
            for error in found {
                assert_eq!(error.kind(), ErrorKind::Decode);
                assert!(error.to_string().contains("a key of no entity"), "{error}");
                let key = item_key(&error);
                assert_eq!(key.get()["SK"], AttributeValue::S(sort.to_owned()));
                assert!(!format!("{error:?} {key}").contains(sort), "{error:?}");
            }
            let people = scanned(&store, "Data.PERSON").await.unwrap();
            assert_eq!(people.as_slice(), std::slice::from_ref(&person));
            let remove = stage.client.delete_item().table_name(stage.table("Data"));
            let remove = remove.key("PK", AttributeValue::S("P#1".to_owned()));
            let remove = remove.key("SK", AttributeValue::S(sort.to_owned()));
            remove.send().await.unwrap();
        }
    });
}

#[test]
fn an_attribute_of_several_values_changes_with_each_of_them() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let place = |name: &str| store.place("Data.STAY", name);
        let update = async |changes: Vec<Change>, when: Option<Condition>| -> Result<Reply> {
            let update = Update {
                entity: store.entity("Data.STAY"),
                identity: vec![1.into(), day(1)],
                changes,
                when,
            };
            store.send(Op::Update(update)).await
        };
        let read = async || {
            let key = [1.into(), day(1)];
            store.get("Data.STAY", "id", &key).await.unwrap().unwrap()
        };
        store
            .insert(&stay(&store, 1, 1, Some((5, "a-x"))))
            .await
            .unwrap();
        update(vec![Change::Set(place("price"), 7.into())], None)
            .await
            .unwrap();
        assert_eq!(read().await, stay(&store, 1, 1, Some((7, "a-x"))));
        update(vec![Change::Add(place("price"), 2.into())], None)
            .await
            .unwrap();
        assert_eq!(read().await, stay(&store, 1, 1, Some((9, "a-x"))));
        // What would lose the other value is refused.
        let clear = |name: &str| Change::Set(place(name), Value::Null);
        assert_eq!(
            kind(update(vec![clear("price")], None).await),
            ErrorKind::InvalidValue
        );
        // DynamoDB cannot compare a part of a text.
        let when = Condition::Compare(place("origin"), Comparison::Eq, "a-x".into());
        let ended = update(vec![Change::Set(place("price"), 1.into())], Some(when)).await;
        assert_eq!(kind(ended), ErrorKind::Unsupported);
        update(vec![clear("price"), clear("origin")], None)
            .await
            .unwrap();
        assert_eq!(read().await, stay(&store, 1, 1, None));
    });
}
