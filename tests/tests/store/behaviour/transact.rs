//! Several writes that happen together or not at all.

use dal_traits::ErrorKind::{
    AlreadyExists, ConditionFailed, InvalidValue, NotFound, UniqueViolation,
};
use dal_traits::store::{Store, Transaction};
use dal_traits::value::Value;
use dal_traits::{Error, ErrorKind, Record};

use super::{int, of, text, value};
use crate::stores::{SHOP, on_every_store};

fn user(id: i128, email: &str, name: &str) -> [(&'static str, Value); 3] {
    [
        ("id", int(id)),
        ("email", text(email)),
        ("name", text(name)),
    ]
}

fn line(user: i128, product: i128, quantity: i128) -> [(&'static str, Value); 3] {
    [
        ("user_id", int(user)),
        ("product_id", int(product)),
        ("quantity", int(quantity)),
    ]
}

fn key(user: i128, product: i128) -> [Value; 2] {
    [int(user), int(product)]
}

/// The users 1 to 3, and lines of each of them.
async fn filled(store: &Store) {
    let (users, carts) = (of(store, "Users"), of(store, "Carts"));
    for (id, name) in [(1, "Ann"), (2, "Ben"), (3, "Cay")] {
        let email = format!("{name}@x");
        users.insert(user(id, &email, name)).await.unwrap();
        for product in 1..=3 {
            carts.insert(line(id, product, 10)).await.unwrap();
        }
    }
}

/// Every record of the two entities.
async fn everything(store: &Store) -> Vec<Record> {
    let mut all = Vec::new();
    for entity in ["Users", "Carts"] {
        let store = store.clone().allow_scans();
        let page = of(&store, entity).scan().limit(1000).await.unwrap();
        all.extend(page.records);
    }
    all.sort_by_cached_key(|record| format!("{record:?}"));
    all
}

async fn by_name(store: &Store, name: &str) -> Option<Value> {
    let users = of(store, "Users");
    let found = users.get("users_name", [("name", text(name))]).await;
    found.unwrap().map(|user| value(&user, "id"))
}

fn refusal(error: &Error) -> (ErrorKind, Option<usize>) {
    (error.kind(), error.step())
}

#[test]
fn all_steps_happen_or_none() {
    on_every_store(&SHOP, async |store: Store| {
        filled(&store).await;
        let before = everything(&store).await;
        let quantity = of(&store, "Carts").field("quantity").unwrap();
        let steps = |last: i128| {
            let mut tx = store.transact();
            let dan = tx.insert("Users", [("email", text("dan@x")), ("name", text("Dan"))]);
            tx.put("Carts", line(1, 9, 7));
            tx.update("Carts", key(1, 1))
                .add("quantity", int(5))
                .when(quantity.eq(int(10)));
            tx.update("Users", int(2)).set("name", text("Bea"));
            let gone = tx.delete("Carts", key(1, 2)).number();
            let none = tx.delete("Carts", key(1, 8)).number();
            tx.delete("Users", int(3))
                .when(of(&store, "Users").field("name").unwrap().eq(text("Cay")));
            tx.check("Carts", key(1, 3)).when(quantity.eq(int(last)));
            (tx, dan, gone, none)
        };
        let (tx, ..) = steps(11);
        let error = tx.commit().await.unwrap_err();
        assert_eq!(refusal(&error), (ConditionFailed, Some(8)), "{error}");
        assert_eq!(everything(&store).await, before);

        let (tx, dan, gone, none) = steps(10);
        let done = tx.commit().await.unwrap();
        let dan = done.record(dan).unwrap();
        assert!(matches!(value(dan, "created_at"), Value::DateTime(_)));
        let id = value(dan, "id");
        let users = of(&store, "Users");
        let found = users.get("id", [("id", id.clone())]).await.unwrap();
        assert_eq!(found.as_ref(), Some(dan));
        assert_eq!(done.existed(gone), Some(true));
        assert_eq!(done.existed(none), Some(false));
        assert_eq!(done.existed(1), None, "an insert is no delete");
        assert_eq!(by_name(&store, "Dan").await, Some(id));
        assert_eq!(by_name(&store, "Bea").await, Some(int(2)));
        assert_eq!(by_name(&store, "Ben").await, None);
        assert_eq!(by_name(&store, "Cay").await, None);
        let carts = of(&store, "Carts").query("cart").equal("user_id", int(1));
        let lines: Vec<_> = carts.await.unwrap().records;
        let lines: Vec<_> = lines
            .iter()
            .map(|line| (value(line, "product_id"), value(line, "quantity")))
            .collect();
        let expected = [(1, 15), (3, 10), (9, 7)];
        assert_eq!(
            lines,
            expected.map(|(id, quantity)| (int(id), int(quantity)))
        );
    });
}

/// Adds a step.
type Add = fn(&Store, &mut Transaction);

/// How many kinds of [`refused`] steps there are.
const REFUSED: usize = 12;

/// Adds a step that is refused; returns how, and what it is. All are about other records.
fn refused(which: usize, store: &Store, tx: &mut Transaction) -> (ErrorKind, &'static str) {
    let quantity = of(store, "Carts").field("quantity").unwrap();
    let name = of(store, "Users").field("name").unwrap();
    match which {
        0 => {
            tx.insert("Users", user(1, "new1@x", "New1"));
            (AlreadyExists, "insert of Users")
        }
        1 => {
            tx.insert("Users", user(21, "Ann@x", "New2"));
            (UniqueViolation, "insert of Users")
        }
        2 => {
            tx.insert("Carts", line(1, 1, 3));
            (AlreadyExists, "insert of Carts")
        }
        3 => {
            tx.put("Users", user(22, "new3@x", "Ben"));
            (UniqueViolation, "put of Users")
        }
        4 => {
            tx.update("Carts", key(9, 1)).add("quantity", int(1));
            (NotFound, "update of Carts")
        }
        5 => {
            let update = tx.update("Carts", key(1, 2)).add("quantity", int(1));
            update.when(quantity.gt(int(10)));
            (ConditionFailed, "update of Carts")
        }
        6 => {
            tx.update("Carts", key(1, 3)).add("quantity", int(991));
            (InvalidValue, "update of Carts")
        }
        7 => {
            tx.update("Users", int(3)).set("name", text("Ann"));
            (UniqueViolation, "update of Users")
        }
        8 => {
            tx.delete("Users", int(9)).when(name.eq(text("x")));
            (NotFound, "delete of Users")
        }
        9 => {
            tx.delete("Carts", key(2, 1)).when(quantity.lt(int(10)));
            (ConditionFailed, "delete of Carts")
        }
        10 => {
            tx.check("Users", int(8));
            (NotFound, "check of Users")
        }
        _ => {
            tx.check("Carts", key(2, 2)).when(quantity.ne(int(10)));
            (ConditionFailed, "check of Carts")
        }
    }
}

#[test]
fn the_first_step_that_is_refused_is_named_with_the_kind_of_the_single_operation() {
    on_every_store(&SHOP, async |store: Store| {
        filled(&store).await;
        let before = everything(&store).await;
        let named = |error: &Error, number: usize, kind: ErrorKind, what: &str| {
            let expected = format!("{kind}: step {number} ({what}): ");
            let shown = error.to_string();
            assert!(shown.starts_with(&expected), "{shown}, not {expected}");
            assert_eq!(refusal(error), (kind, Some(number)));
        };
        for which in 0..REFUSED {
            // A step that is fine goes before.
            let mut tx = store.transact();
            tx.update("Carts", key(3, 3)).set("quantity", int(20));
            let (kind, what) = refused(which, &store, &mut tx);
            let error = tx.commit().await.unwrap_err();
            named(&error, 2, kind, what);
            // Others that would be refused come behind.
            for distance in [1, 4, 7] {
                let mut tx = store.transact();
                refused(which, &store, &mut tx);
                refused((which + distance) % REFUSED, &store, &mut tx);
                let error = tx.commit().await.unwrap_err();
                named(&error, 1, kind, what);
            }
        }
        assert_eq!(everything(&store).await, before);
    });
}

#[test]
fn a_unique_value_is_free_for_the_steps_behind_the_one_that_leaves_it() {
    on_every_store(&SHOP, async |store: Store| {
        filled(&store).await;
        // The value that the second step leaves is not yet free for the first one.
        let mut tx = store.transact();
        tx.update("Users", int(2)).set("name", text("Ann"));
        tx.update("Users", int(1)).set("name", text("Ben"));
        let error = tx.commit().await.unwrap_err();
        assert_eq!(refusal(&error), (UniqueViolation, Some(1)));
        assert_eq!(error.class().constraint.as_deref(), Some("users_name"));
        let mut tx = store.transact();
        tx.insert("Users", user(4, "Ann@x", "Dan"));
        tx.delete("Users", int(1));
        let error = tx.commit().await.unwrap_err();
        assert_eq!(refusal(&error), (UniqueViolation, Some(1)));
        // Two steps want one value, which is free or becomes free.
        let mut tx = store.transact();
        tx.insert("Users", user(4, "dan@x", "Dan"));
        tx.insert("Users", user(5, "eve@x", "Dan"));
        let error = tx.commit().await.unwrap_err();
        assert_eq!(refusal(&error), (UniqueViolation, Some(2)));
        let mut tx = store.transact();
        tx.delete("Users", int(1));
        tx.update("Users", int(2)).set("name", text("Ann"));
        tx.update("Users", int(3)).set("name", text("Ann"));
        let error = tx.commit().await.unwrap_err();
        assert_eq!(refusal(&error), (UniqueViolation, Some(3)));
        assert_eq!(by_name(&store, "Ann").await, Some(int(1)));

        // In the other order it is.
        let mut tx = store.transact();
        tx.update("Users", int(1)).set("name", text("Anne"));
        tx.update("Users", int(2)).set("name", text("Ann"));
        tx.put("Users", user(3, "Cay@x", "Ben"));
        tx.insert("Users", user(4, "dan@x", "Cay"));
        tx.commit().await.unwrap();
        let mut tx = store.transact();
        tx.delete("Users", int(1));
        tx.insert("Users", user(5, "Ann@x", "Anne"));
        tx.commit().await.unwrap();
        for (name, id) in [("Anne", 5), ("Ann", 2), ("Ben", 3), ("Cay", 4)] {
            assert_eq!(by_name(&store, name).await, Some(int(id)), "{name}");
        }
        let users = of(&store, "Users");
        let taken = users.insert(user(6, "f@x", "Ben")).await;
        assert_eq!(super::kind(taken), UniqueViolation);
        // And what is left is free.
        let mut tx = store.transact();
        tx.update("Users", int(2)).set("name", text("Fay"));
        tx.commit().await.unwrap();
        users.insert(user(6, "f@x", "Ann")).await.unwrap();
    });
}

#[test]
fn no_record_is_in_two_steps() {
    on_every_store(&SHOP, async |store: Store| {
        filled(&store).await;
        let before = everything(&store).await;
        let add: [Add; 5] = [
            |_, tx| {
                tx.insert("Carts", line(1, 1, 5));
            },
            |_, tx| {
                tx.put("Carts", line(1, 1, 5));
            },
            |_, tx| {
                tx.update("Carts", key(1, 1)).set("quantity", int(5));
            },
            |_, tx| {
                tx.delete("Carts", key(1, 1));
            },
            |_, tx| {
                tx.check("Carts", key(1, 1));
            },
        ];
        for place in 0..add.len() {
            let mut tx = store.transact();
            add[place](&store, &mut tx);
            tx.check("Carts", key(1, 2));
            add[(place + 1) % add.len()](&store, &mut tx);
            let error = tx.commit().await.unwrap_err();
            assert_eq!(refusal(&error), (InvalidValue, Some(3)), "{error}");
        }
        // The id that the store is about to give.
        let mut tx = store.transact();
        tx.insert("Users", [("email", text("d@x")), ("name", text("Dan"))]);
        tx.delete("Users", int(4));
        let error = tx.commit().await.unwrap_err();
        assert_eq!(refusal(&error), (InvalidValue, Some(2)), "{error}");
        assert_eq!(everything(&store).await, before);
    });
}

#[test]
fn a_step_that_is_wrong_is_refused_before_anything_is_sent() {
    on_every_store(&SHOP, async |store: Store| {
        filled(&store).await;
        let before = everything(&store).await;
        let nothing = store.transact().commit().await.unwrap_err();
        assert_eq!(refusal(&nothing), (InvalidValue, None));
        let wrong: [(Add, ErrorKind); 6] = [
            (
                |_, tx| {
                    tx.insert("Nobody", [("id", int(1))]);
                },
                ErrorKind::Config,
            ),
            (
                |_, tx| {
                    tx.update("Users", int(3)).set("nick", text("x"));
                },
                InvalidValue,
            ),
            (
                |_, tx| {
                    tx.update("Users", int(3))
                        .set("name", text(&"x".repeat(201)));
                },
                InvalidValue,
            ),
            (
                |_, tx| {
                    tx.update("Users", int(3));
                },
                InvalidValue,
            ),
            (
                |_, tx| {
                    tx.check("Carts", int(1));
                },
                InvalidValue,
            ),
            (
                |_, tx| {
                    tx.insert("Carts", line(7, 7, 0));
                },
                InvalidValue,
            ),
        ];
        for (add, kind) in wrong {
            let mut tx = store.transact();
            // Would be refused as well, by the store.
            tx.check("Users", int(9));
            add(&store, &mut tx);
            let error = tx.commit().await.unwrap_err();
            assert_eq!(refusal(&error), (kind, Some(2)), "{error}");
        }
        assert_eq!(everything(&store).await, before);
    });
}

#[test]
fn a_transaction_of_one_step_is_the_single_operation() {
    on_every_store(&SHOP, async |store: Store| {
        filled(&store).await;
        let before = everything(&store).await;
        for which in 0..REFUSED {
            let mut tx = store.transact();
            let (kind, what) = refused(which, &store, &mut tx);
            let error = tx.commit().await.unwrap_err();
            assert_eq!(refusal(&error), (kind, Some(1)), "{what}");
        }
        assert_eq!(everything(&store).await, before);
        let mut tx = store.transact();
        let dan = tx.insert("Users", [("email", text("d@x")), ("name", text("Dan"))]);
        let done = tx.commit().await.unwrap();
        let id = value(done.record(dan).unwrap(), "id");
        assert_eq!(by_name(&store, "Dan").await, Some(id.clone()));
        for existed in [true, false] {
            let mut tx = store.transact();
            let number = tx.delete("Users", id.clone()).number();
            let done = tx.commit().await.unwrap();
            assert_eq!(done.existed(number), Some(existed));
        }
        let mut tx = store.transact();
        tx.check("Carts", key(1, 1));
        tx.commit().await.unwrap();
        assert_eq!(everything(&store).await, before);
    });
}
