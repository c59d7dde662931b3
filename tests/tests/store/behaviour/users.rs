//! Single records: identity, generated ids, unique keys, conditions.

use dal_traits::ErrorKind::{
    AlreadyExists, ConditionFailed, InvalidCursor, InvalidValue, NoPath, NotFound, UniqueViolation,
};
use dal_traits::condition::Condition::{And, Not, Or};
use dal_traits::store::{EntityStore, Store};
use dal_traits::value::Value;
use dal_traits::{ErrorKind, Record, Result};

use super::{int, kind, of, refused, text, value, values};
use crate::stores::{SHOP, on_every_store};

async fn register(users: &EntityStore, email: &str, name: &str) -> Result<Record> {
    users
        .insert([("email", text(email)), ("name", text(name))])
        .await
}

async fn by_email(users: &EntityStore, email: &str) -> Option<Record> {
    users
        .get("users_email", [("email", text(email))])
        .await
        .unwrap()
}

async fn by_id(users: &EntityStore, id: &Value) -> Option<Record> {
    users.get("id", [("id", id.clone())]).await.unwrap()
}

fn whole(id: i128, email: &str, name: &str) -> [(&'static str, Value); 3] {
    [
        ("id", int(id)),
        ("email", text(email)),
        ("name", text(name)),
    ]
}

#[test]
fn an_insert_returns_the_record_that_reads_return() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        let ann = register(&users, "ann@x", "Ann").await.unwrap();
        assert_eq!(value(&ann, "id"), int(1));
        assert!(matches!(value(&ann, "created_at"), Value::DateTime(_)));
        let id = value(&ann, "id");
        assert_eq!(by_id(&users, &id).await, Some(ann.clone()));
        assert_eq!(by_email(&users, "ann@x").await, Some(ann.clone()));
        let by_name = users.get("users_name", [("name", text("Ann"))]).await;
        assert_eq!(by_name.unwrap(), Some(ann.clone()));
        let by_alias = users.get("sign-in", [("email", text("ann@x"))]).await;
        assert_eq!(by_alias.unwrap(), Some(ann));
        assert_eq!(by_id(&users, &int(2)).await, None);
        for other in ["ANN@x", "ann@x ", "a\u{301}nn@x", ""] {
            assert_eq!(by_email(&users, other).await, None, "{other:?}");
        }
    });
}

#[test]
fn a_value_that_no_record_can_have_finds_nothing() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        register(&users, "ann@x", "Ann").await.unwrap();
        let long = "x".repeat(201);
        assert_eq!(by_email(&users, &long).await, None);
        assert_eq!(by_id(&users, &int(-1)).await, None);
        let beyond = int(i128::from(u64::MAX) + 1);
        assert_eq!(by_id(&users, &beyond).await, None);
        let many = users.get_many([int(-1), int(1), beyond]).await.unwrap();
        let found: Vec<bool> = many.iter().map(Option::is_some).collect();
        assert_eq!(found, [false, true, false]);
        let products = of(&store, "Products");
        for category in [long.as_str(), ""] {
            let query = products
                .query("by_category")
                .equal("category", text(category));
            assert_eq!(query.await.unwrap().records, [], "{category:?}");
        }
        // A value of another type is a mistake.
        let wrong = users.get("id", [("id", text("1"))]).await;
        assert_eq!(kind(wrong), InvalidValue);
    });
}

#[test]
fn an_identity_that_exists_is_refused_before_anything_else() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        let ann = register(&users, "ann@x", "Ann").await.unwrap();
        // The identity, and an e-mail that is taken: existence comes first.
        let again = users.insert(whole(1, "ann@x", "Ben")).await;
        assert_eq!(kind(again), AlreadyExists);
        let again = users.insert(whole(1, "ben@x", "Ben")).await;
        assert_eq!(kind(again), AlreadyExists);
        assert_eq!(by_id(&users, &int(1)).await, Some(ann));
        assert_eq!(by_email(&users, "ben@x").await, None);
    });
}

