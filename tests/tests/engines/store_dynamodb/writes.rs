//! Insert, put, update and delete of records without guards.

use dal_traits::ErrorKind;
use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::{Change, GetMany, Op, Reply};
use dal_traits::value::Value;

use super::{Backend, PLACES, SHOP, at, decimal, kind, on_each};

fn score(store: &Backend, least: i64) -> Condition {
    let place = store.place("Visits", "score");
    Condition::Compare(place, Comparison::Ge, least.into())
}

#[test]
fn an_insert_never_replaces_a_record() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        let visit = store.visit(1, &[("place", "a".into())]);
        store.insert(&visit).await.unwrap();
        let other = store.visit(1, &[("place", "b".into())]);
        assert_eq!(kind(store.insert(&other).await), ErrorKind::AlreadyExists);
        assert_eq!(store.by_id("Visits", 1).await, Some(visit));
        assert_eq!(stage.faults.count("TransactWriteItems"), 0);
    });
}

#[test]
fn a_put_replaces_the_whole_record() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        store
            .put(&store.visit(1, &[("place", "a".into())]))
            .await
            .unwrap();
        let bare = store.visit(1, &[("note", "".into())]);
        store.put(&bare).await.unwrap();
        assert_eq!(store.by_id("Visits", 1).await, Some(bare));
    });
}

#[test]
fn an_update_that_follows_from_its_arguments_is_one_request() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        let place = |name: &str| store.place("Visits", name);
        let visit = store.visit(1, &[("place", "a".into()), ("balance", decimal("1.50"))]);
        store.insert(&visit).await.unwrap();
        let before = stage.faults.seen().len();
        let changes = vec![
            Change::Set(place("place"), "b".into()),
            Change::Set(place("note"), Value::Null),
            Change::Add(place("score"), 3.into()),
            Change::Add(place("balance"), decimal("-2.25")),
        ];
        store
            .update("Visits", 1, changes, Some(score(&store, 5)))
            .await
            .unwrap();
        assert_eq!(stage.faults.seen()[before..], ["UpdateItem"]);
        let expected = [
            ("place", "b".into()),
            ("score", 8.into()),
            ("balance", decimal("-0.75")),
        ];
        assert_eq!(
            store.by_id("Visits", 1).await,
            Some(store.visit(1, &expected))
        );
        let clear = vec![Change::Set(place("place"), Value::Null)];
        store.update("Visits", 1, clear, None).await.unwrap();
        let found = store.by_id("Visits", 1).await.unwrap();
        assert_eq!(found.get("place"), Some(&Value::Null));
        // Without changes the condition alone is asked.
        store
            .update("Visits", 1, Vec::new(), Some(score(&store, 8)))
            .await
            .unwrap();
        let ended = store
            .update("Visits", 1, Vec::new(), Some(score(&store, 9)))
            .await;
        assert_eq!(kind(ended), ErrorKind::ConditionFailed);
    });
}

#[test]
fn existence_comes_before_the_condition_and_the_condition_before_overflow() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let place = |name: &str| store.place("Visits", name);
        let overflow = || vec![Change::Add(place("score"), 4_294_967_295_i64.into())];
        let missing = store
            .update("Visits", 1, overflow(), Some(score(&store, 99)))
            .await;
        assert_eq!(kind(missing), ErrorKind::NotFound);
        store.insert(&store.visit(1, &[])).await.unwrap();
        let refused = store
            .update("Visits", 1, overflow(), Some(score(&store, 99)))
            .await;
        assert_eq!(kind(refused), ErrorKind::ConditionFailed);
        let invalid = store
            .update("Visits", 1, overflow(), Some(score(&store, 1)))
            .await;
        let error = invalid.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(error.to_string().contains("field=score"), "{error}");
        assert_eq!(store.by_id("Visits", 1).await, Some(store.visit(1, &[])));
    });
}

#[test]
fn a_sum_stays_in_the_range_of_the_column_and_of_its_check() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let place = |name: &str| store.place("Visits", name);
        let full = [
            ("score", 4_294_967_290_i64.into()),
            ("balance", decimal("99999999.98")),
            ("hours", 95.into()),
        ];
        store.insert(&store.visit(1, &full)).await.unwrap();
        let add = async |field: &str, by: Value| {
            store
                .update("Visits", 1, vec![Change::Add(place(field), by)], None)
                .await
        };
        for (field, fits, too_much) in [
            ("score", 5.into(), 1.into()),
            ("balance", decimal("0.01"), decimal("0.01")),
            ("hours", 5.into(), 1.into()),
            ("score", Value::from(-4_294_967_295_i64), Value::from(-1)),
            ("balance", decimal("-99999999.99"), decimal("-99999999.99")),
            ("hours", Value::from(-105), Value::from(-1)),
        ] {
            add(field, fits).await.unwrap();
            let refused = add(field, too_much.clone()).await;
            if field == "balance" && too_much == decimal("-99999999.99") {
                refused.unwrap();
            } else {
                assert_eq!(kind(refused), ErrorKind::InvalidValue, "{field}");
            }
        }
        let expected = [
            ("score", 0.into()),
            ("balance", decimal("-99999999.99")),
            ("hours", Value::from(-5)),
        ];
        assert_eq!(
            store.by_id("Visits", 1).await,
            Some(store.visit(1, &expected))
        );
    });
}

