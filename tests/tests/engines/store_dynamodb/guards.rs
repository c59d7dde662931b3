//! Unique keys, kept by guard items.

use std::time::Duration;

use dal_testkit::faults::HttpFault;
use dal_traits::ErrorKind;
use dal_traits::op::Change;
use dal_traits::value::Value;
use futures::future::join_all;

use super::{PLACES, SHOP, constraint, kind, on_each};

/// How long a request is held back: longer than what overtakes it takes.
const PAUSE: Duration = Duration::from_secs(1);

fn taken(name: &str) -> (ErrorKind, String) {
    (ErrorKind::UniqueViolation, name.to_owned())
}

#[test]
fn a_value_of_a_unique_key_is_taken_once_and_existence_comes_first() {
    on_each(&SHOP, async |stage| {
        let store = stage.backend();
        let ann = store.user(1, "ann@x");
        assert_eq!(store.insert(&ann).await.unwrap(), ann);
        assert_eq!(store.by_id("Users", 1).await.as_ref(), Some(&ann));
        let exists = (ErrorKind::AlreadyExists, String::new());
        assert_eq!(constraint(store.insert(&ann).await), exists);
        let twin = store.user(2, "ann@x");
        let found = constraint(store.insert(&twin).await);
        assert!(
            [taken("users_email"), taken("users_name")].contains(&found),
            "{found:?}"
        );
        let mut renamed = twin.clone();
        renamed.set(store.place("Users", "name"), "another".into());
        assert_eq!(
            constraint(store.insert(&renamed).await),
            taken("users_email")
        );
        // What was refused took nothing.
        assert!(store.by_id("Users", 2).await.is_none());
        assert_eq!(stage.own_items("guard#").await, 2);
        let mut other = store.user(3, "bob@x");
        other.set(store.place("Users", "name"), "another".into());
        store.insert(&other).await.unwrap();
        // Case and trailing spaces make another value.
        store.insert(&store.user(4, "ANN@x")).await.unwrap();
        store.insert(&store.user(5, "ann@x ")).await.unwrap();
    });
}

#[test]
fn of_concurrent_inserts_of_one_value_exactly_one_wins() {
    on_each(&SHOP, async |stage| {
        let store = stage.backend();
        for round in 0..5 {
            let email = format!("same{round}@x");
            let records: Vec<_> = (0..6)
                .map(|i| {
                    let mut record = store.user(100 * (round + 1) + i, &email);
                    let name = format!("{round} {i}");
                    record.set(store.place("Users", "name"), name.as_str().into());
                    record
                })
                .collect();
            let results = join_all(records.iter().map(|record| store.insert(record))).await;
            let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
            assert_eq!(won.len(), 1);
            for result in lost {
                assert_eq!(constraint(result), taken("users_email"));
            }
        }
    });
}

#[test]
fn a_unique_key_is_looked_up_through_its_guard() {
    on_each(&SHOP, async |stage| {
        let store = stage.faulty();
        let ann = store.user(1, "ann@x");
        store.insert(&ann).await.unwrap();
        let before = stage.faults.count("GetItem");
        let by_email = |email: &str| [Value::from(email)];
        let found = store.get("Users", "users_email", &by_email("ann@x")).await;
        assert_eq!(found.unwrap(), Some(ann.clone()));
        assert_eq!(stage.faults.count("GetItem"), before + 2);
        for missing in ["bob@x", "ANN@x", ""] {
            let found = store.get("Users", "users_email", &by_email(missing)).await;
            assert_eq!(found.unwrap(), None);
        }
        let query = store.query("Users", "users_email", &by_email("ann@x"));
        assert_eq!(store.ids(&query).await, [[1]]);
    });
}

#[test]
fn a_changed_value_frees_the_old_one_and_takes_the_new_one() {
    on_each(&SHOP, async |stage| {
        let store = stage.backend();
        store.insert(&store.user(1, "ann@x")).await.unwrap();
        store.insert(&store.user(2, "bob@x")).await.unwrap();
        let email = store.place("Users", "email");
        let set = |email_to: &str| vec![Change::Set(email, email_to.into())];
        store.update("Users", 1, set("new@x"), None).await.unwrap();
        let found = store.get("Users", "users_email", &["new@x".into()]).await;
        assert_eq!(found.unwrap().as_ref().map(super::id_of), Some(1));
        let found = store.get("Users", "users_email", &["ann@x".into()]).await;
        assert_eq!(found.unwrap(), None);
        let taken_one = store.update("Users", 1, set("bob@x"), None).await;
        assert_eq!(constraint(taken_one), taken("users_email"));
        store.update("Users", 2, set("ann@x"), None).await.unwrap();
        // The same value again is no change.
        store.update("Users", 2, set("ann@x"), None).await.unwrap();
        assert_eq!(stage.own_items("guard#").await, 4);
        let missing = store.update("Users", 9, set("x@x"), None).await;
        assert_eq!(kind(missing), ErrorKind::NotFound);
        assert!(store.by_id("Users", 9).await.is_none());
    });
}