#[test]
fn a_unique_value_has_one_owner_and_is_free_when_its_owner_leaves_it() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        register(&users, "ann@x", "Ann").await.unwrap();
        let taken = register(&users, "ann@x", "Ben").await;
        assert_eq!(refused(taken), (UniqueViolation, "users_email".to_owned()));
        let taken = register(&users, "ben@x", "Ann").await;
        assert_eq!(refused(taken), (UniqueViolation, "users_name".to_owned()));
        let ben = register(&users, "ben@x", "Ben").await.unwrap();
        let id = value(&ben, "id");

        let renamed = users.update(id.clone()).set("name", text("Ann")).await;
        assert_eq!(refused(renamed), (UniqueViolation, "users_name".to_owned()));
        assert_eq!(by_id(&users, &id).await, Some(ben));
        // To its own name, and to another by bytes.
        users
            .update(id.clone())
            .set("name", text("Ben"))
            .await
            .unwrap();
        users
            .update(id.clone())
            .set("name", text("ANN"))
            .await
            .unwrap();
        register(&users, "cay@x", "Ben").await.unwrap();

        assert!(users.delete(int(1)).await.unwrap());
        register(&users, "ann@x", "Ann").await.unwrap();
    });
}

#[test]
fn an_update_changes_what_it_names_and_nothing_that_is_missing() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        let mut ann = register(&users, "ann@x", "Ann").await.unwrap();
        let id = value(&ann, "id");
        users
            .update(id.clone())
            .set("name", text("Anne"))
            .await
            .unwrap();
        ann.set(ann.entity().field("name").unwrap(), text("Anne"));
        assert_eq!(by_id(&users, &id).await, Some(ann.clone()));
        assert_eq!(
            users
                .get("users_name", [("name", text("Ann"))])
                .await
                .unwrap(),
            None
        );

        let missing = users.update(int(9)).set("name", text("Nine")).await;
        assert_eq!(kind(missing), NotFound);
        assert_eq!(
            by_id(&users, &int(9)).await,
            None,
            "an update creates nothing"
        );
        let taken = users.update(int(9)).set("name", text("Anne")).await;
        assert_eq!(kind(taken), NotFound, "existence comes before constraints");
        let identity = users.update(id.clone()).set("id", int(5)).await;
        assert_eq!(kind(identity), InvalidValue);
        for (field, wrong) in [("name", Value::Null), ("name", text(&"x".repeat(201)))] {
            let wrong = users.update(id.clone()).set(field, wrong).await;
            assert_eq!(kind(wrong), InvalidValue);
        }
        assert_eq!(by_id(&users, &id).await, Some(ann));
    });
}

#[test]
fn a_condition_is_decided_after_existence_and_before_constraints() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        register(&users, "ann@x", "Ann").await.unwrap();
        let ben = register(&users, "ben@x", "Ben").await.unwrap();
        let id = value(&ben, "id");
        let name = users.field("name").unwrap();
        let (is_ben, is_ann) = (name.eq(text("Ben")), name.eq(text("Ann")));

        let false_and_taken = users
            .update(id.clone())
            .set("name", text("Ann"))
            .when(is_ann.clone())
            .await;
        assert_eq!(kind(false_and_taken), ConditionFailed);
        let missing = users
            .update(int(9))
            .set("name", text("Nine"))
            .when(is_ann.clone());
        assert_eq!(kind(missing.await), NotFound);
        let by_bytes = users
            .update(id.clone())
            .set("email", text("b@x"))
            .when(name.eq(text("BEN")));
        assert_eq!(
            kind(by_bytes.await),
            ConditionFailed,
            "texts compare by bytes"
        );
        users
            .update(id.clone())
            .set("email", text("b@x"))
            .when(is_ben.clone())
            .await
            .unwrap();

        assert_eq!(
            kind(users.delete(id.clone()).when(is_ann.clone()).await),
            ConditionFailed
        );
        assert_eq!(kind(users.delete(int(9)).when(is_ann).await), NotFound);
        assert!(users.delete(id.clone()).when(is_ben).await.unwrap());
        assert!(!users.delete(id).await.unwrap(), "it existed no more");
    });
}

