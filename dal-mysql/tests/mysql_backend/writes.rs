//! Reads and writes of single records.

use dal_traits::condition::{Comparison, Condition};
use dal_traits::op::{Change, Op, PassId, Reply};
use dal_traits::value::Value;
use dal_traits::{ErrorKind, Record};
use time::macros::datetime;

use crate::support::{Db, int, ints, kind, on, on_shop, record, text};

pub fn user(db: &Db, id: Value, email: &str) -> Record {
    let at = Value::DateTime(datetime!(2025-01-02 03:04:05.000006));
    record(
        &db.entity("Users"),
        &[
            ("id", id),
            ("email", text(email)),
            ("name", text(&format!("name of {email}"))),
            ("created_at", at),
        ],
    )
}

pub fn product(db: &Db, id: Value, category: &str, price: i128) -> Record {
    record(
        &db.entity("Products"),
        &[
            ("id", id),
            ("seller", text("sel")),
            ("category", text(category)),
            ("name", text("thing")),
            ("description", text("")),
            ("price", int(price)),
            ("stock", int(10)),
        ],
    )
}

#[test]
fn an_insert_without_an_id_returns_the_record_with_the_one_that_mysql_gave() {
    on_shop(async |db: Db| {
        let first = db.insert(user(&db, Value::Null, "a@x")).await.unwrap();
        let second = db.insert(user(&db, Value::Null, "b@x")).await.unwrap();
        assert_eq!(ints(&[first.clone(), second], "id"), [1, 2]);
        let found = db.get("Users", "id", &[int(1)]).await.unwrap();
        assert_eq!(found, Some(first));
    });
}

#[test]
fn an_explicit_id_is_kept_and_the_next_one_is_greater() {
    on_shop(async |db: Db| {
        for id in [0, 7] {
            let given = user(&db, int(id), &format!("{id}@x"));
            assert_eq!(db.insert(given.clone()).await.unwrap(), given);
            let found = db.get("Users", "id", &[int(id)]).await.unwrap();
            assert_eq!(found, Some(given), "id {id}");
        }
        let next = db.insert(user(&db, Value::Null, "next@x")).await.unwrap();
        assert_eq!(ints(&[next], "id"), [8]);
    });
}

#[test]
fn a_record_is_found_by_every_unique_path_and_by_no_other() {
    on_shop(async |db: Db| {
        let ann = db.insert(user(&db, Value::Null, "ann@x")).await.unwrap();
        let by = |path: &'static str, key: Vec<Value>| {
            let db = &db;
            async move { db.get("Users", path, &key).await }
        };
        for (path, value) in [
            ("id", int(1)),
            ("user", int(1)),
            ("users_email", text("ann@x")),
            ("sign-in", text("ann@x")),
            ("users_name", text("name of ann@x")),
        ] {
            assert_eq!(
                by(path, vec![value]).await.unwrap(),
                Some(ann.clone()),
                "{path}"
            );
        }
        for (path, value) in [
            ("id", int(2)),
            ("id", Value::Null),
            ("users_email", text("Ann@x")),
            ("users_email", text("ann@x ")),
        ] {
            assert_eq!(by(path, vec![value]).await.unwrap(), None, "{path}");
        }
        assert_eq!(kind(by("id", vec![]).await), ErrorKind::NoPath);
        let several = db.get("Products", "by_category", &[text("books")]).await;
        assert_eq!(kind(several), ErrorKind::NoPath);
    });
}