#[test]
fn a_deleted_record_gives_its_values_back() {
    on_each(&SHOP, async |stage| {
        let store = stage.backend();
        store.insert(&store.user(1, "ann@x")).await.unwrap();
        assert!(store.delete("Users", 1, None).await.unwrap());
        assert!(!store.delete("Users", 1, None).await.unwrap());
        assert_eq!(stage.own_items("guard#").await, 0);
        store.insert(&store.user(2, "ann@x")).await.unwrap();
    });
}

#[test]
fn a_put_moves_the_guards_with_the_record() {
    on_each(&SHOP, async |stage| {
        let store = stage.backend();
        store.put(&store.user(1, "ann@x")).await.unwrap();
        store.put(&store.user(2, "bob@x")).await.unwrap();
        store.put(&store.user(1, "new@x")).await.unwrap();
        assert_eq!(stage.own_items("guard#").await, 4);
        assert_eq!(store.by_id("Users", 1).await, Some(store.user(1, "new@x")));
        let found = constraint(store.put(&store.user(1, "bob@x")).await);
        assert!(
            [taken("users_email"), taken("users_name")].contains(&found),
            "{found:?}"
        );
        store.put(&store.user(2, "ann@x")).await.unwrap();
        store.put(&store.user(2, "ann@x")).await.unwrap();
        store.insert(&store.user(3, "bob@x")).await.unwrap();
    });
}

#[test]
fn null_is_never_a_duplicate_and_long_values_are() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        store.insert(&store.parcel(1, "a", None)).await.unwrap();
        store.insert(&store.parcel(2, "a", None)).await.unwrap();
        for length in [512, 513, 600] {
            let label = "x".repeat(length);
            let id = i64::try_from(length % 100).unwrap() * 2 + 10;
            store
                .insert(&store.parcel(id, "a", Some(&label)))
                .await
                .unwrap();
            let twin = store.insert(&store.parcel(id + 1, "a", Some(&label))).await;
            assert_eq!(constraint(twin), taken("parcels_label"));
            let found = store
                .get("Parcels", "parcels_label", &[label.as_str().into()])
                .await;
            assert_eq!(found.unwrap().map(|r| super::id_of(&r)), Some(id.into()));
        }
        // From NULL to a value and back.
        let label = store.place("Parcels", "label");
        let to = |value: Value| vec![Change::Set(label, value)];
        store
            .update("Parcels", 1, to("one".into()), None)
            .await
            .unwrap();
        let twin = store.update("Parcels", 2, to("one".into()), None).await;
        assert_eq!(constraint(twin), taken("parcels_label"));
        store
            .update("Parcels", 1, to(Value::Null), None)
            .await
            .unwrap();
        store
            .update("Parcels", 2, to("one".into()), None)
            .await
            .unwrap();
    });
}

#[test]
fn an_update_that_another_overtakes_is_planned_anew() {
    on_each(&SHOP, async |stage| {
        let (slow, quick) = (stage.faulty(), stage.backend());
        quick.insert(&quick.user(1, "ann@x")).await.unwrap();
        let email = quick.place("Users", "email");
        let set = |to: &str| vec![Change::Set(email, to.into())];
        // The slow one has read `ann@x` when the quick one writes.
        let pause = HttpFault::Delay(PAUSE);
        stage.faults.next("TransactWriteItems", pause);
        let overtaken = slow.update("Users", 1, set("slow@x"), None);
        let overtaking = async {
            stage.reached("TransactWriteItems", 1).await;
            quick.update("Users", 1, set("quick@x"), None).await
        };
        let (slow_ended, quick_ended) = tokio::join!(overtaken, overtaking);
        quick_ended.unwrap();
        slow_ended.unwrap();
        assert_eq!(stage.faults.count("TransactWriteItems"), 2);
        assert_eq!(stage.own_items("guard#").await, 2);
        let found = quick.get("Users", "users_email", &["slow@x".into()]).await;
        assert!(found.unwrap().is_some());
        quick.insert(&quick.user(2, "quick@x")).await.unwrap();

        // A delete as well.
        let pause = HttpFault::Delay(PAUSE);
        stage.faults.next("TransactWriteItems", pause);
        let overtaken = slow.delete("Users", 1, None);
        let overtaking = async {
            stage.reached("TransactWriteItems", 3).await;
            quick.update("Users", 1, set("again@x"), None).await
        };
        let (deleted, updated) = tokio::join!(overtaken, overtaking);
        updated.unwrap();
        assert!(deleted.unwrap());
        assert_eq!(stage.own_items("guard#").await, 2);
    });
}