#[test]
fn conditions_know_no_third_value() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        let ann = register(&users, "ann@x", "Ann").await.unwrap();
        let id = value(&ann, "id");
        let (name, email) = (users.field("name").unwrap(), users.field("email").unwrap());
        let not = |condition| Not(Box::new(condition));
        let cases = [
            (name.ne(text("Ben")), true),
            (name.ne(text("Ann")), false),
            (name.lt(text("Anna")), true),
            (name.le(text("Ann")), true),
            (name.gt(text("ann")), false),
            (name.ge(text("ANN")), true),
            (name.is_in([text("Ben"), text("Ann")]), true),
            (name.is_in([text("Ben")]), false),
            (name.begins_with("An"), true),
            (name.begins_with("an"), false),
            (name.begins_with(""), true),
            (name.is_null(), false),
            (not(name.is_null()), true),
            (not(name.eq(text("Ben"))), true),
            (
                And(vec![name.eq(text("Ann")), email.eq(text("ann@x"))]),
                true,
            ),
            (And(vec![name.eq(text("Ann")), email.eq(text("x"))]), false),
            (
                Or(vec![name.eq(text("Ben")), email.eq(text("ann@x"))]),
                true,
            ),
            (
                not(Or(vec![name.eq(text("Ben")), email.eq(text("ann@x"))])),
                false,
            ),
        ];
        for (condition, holds) in cases {
            let done = users
                .update(id.clone())
                .set("email", text("ann@x"))
                .when(condition.clone())
                .await;
            assert_eq!(done.is_ok(), holds, "{condition:?} {done:?}");
            let page = users
                .query("by_name")
                .filter(condition.clone())
                .await
                .unwrap();
            assert_eq!(page.records.len() == 1, holds, "as a filter: {condition:?}");
        }
    });
}

#[test]
fn a_put_replaces_the_record_its_unique_values_and_moves_the_ids() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        users.put(whole(5, "ann@x", "Ann")).await.unwrap();
        let ann = by_email(&users, "ann@x").await.unwrap();
        assert_eq!(value(&ann, "id"), int(5));
        let ben = register(&users, "ben@x", "Ben").await.unwrap();
        assert_eq!(
            value(&ben, "id"),
            int(6),
            "ids go on behind the one that was put"
        );

        users.put(whole(5, "anne@x", "Anne")).await.unwrap();
        assert_eq!(by_email(&users, "ann@x").await, None);
        register(&users, "ann@x", "Ann").await.unwrap();
        let taken = users.put(whole(5, "ben@x", "Anne")).await;
        assert_eq!(refused(taken), (UniqueViolation, "users_email".to_owned()));
        let kept = by_id(&users, &int(5)).await.unwrap();
        assert_eq!(value(&kept, "email"), text("anne@x"));
        users.put(whole(5, "anne@x", "Anne")).await.unwrap();
    });
}

#[test]
fn an_id_is_given_once() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        let id = |user: Record| value(&user, "id");
        let first = id(register(&users, "a@x", "a").await.unwrap());
        assert!(users.delete(first).await.unwrap());
        let second = id(register(&users, "b@x", "b").await.unwrap());
        assert_eq!(
            second,
            int(2),
            "the id of a record that was removed is not given again"
        );
        users.insert(whole(40, "c@x", "c")).await.unwrap();
        assert_eq!(id(register(&users, "d@x", "d").await.unwrap()), int(41));
        users.pass_id(60).await.unwrap();
        users.pass_id(50).await.unwrap();
        assert_eq!(id(register(&users, "e@x", "e").await.unwrap()), int(61));
    });
}