#[test]
fn several_are_returned_in_the_order_of_the_keys() {
    on_shop(async |db: Db| {
        for id in 1..=5 {
            db.insert(user(&db, int(id), &format!("{id}@x")))
                .await
                .unwrap();
        }
        let wanted = [4, 9, 1, 4, 2];
        let keys: Vec<Vec<Value>> = wanted.iter().map(|id| vec![int(*id)]).collect();
        let found = db.get_many("Users", &keys).await;
        let found: Vec<Option<i128>> = found
            .iter()
            .map(|record| {
                record
                    .as_ref()
                    .map(|r| ints(std::slice::from_ref(r), "id")[0])
            })
            .collect();
        assert_eq!(found, [Some(4), None, Some(1), Some(4), Some(2)]);
        assert!(db.get_many("Users", &[]).await.is_empty());
        // More than one statement takes.
        let keys: Vec<Vec<Value>> = (0..300).map(|id| vec![int(id)]).collect();
        let found = db.get_many("Users", &keys).await;
        assert_eq!(found.len(), 300);
        assert_eq!(found.iter().flatten().count(), 5);
    });
}

#[test]
fn several_of_a_key_of_two_columns() {
    on_shop(async |db: Db| {
        let carts = db.entity("Carts");
        for (user, product) in [(1, 2), (2, 1), (2, 2)] {
            let line = [
                ("user_id", int(user)),
                ("product_id", int(product)),
                ("quantity", int(user * 10 + product)),
            ];
            db.insert(record(&carts, &line)).await.unwrap();
        }
        let keys = [
            vec![int(2), int(1)],
            vec![int(1), int(1)],
            vec![int(1), int(2)],
        ];
        let found = db.get_many("Carts", &keys).await;
        assert_eq!(found[1], None);
        let found: Vec<Record> = found.into_iter().flatten().collect();
        assert_eq!(ints(&found, "quantity"), [21, 12]);
    });
}

#[test]
fn an_update_changes_what_it_names() {
    on_shop(async |db: Db| {
        let before = db.insert(product(&db, int(1), "books", 5)).await.unwrap();
        let products = db.entity("Products");
        let place = |field: &str| products.field(field).unwrap();
        let changes = [
            Change::Add(place("stock"), int(-3)),
            Change::Set(place("price"), int(u64::MAX.into())),
            Change::Set(place("name"), text("it's `new`")),
        ];
        db.update("Products", &[int(1)], &changes, None)
            .await
            .unwrap();
        let mut after = before;
        after.set(place("stock"), int(7));
        after.set(place("price"), int(u64::MAX.into()));
        after.set(place("name"), text("it's `new`"));
        let found = db.get("Products", "id", &[int(1)]).await.unwrap();
        assert_eq!(found, Some(after));
        // The same once more matches the row, although it changes nothing.
        db.update("Products", &[int(1)], &changes[1..], None)
            .await
            .unwrap();
    });
}

#[test]
fn a_put_creates_or_replaces_and_moves_the_ids_on() {
    on_shop(async |db: Db| {
        for email in ["new@x", "other@x", "other@x"] {
            let given = user(&db, int(7), email);
            db.put(given.clone()).await.unwrap();
            let found = db.get("Users", "id", &[int(7)]).await.unwrap();
            assert_eq!(found, Some(given));
        }
        let next = db.insert(user(&db, Value::Null, "next@x")).await.unwrap();
        assert_eq!(ints(&[next], "id"), [8]);
        // Another record's unique key is not put over.
        let taken = db.put(user(&db, int(9), "next@x")).await;
        assert_eq!(kind(taken), ErrorKind::UniqueViolation);
        let taken = db.put(user(&db, int(7), "next@x")).await;
        assert_eq!(kind(taken), ErrorKind::UniqueViolation);
        assert_eq!(
            ints(&db.scan("Users", 10, None).await.records, "id"),
            [7, 8]
        );
    });
}

#[test]
fn puts_of_one_record_at_the_same_time_all_succeed() {
    on_shop(async |db: Db| {
        for round in 0..20 {
            let puts = (0..8).map(|_| db.put(user(&db, int(round), &format!("{round}@x"))));
            for done in futures::future::join_all(puts).await {
                done.unwrap();
            }
        }
        assert_eq!(db.scan("Users", 100, None).await.records.len(), 20);
    });
}

