//! Records whose place in the table is not their identity, and what moves them.

use aws_sdk_dynamodb::types::AttributeValue;
use dal_traits::ErrorKind;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::{Change, GetMany, Op, Reply};
use dal_traits::value::Value;

use super::{PLACES, constraint, id_of, kind, on_each};

#[test]
fn a_record_is_found_by_its_identity_wherever_it_lies() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        for (id, depot) in [(1, "north"), (2, "south")] {
            store.insert(&store.parcel(id, depot, None)).await.unwrap();
        }
        assert_eq!(
            store.by_id("Parcels", 1).await,
            Some(store.parcel(1, "north", None))
        );
        assert!(store.by_id("Parcels", 3).await.is_none());
        let entity = store.entity("Parcels");
        let keys = [2, 3, 1, 2].map(|id| vec![Value::from(id)]).to_vec();
        let reply = store
            .send(Op::GetMany(GetMany { entity, keys }))
            .await
            .unwrap();
        let Reply::Records(records) = reply else {
            panic!()
        };
        let found: Vec<_> = records.iter().map(|r| r.as_ref().map(id_of)).collect();
        assert_eq!(found, [Some(2), None, Some(1), Some(2)]);
        // The identity is unique although the keys differ.
        let twin = store.insert(&store.parcel(1, "west", None)).await;
        assert_eq!(constraint(twin), (ErrorKind::AlreadyExists, String::new()));
        assert!(store.delete("Parcels", 1, None).await.unwrap());
        store.insert(&store.parcel(1, "west", None)).await.unwrap();
    });
}

#[test]
fn a_changed_key_moves_the_item_with_its_guards_and_what_dal_does_not_know() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        store
            .insert(&store.parcel(1, "north", Some("label")))
            .await
            .unwrap();
        let write = stage
            .client
            .update_item()
            .table_name(stage.table("Parcels"));
        let write = write
            .key("depot", AttributeValue::S("north".to_owned()))
            .key("id", AttributeValue::N("1".to_owned()))
            .update_expression("SET #x = :x")
            .expression_attribute_names("#x", "of another program")
            .expression_attribute_values(":x", AttributeValue::Bool(true));
        write.send().await.unwrap();
        let place = |name: &str| store.place("Parcels", name);
        let changes = vec![
            Change::Set(place("depot"), "south".into()),
            Change::Set(place("stamp"), "red".into()),
        ];
        let label = Condition::Compare(place("label"), Comparison::Eq, "label".into());
        store
            .update("Parcels", 1, changes, Some(label))
            .await
            .unwrap();
        let items = stage
            .client
            .scan()
            .table_name(stage.table("Parcels"))
            .send()
            .await;
        let items = items.unwrap().items.unwrap();
        assert_eq!(items.len(), 1, "{items:?}");
        assert_eq!(items[0]["depot"], AttributeValue::S("south".to_owned()));
        assert_eq!(items[0]["stamp"], AttributeValue::S("red".to_owned()));
        assert_eq!(items[0]["of another program"], AttributeValue::Bool(true));
        // Both guards lead to the new place.
        let found = store
            .get("Parcels", "parcels_label", &["label".into()])
            .await
            .unwrap();
        assert_eq!(found.as_ref(), store.by_id("Parcels", 1).await.as_ref());
        assert_eq!(found.unwrap().get("depot"), Some(&"south".into()));
        let twin = store.insert(&store.parcel(2, "north", Some("label"))).await;
        assert_eq!(kind(twin), ErrorKind::UniqueViolation);
        // Key and unique value at once.
        let changes = vec![
            Change::Set(place("depot"), "west".into()),
            Change::Set(place("label"), "other".into()),
        ];
        store.update("Parcels", 1, changes, None).await.unwrap();
        store
            .insert(&store.parcel(2, "north", Some("label")))
            .await
            .unwrap();
        assert_eq!(stage.own_items("guard#").await, 4);
        // A put moves as well.
        store
            .put(&store.parcel(1, "east", Some("other")))
            .await
            .unwrap();
        assert_eq!(
            store.by_id("Parcels", 1).await,
            Some(store.parcel(1, "east", Some("other")))
        );
        let found = store
            .get("Parcels", "parcels_label", &["other".into()])
            .await;
        assert_eq!(found.unwrap().map(|found| id_of(&found)), Some(1));
        assert_eq!(stage.own_items("guard#").await, 4);
        let items = stage
            .client
            .scan()
            .table_name(stage.table("Parcels"))
            .send()
            .await;
        assert_eq!(items.unwrap().count, 2);
    });
}

#[test]
fn records_of_one_partition_are_queried_by_the_tables_own_path() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        for id in [10, 9, 2, 100] {
            store
                .insert(&store.parcel(id, "north", None))
                .await
                .unwrap();
        }
        store.insert(&store.parcel(1, "south", None)).await.unwrap();
        let mut query = store.query("Parcels", "Parcels", &["north".into()]);
        query.limit = 3;
        assert_eq!(store.ids(&query).await, [vec![2, 9, 10], vec![100]]);
        query.backward = true;
        assert_eq!(store.ids(&query).await, [vec![100, 10, 9], vec![2]]);
        query.key.push(9.into());
        assert_eq!(store.ids(&query).await, [[9]]);
    });
}
