//! Keys and attributes that are made of several values, and tables of several entities.

use std::ops::Bound;

use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::{Change, Op, Query, Reply, Scan, Update};
use dal_traits::value::Value;
use dal_traits::{ErrorKind, Record, Result};

use super::{Backend, PLACES, date, kind, on_each};

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
    let entity = store.entity("Data.STAY");
    let mut paths = entity.paths.iter();
    let path = paths.position(|path| !path.sort.is_empty()).unwrap();
    let name = entity.paths[path].name.clone();
    store.query("Data.STAY", &name, key)
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
            let scan = Scan {
                entity: store.entity(entity),
                filter: None,
                limit: 100,
                after: None,
            };
            let Reply::Page(page) = store.send(Op::Scan(scan)).await.unwrap() else {
                panic!()
            };
            assert_eq!(page.records.len(), count, "{entity}");
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