#[test]
fn many_records_come_in_the_order_of_their_identities() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        let ann = register(&users, "ann@x", "Ann").await.unwrap();
        let ben = register(&users, "ben@x", "Ben").await.unwrap();
        let found = users
            .get_many([int(2), int(9), int(1), int(2)])
            .await
            .unwrap();
        assert_eq!(found, [Some(ben.clone()), None, Some(ann), Some(ben)]);
        assert_eq!(users.get_many([int(9)]).await.unwrap(), [None]);
        let none: [Value; 0] = [];
        assert_eq!(users.get_many(none).await.unwrap(), []);
    });
}

const NAMES: [&str; 7] = ["", "Ann", "Zoë", "ann", "ann ", "ä", "\u{1f600}"];

#[test]
fn a_list_is_in_byte_order_both_ways_and_in_pages() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        for name in NAMES.iter().rev().filter(|name| !name.is_empty()) {
            register(&users, &format!("{name}@x"), name).await.unwrap();
        }
        let names: Vec<Value> = NAMES[1..].iter().map(|name| text(name)).collect();
        for backward in [false, true] {
            let mut expected = names.clone();
            if backward {
                expected.reverse();
            }
            for limit in [1, 2, 3, 5, 6, 7] {
                let mut query = users.query("by_name").limit(limit);
                if backward {
                    query = query.backward();
                }
                let mut pages = query.pages();
                let mut found = Vec::new();
                while let Some(page) = pages.next().await.unwrap() {
                    assert!(!page.records.is_empty(), "no page is empty");
                    found.extend(values(&page.records, "name"));
                    assert_eq!(page.next.is_some(), found.len() < expected.len());
                }
                assert_eq!(found, expected, "limit {limit}, backward {backward}");
            }
        }
        let ranged = users
            .query("by_name")
            .range("name", text("Z")..text("ann "))
            .await
            .unwrap();
        assert_eq!(values(&ranged.records, "name"), [text("Zoë"), text("ann")]);
    });
}

#[test]
fn a_cursor_outlives_its_record_and_belongs_to_its_query() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        for name in ["a", "b", "c", "d"] {
            register(&users, &format!("{name}@x"), name).await.unwrap();
        }
        let page = users.query("by_name").limit(2).await.unwrap();
        let cursor = page.next.unwrap();
        assert!(users.delete(value(&page.records[1], "id")).await.unwrap());
        let next = users
            .query("by_name")
            .limit(2)
            .after(cursor.clone())
            .await
            .unwrap();
        assert_eq!(values(&next.records, "name"), [text("c"), text("d")]);
        assert_eq!(next.next, None);
        let read: dal_traits::Cursor = cursor.to_string().parse().unwrap();
        assert_eq!(read, cursor);
        let backward = users
            .query("by_name")
            .backward()
            .limit(2)
            .after(cursor.clone());
        assert_eq!(kind(backward.await), InvalidCursor);
        let other = users
            .query("by_name")
            .range("name", text("a")..)
            .after(cursor);
        assert_eq!(kind(other.await), InvalidCursor);
    });
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_is_sent() {
    on_every_store(&SHOP, async |store: Store| {
        let users = of(&store, "Users");
        assert_eq!(kind(store.entity("User")), ErrorKind::Config);
        let unnamed = users.get("by_email", [("email", text("ann@x"))]).await;
        assert_eq!(kind(unnamed), NoPath);
        let missing = users.insert([("email", text("ann@x"))]).await;
        assert_eq!(kind(missing), InvalidValue, "a name must be given");
        let unknown = users.insert([("nick", text("Ann"))]).await;
        assert_eq!(kind(unknown), InvalidValue);
        let empty = users
            .insert([("email", text("e@x")), ("name", text(""))])
            .await;
        assert_eq!(kind(empty), InvalidValue, "an index key is never empty");
        let long = register(&users, &"x".repeat(201), "Ann").await;
        assert_eq!(kind(long), InvalidValue);
        register(&users, &"é".repeat(200), "Ann").await.unwrap();
        assert_eq!(kind(users.scan().await), ErrorKind::Unsupported);
        let all = store
            .clone()
            .allow_scans()
            .entity("Users")
            .unwrap()
            .scan()
            .await;
        assert_eq!(all.unwrap().records.len(), 1);
    });
}