#[test]
fn a_put_of_a_record_that_is_only_an_identity() {
    let schema = "CREATE TABLE marks (a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b))";
    let contract = r#"{"tables": [{"table": "Marks", "type": "single-entity",
        "source_table": "marks", "pk": "a", "sk": "b", "attributes": [
        {"name": "a", "type": "N", "source_table": "marks", "source_column": "a"},
        {"name": "b", "type": "N", "source_table": "marks", "source_column": "b"}]}]}"#;
    on(schema, contract, async |db: Db| {
        let mark = record(&db.entity("Marks"), &[("a", int(1)), ("b", int(2))]);
        for _ in 0..2 {
            db.put(mark.clone()).await.unwrap();
        }
        assert_eq!(db.scan("Marks", 10, None).await.records, [mark]);
    });
}

#[test]
fn a_delete_says_whether_there_was_a_record() {
    on_shop(async |db: Db| {
        db.insert(user(&db, int(1), "a@x")).await.unwrap();
        assert!(db.delete("Users", &[int(1)], None).await.unwrap());
        assert!(!db.delete("Users", &[int(1)], None).await.unwrap());
        assert_eq!(db.get("Users", "id", &[int(1)]).await.unwrap(), None);
    });
}

#[test]
fn a_condition_decides_and_a_missing_record_comes_first() {
    on_shop(async |db: Db| {
        db.insert(product(&db, int(1), "books", 5)).await.unwrap();
        let products = db.entity("Products");
        let stock = products.field("stock").unwrap();
        let is = |number| Some(Condition::Compare(stock, Comparison::Eq, int(number)));
        let take = [Change::Add(stock, int(-1))];
        let (first, second) = ([int(1)], [int(2)]);
        let update = |id, when| db.update("Products", id, &take, when);
        update(&first, is(10)).await.unwrap();
        assert_eq!(
            kind(update(&first, is(10)).await),
            ErrorKind::ConditionFailed
        );
        assert_eq!(kind(update(&second, is(10)).await), ErrorKind::NotFound);
        assert_eq!(kind(update(&second, None).await), ErrorKind::NotFound);
        let found = db.get("Products", "id", &[int(1)]).await.unwrap().unwrap();
        assert_eq!(found.value(stock), &int(9), "taken once");
        let delete = |id, when| db.delete("Products", id, when);
        assert_eq!(
            kind(delete(&first, is(10)).await),
            ErrorKind::ConditionFailed
        );
        assert_eq!(kind(delete(&second, is(10)).await), ErrorKind::NotFound);
        assert!(delete(&first, is(9)).await.unwrap());
    });
}

#[test]
fn ids_pass_what_was_given_elsewhere_and_never_go_back() {
    on_shop(async |db: Db| {
        let pass = |id| {
            let entity = db.entity("Users");
            let pass = PassId { entity, id };
            let db = &db;
            async move { db.call(Op::PassId(pass)).await }
        };
        assert_eq!(pass(41).await.unwrap(), Reply::Done);
        assert_eq!(pass(7).await.unwrap(), Reply::Done);
        assert_eq!(pass(-5).await.unwrap(), Reply::Done);
        let next = db.insert(user(&db, Value::Null, "a@x")).await.unwrap();
        assert_eq!(ints(&[next], "id"), [42]);
        let all = futures::future::join_all([100, 90, 120, 80].map(pass)).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        let next = db.insert(user(&db, Value::Null, "b@x")).await.unwrap();
        assert_eq!(ints(&[next], "id"), [121]);
        assert_eq!(kind(pass(u64::MAX.into()).await), ErrorKind::Limit);
        let entity = db.entity("Carts");
        let none = db.call(Op::PassId(PassId { entity, id: 1 })).await;
        assert_eq!(kind(none), ErrorKind::Unsupported);
    });
}