/// The key of the item is not the identity, so another record may come to where this one was read.
#[test]
fn an_update_never_lands_on_the_record_that_took_the_place_meanwhile() {
    on_each(&PLACES, async |stage| {
        let (slow, quick) = (stage.faulty(), stage.backend());
        for (id, seat) in [(1, "a"), (3, "c")] {
            let desk = quick.record("Desks", &[("id", id.into()), ("seat", seat.into())]);
            quick.insert(&desk).await.unwrap();
        }
        let [note, seat] = ["note", "seat"].map(|field| quick.place("Desks", field));
        stage.faults.next("UpdateItem", HttpFault::Delay(PAUSE));
        let set = |field: usize, to: &str| vec![Change::Set(field, to.into())];
        let overtaken = slow.update("Desks", 1, set(note, "of 1"), None);
        let overtaking = async {
            stage.reached("UpdateItem", 1).await;
            quick
                .update("Desks", 1, set(seat, "b"), None)
                .await
                .unwrap();
            quick
                .update("Desks", 3, set(seat, "a"), None)
                .await
                .unwrap();
        };
        let (ended, ()) = tokio::join!(overtaken, overtaking);
        ended.unwrap();
        for (id, seat, note) in [(1, "b", Value::from("of 1")), (3, "a", Value::Null)] {
            let found = quick.by_id("Desks", id).await.unwrap();
            assert_eq!(
                (found.get("seat"), found.get("note")),
                (Some(&seat.into()), Some(&note))
            );
        }
    });
}

#[test]
fn a_write_that_is_overtaken_each_time_ends_as_a_conflict() {
    on_each(&SHOP, async |stage| {
        let store = stage.faulty();
        store.insert(&store.user(1, "ann@x")).await.unwrap();
        let reasons = ["ConditionalCheckFailed", "None", "None"];
        let before = stage.faults.count("TransactWriteItems");
        stage
            .faults
            .always("TransactWriteItems", HttpFault::cancelled(&reasons));
        let email = store.place("Users", "email");
        let changes = vec![Change::Set(email, "new@x".into())];
        let ended = store.update("Users", 1, changes, None).await;
        assert_eq!(kind(ended), ErrorKind::Conflict);
        assert_eq!(stage.faults.count("TransactWriteItems"), before + 10);
        stage.faults.heal();
        assert_eq!(store.by_id("Users", 1).await, Some(store.user(1, "ann@x")));
    });
}

#[test]
fn a_guard_that_moves_between_the_two_reads_is_followed() {
    on_each(&SHOP, async |stage| {
        let (slow, quick) = (stage.faulty(), stage.backend());
        quick.insert(&quick.user(1, "ann@x")).await.unwrap();
        quick.insert(&quick.user(2, "bob@x")).await.unwrap();
        let email = quick.place("Users", "email");
        // The first look-up also reads that the guards are complete.
        let missing = slow.get("Users", "users_email", &["cy@x".into()]).await;
        assert_eq!(missing.unwrap(), None);
        let before = stage.faults.count("GetItem");
        // The guard is read at once, the item late.
        stage
            .faults
            .next("GetItem", HttpFault::Delay(Duration::ZERO));
        stage.faults.next("GetItem", HttpFault::Delay(PAUSE));
        let email_key = [Value::from("ann@x")];
        let look = slow.get("Users", "users_email", &email_key);
        let swap = async {
            stage.reached("GetItem", before + 2).await;
            let set = |to: &str| vec![Change::Set(email, to.into())];
            quick.update("Users", 1, set("free@x"), None).await.unwrap();
            quick.update("Users", 2, set("ann@x"), None).await.unwrap();
        };
        let (found, ()) = tokio::join!(look, swap);
        assert_eq!(found.unwrap().map(|found| super::id_of(&found)), Some(2));
        assert_eq!(stage.faults.count("GetItem"), before + 4);
    });
}
