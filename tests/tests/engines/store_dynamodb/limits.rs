//! The sizes that DynamoDB allows, to the byte.

use dal_dynamodb::{MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES};
use dal_traits::ErrorKind;
use dal_traits::op::Change;
use dal_traits::value::Value;

use super::{PLACES, kind, on_each};

#[test]
fn an_item_of_exactly_the_limit_is_stored_and_one_byte_more_is_refused_before_it_is_sent() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        let with_note = |length: usize| {
            let note = "n".repeat(length);
            store.visit(1, &[("note", note.as_str().into())])
        };
        let rest = dal_traits::item::size(&with_note(1)).unwrap() - 1;
        let largest = MAX_ITEM_BYTES - rest;
        store.insert(&with_note(largest)).await.unwrap();
        assert_eq!(store.by_id("Visits", 1).await, Some(with_note(largest)));
        let before = stage.faults.seen().len();
        let error = store.put(&with_note(largest + 1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(
            error.to_string().contains("limit=409600 size=409601"),
            "{error}"
        );
        assert_eq!(
            kind(store.insert(&with_note(largest + 1)).await),
            ErrorKind::TooLarge
        );
        assert_eq!(stage.faults.seen().len(), before);
        // An update learns it from DynamoDB.
        let place = store.place("Visits", "note");
        let longer = "n".repeat(largest + 1);
        let changes = vec![Change::Set(place, longer.as_str().into())];
        assert_eq!(
            kind(store.update("Visits", 1, changes, None).await),
            ErrorKind::TooLarge
        );
        assert_eq!(store.by_id("Visits", 1).await, Some(with_note(largest)));
    });
}

#[test]
fn a_key_of_exactly_the_limit_is_stored_and_one_byte_more_is_refused() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let longest = "d".repeat(MAX_PARTITION_KEY_BYTES);
        store
            .insert(&store.parcel(1, &longest, None))
            .await
            .unwrap();
        assert_eq!(
            store.by_id("Parcels", 1).await,
            Some(store.parcel(1, &longest, None))
        );
        let longer = format!("{longest}d");
        let error = store
            .insert(&store.parcel(2, &longer, None))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        let depot = store.place("Parcels", "depot");
        let changes = vec![Change::Set(depot, longer.as_str().into())];
        assert_eq!(
            kind(store.update("Parcels", 1, changes, None).await),
            ErrorKind::TooLarge
        );
    });
}

#[test]
fn an_empty_text_is_kept_where_it_can_be_and_refused_in_keys() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let empty = store.visit(1, &[("note", "".into())]);
        store.insert(&empty).await.unwrap();
        assert_eq!(store.by_id("Visits", 1).await, Some(empty));
        let in_index = store.visit(2, &[("place", "".into())]);
        assert_eq!(kind(store.insert(&in_index).await), ErrorKind::InvalidValue);
        let place = store.place("Visits", "place");
        let changes = vec![Change::Set(place, Value::from(""))];
        assert_eq!(
            kind(store.update("Visits", 1, changes, None).await),
            ErrorKind::InvalidValue
        );
        let in_key = store.parcel(1, "", None);
        assert_eq!(kind(store.insert(&in_key).await), ErrorKind::InvalidValue);
    });
}