const CODES: &str = "
    CREATE TABLE folded (code VARCHAR(20) COLLATE utf8mb4_0900_ai_ci NOT NULL PRIMARY KEY, n INT);
    CREATE TABLE exact (code VARCHAR(20) COLLATE utf8mb4_0900_ai_ci NOT NULL PRIMARY KEY, n INT);
";
const CODES_CONTRACT: &str = r#"{"tables": [
    {"table": "Folded", "type": "single-entity", "source_table": "folded", "pk": "code",
     "attributes": [
        {"name": "code", "type": "S", "source_table": "folded", "source_column": "code"},
        {"name": "n", "type": "N", "source_table": "folded", "source_column": "n"}]},
    {"table": "Exact", "type": "single-entity", "source_table": "exact", "pk": "code",
     "attributes": [
        {"name": "code", "type": "S", "source_table": "exact", "source_column": "code",
         "x-dal": {"compare": "exact"}},
        {"name": "n", "type": "N", "source_table": "exact", "source_column": "n"}]}]}"#;

#[test]
fn a_look_up_follows_the_collation_or_the_bytes_as_the_contract_says() {
    on(CODES, CODES_CONTRACT, async |db: Db| {
        for (entity, variants) in [("Folded", true), ("Exact", false)] {
            let of =
                |code: &str, n| record(&db.entity(entity), &[("code", text(code)), ("n", int(n))]);
            db.insert(of("Ann", 1)).await.unwrap();
            let found = async |code: &str| {
                let key = [text(code)];
                let by_key = db.get(entity, "id", &key).await.unwrap();
                let by_keys = db
                    .get_many(entity, &[key.to_vec(), vec![text("Ann")]])
                    .await;
                assert_eq!(by_keys[0], by_key, "{entity} {code}");
                assert!(by_keys[1].is_some());
                by_key.is_some()
            };
            assert!(found("Ann").await);
            assert_eq!(found("ANN").await, variants, "{entity}");
            assert!(!found("Bob").await);
            let n = [Change::Set(1, int(2))];
            let updated = db.update(entity, &[text("ANN")], &n, None).await;
            assert_eq!(updated.is_ok(), variants, "{entity}");
            let again = db.insert(of("ANN", 3)).await;
            assert_eq!(kind(again), ErrorKind::AlreadyExists, "{entity}");
            let put = db.put(of("ANN", 4)).await;
            assert_eq!(put.is_ok(), variants, "{entity} {put:?}");
            let deleted = db.delete(entity, &[text("ANN")], None).await.unwrap();
            assert_eq!(deleted, variants, "{entity}");
        }
    });
}

#[test]
fn a_text_that_the_column_cannot_hold_is_no_records() {
    let schema = "CREATE TABLE narrow (id INT NOT NULL PRIMARY KEY,
        code VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, UNIQUE KEY codes (code));
        INSERT INTO narrow VALUES (1, '?'), (2, 'a')";
    let contract = r#"{"tables": [{"table": "Narrow", "type": "single-entity",
        "source_table": "narrow", "pk": "id",
        "gsis": [{"index_name": "by_code", "pk": "code", "sk": "id", "projection": "ALL"}],
        "attributes": [
        {"name": "id", "type": "N", "source_table": "narrow", "source_column": "id"},
        {"name": "code", "type": "S", "source_table": "narrow", "source_column": "code"}]}]}"#;
    on(schema, contract, async |db: Db| {
        for code in ["é", "日本"] {
            assert_eq!(
                db.get("Narrow", "codes", &[text(code)]).await.unwrap(),
                None
            );
            let query = db.query("Narrow", "by_code", &[text(code)]);
            assert!(db.page(query).await.unwrap().records.is_empty());
            let equal = Condition::Compare(1, Comparison::Eq, text(code));
            let deleted = db.delete("Narrow", &[int(1)], Some(equal)).await;
            assert_eq!(kind(deleted), ErrorKind::ConditionFailed);
        }
        let found = db.get("Narrow", "codes", &[text("a")]).await.unwrap();
        assert!(found.is_some());
    });
}