#[test]
fn null_and_a_number_are_null_also_beside_other_changes() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        let place = |name: &str| store.place("Visits", name);
        store.insert(&store.visit(1, &[])).await.unwrap();
        let changes = vec![
            Change::Add(place("hours"), 1.into()),
            Change::Add(place("balance"), decimal("1.00")),
            Change::Add(place("score"), 1.into()),
            Change::Set(place("note"), "kept".into()),
        ];
        let before = stage.faults.count("UpdateItem");
        store.update("Visits", 1, changes, None).await.unwrap();
        assert_eq!(stage.faults.count("UpdateItem"), before + 2);
        let expected = [("score", 6.into()), ("note", "kept".into())];
        assert_eq!(
            store.by_id("Visits", 1).await,
            Some(store.visit(1, &expected))
        );
    });
}

#[test]
fn what_dynamodb_holds_as_text_is_added_to_under_the_condition_of_what_was_read() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        let level = store.place("Visits", "level");
        store
            .insert(&store.visit(1, &[("level", 9.into())]))
            .await
            .unwrap();
        store
            .update("Visits", 1, vec![Change::Add(level, 3.into())], None)
            .await
            .unwrap();
        let expected = store.visit(1, &[("level", 12.into())]);
        assert_eq!(store.by_id("Visits", 1).await, Some(expected));
        let adds =
            (0..4).map(|_| store.update("Visits", 1, vec![Change::Add(level, 1.into())], None));
        for added in futures::future::join_all(adds).await {
            added.unwrap();
        }
        let expected = store.visit(1, &[("level", 16.into())]);
        assert_eq!(store.by_id("Visits", 1).await, Some(expected));
        let overflow = vec![Change::Add(level, i64::from(i32::MAX).into())];
        let ended = store.update("Visits", 1, overflow, None).await;
        assert_eq!(kind(ended), ErrorKind::InvalidValue);
    });
}

#[test]
fn a_composite_key_of_an_index_follows_its_parts() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let moment = store.place("Visits", "at");
        store.insert(&store.visit(1, &[])).await.unwrap();
        store.insert(&store.visit(2, &[])).await.unwrap();
        let later = vec![Change::Set(moment, at("2026-01-01 00:00:00.000000"))];
        store.update("Visits", 1, later, None).await.unwrap();
        let of_user = store.query("Visits", "by_user", &[1.into()]);
        assert_eq!(store.ids(&of_user).await, [[2, 1]]);
    });
}

#[test]
fn a_delete_says_whether_there_was_a_record() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        assert!(!store.delete("Visits", 1, None).await.unwrap());
        let missing = store.delete("Visits", 1, Some(score(&store, 1))).await;
        assert_eq!(kind(missing), ErrorKind::NotFound);
        store.insert(&store.visit(1, &[])).await.unwrap();
        let refused = store.delete("Visits", 1, Some(score(&store, 99))).await;
        assert_eq!(kind(refused), ErrorKind::ConditionFailed);
        let never = Condition::Or(Vec::new());
        let refused = store.delete("Visits", 1, Some(never)).await;
        assert_eq!(kind(refused), ErrorKind::ConditionFailed);
        assert!(
            store
                .delete("Visits", 1, Some(score(&store, 5)))
                .await
                .unwrap()
        );
        assert!(store.by_id("Visits", 1).await.is_none());
    });
}

#[test]
fn conditions_of_guarded_records_are_told_apart_from_missing_records() {
    on_each(&SHOP, async |stage| {
        let store = stage.backend();
        let name = store.place("Users", "name");
        let is = |text: &str| Some(Condition::Compare(name, Comparison::Eq, text.into()));
        let missing = store.delete("Users", 1, is("name of ann@x")).await;
        assert_eq!(kind(missing), ErrorKind::NotFound);
        store.insert(&store.user(1, "ann@x")).await.unwrap();
        let changes = vec![Change::Set(name, "new".into())];
        let refused = store.update("Users", 1, changes.clone(), is("other")).await;
        assert_eq!(kind(refused), ErrorKind::ConditionFailed);
        let refused = store.delete("Users", 1, is("other")).await;
        assert_eq!(kind(refused), ErrorKind::ConditionFailed);
        store
            .update("Users", 1, changes, is("name of ann@x"))
            .await
            .unwrap();
        assert!(store.delete("Users", 1, is("new")).await.unwrap());
    });
}

#[test]
fn the_identity_never_changes() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let id = store.place("Visits", "id");
        let ended = store
            .update("Visits", 1, vec![Change::Set(id, 2.into())], None)
            .await;
        assert_eq!(kind(ended), ErrorKind::InvalidValue);
    });
}

#[test]
fn several_records_come_in_the_order_of_their_keys_and_are_read_once() {
    on_each(&PLACES, async |stage| {
        let store = stage.faulty();
        for id in 1..=120 {
            store.insert(&store.visit(id, &[])).await.unwrap();
        }
        let mut ids: Vec<i64> = (1..=120).rev().collect();
        ids.extend([7, 999, 7]);
        let keys = ids.iter().map(|id| vec![Value::from(*id)]).collect();
        let entity = store.entity("Visits");
        stage.faults.next(
            "BatchGetItem",
            dal_testkit::faults::HttpFault::Unprocessed { kept: 3 },
        );
        let reply = store
            .send(Op::GetMany(GetMany { entity, keys }))
            .await
            .unwrap();
        let Reply::Records(records) = reply else {
            panic!()
        };
        let found: Vec<_> = records
            .iter()
            .map(|r| r.as_ref().map(super::id_of))
            .collect();
        let expected: Vec<_> = ids
            .iter()
            .map(|id| (*id != 999).then_some(i128::from(*id)))
            .collect();
        assert_eq!(found, expected);
    });
}

#[test]
fn an_entity_beyond_this_version_is_refused_with_the_reason() {
    on_each(&PLACES, async |stage| {
        let store = stage.backend();
        let error = store.get("Folders", "id", &[1.into()]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("utf8mb4_0900_ai_ci"), "{error}");
    });
}
