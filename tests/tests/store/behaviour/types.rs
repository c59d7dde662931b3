//! A column of each type: what is written is what every store returns.

use dal_traits::ErrorKind::{ConditionFailed, InvalidValue, Unsupported};
use dal_traits::Record;
use dal_traits::store::{EntityStore, Store};
use dal_traits::value::Value;
use serde_json::json;
use time::macros::{date, datetime};

use super::{int, kind, of, text, value};
use crate::stores::{TYPES, engines, fresh, on_every_store};
use dal_testkit::servers::{self, Engine, runtime};
use sqlx::Executor as _;

fn decimal(number: &str) -> Value {
    Value::Decimal(number.parse().unwrap())
}

fn set(labels: &[&str]) -> Value {
    Value::Set(labels.iter().map(|label| (*label).to_owned()).collect())
}

const NINES: &str = "99999999999999999999999999999999999.999999999999999999999999999999";

/// A field, a value that a caller gives, and what is stored.
fn cases() -> Vec<(&'static str, Value, Value)> {
    let same = |field, value: Value| (field, value.clone(), value);
    let mut cases = vec![
        same("flag", Value::Bool(true)),
        same("flag", Value::Bool(false)),
        same("flag_number", int(2)),
        same("tiny", int(-128)),
        same("tiny", int(127)),
        same("small", int(65_535)),
        same("medium", int(-8_388_608)),
        same("plain", int(-2_147_483_648)),
        same("plain", int(0)),
        same("big", int(i128::from(i64::MIN))),
        same("big", int(i128::from(i64::MAX))),
        same("greatest", int(i128::from(u64::MAX))),
        same("bits", int(4095)),
        same("price", decimal("12.50")),
        same("price", decimal("-99999999.99")),
        ("price", decimal("0.005"), decimal("0.01")),
        ("price", decimal("-0.005"), decimal("-0.01")),
        ("price", int(3), decimal("3.00")),
        same("exact", decimal(NINES)),
        same("exact", decimal("0.000000000000000000000000000001")),
        same("single", Value::Float(1.5)),
        (
            "single",
            Value::Float(0.1),
            Value::Float(f64::from(0.1_f32)),
        ),
        same("wide", Value::Float(0.1)),
        same("wide", Value::Float(9.99e125)),
        same("wide", Value::Float(-1e-130)),
        ("wide", Value::Float(-0.0), Value::Float(0.0)),
        same("code", text("ab")),
        ("code", text("ab  "), text("ab")),
        same("code", text("")),
        same("code", text("\u{1f600}é日x")),
        same("body", text("")),
        same("body", text(" e\u{301} \u{0} \n")),
        same("label", text("a")),
        same("tags", set(&["x", "z"])),
        ("tags", set(&["z", "x", "z"]), set(&["x", "z"])),
        same("tags_text", set(&["y"])),
        same("day", Value::Date(date!(2024 - 02 - 29))),
        same("day", Value::Date(date!(9999 - 12 - 31))),
        same(
            "moment",
            Value::DateTime(datetime!(2025-01-02 03:04:05.678)),
        ),
        (
            "moment",
            Value::DateTime(datetime!(2025-12-31 23:59:59.9995)),
            Value::DateTime(datetime!(2026-01-01 00:00:00)),
        ),
        same(
            "seen",
            Value::Timestamp(datetime!(2038-01-19 03:14:07.999999)),
        ),
        same(
            "seen_seconds",
            Value::Timestamp(datetime!(1970-01-01 00:00:01)),
        ),
        same("took", Value::Time(3_020_399_000_000)),
        same("took", Value::Time(-1_500_000)),
        same("made", int(1901)),
        same("made", int(2155)),
        same("hash", Value::Bytes(vec![0, 255, 1, 2])),
        (
            "hash",
            Value::Bytes(vec![1]),
            Value::Bytes(vec![1, 0, 0, 0]),
        ),
        same("raw", Value::Bytes(Vec::new())),
        same("raw", Value::Bytes((0..16).collect())),
    ];
    for field in ["doc", "doc_text"] {
        cases.push(same(
            field,
            Value::Json(json!({"b": [1, -2, 0.5, u64::MAX, null, true, "é"], "a": {"": 1}})),
        ));
    }
    // DynamoDB takes no empty key in a map.
    cases.retain(|(field, value, _)| {
        *field != "doc" || !matches!(value, Value::Json(json) if json["a"].get("").is_some())
    });
    cases.push(same(
        "doc",
        Value::Json(json!({"b": [1, -2, 0.5, u64::MAX, null, true, "é"]})),
    ));
    cases
}

async fn read(things: &EntityStore, id: Value) -> Record {
    things.get("id", [("id", id)]).await.unwrap().unwrap()
}

#[test]
fn a_value_of_each_type_is_returned_as_it_was_stored() {
    on_every_store(&TYPES, async |store: Store| {
        let things = of(&store, "Things");
        for (field, given, stored) in cases() {
            let what = format!("{field} {given:?}");
            let inserted = things.insert([(field, given.clone())]).await;
            let inserted = inserted.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(value(&inserted, field), stored, "{what}");
            let id = value(&inserted, "id");
            let found = read(&things, id.clone()).await;
            assert_eq!(found, inserted, "{what}");
            let others = found.values().iter().filter(|value| !value.is_null());
            assert_eq!(
                others.count(),
                4,
                "{what}: the others stay NULL, and two arrays empty"
            );

            things
                .update(id.clone())
                .set(field, Value::Null)
                .await
                .unwrap();
            assert_eq!(
                value(&read(&things, id.clone()).await, field),
                Value::Null,
                "{what}"
            );
            things.update(id.clone()).set(field, given).await.unwrap();
            assert_eq!(value(&read(&things, id).await, field), stored, "{what}");
        }
    });
}

#[test]
fn what_strict_mysql_refuses_every_store_refuses() {
    on_every_store(&TYPES, async |store: Store| {
        let things = of(&store, "Things");
        let wrong = [
            ("flag", int(2)),
            ("tiny", int(128)),
            ("small", int(-1)),
            ("medium", int(8_388_608)),
            ("plain", int(2_147_483_648)),
            ("greatest", int(-1)),
            ("bits", int(4096)),
            ("price", decimal("100000000")),
            ("price", text("ten")),
            ("single", Value::Float(f64::MAX)),
            ("wide", Value::Float(f64::NAN)),
            ("wide", Value::Float(1e126)),
            ("code", text("abcde")),
            ("body", text(&"x".repeat(65_536))),
            ("label", text("c")),
            ("tags", set(&["w"])),
            ("seen", Value::Timestamp(datetime!(2038-01-19 03:14:08))),
            (
                "seen_seconds",
                Value::Timestamp(datetime!(1970-01-01 00:00:00)),
            ),
            ("took", Value::Time(3_020_400_000_000)),
            ("made", int(1900)),
            ("hash", Value::Bytes(vec![0; 5])),
            ("raw", Value::Bytes(vec![0; 17])),
            ("doc", text("{}")),
        ];
        for (field, wrong) in wrong {
            let refused = things.insert([(field, wrong.clone())]).await;
            assert_eq!(kind(refused), InvalidValue, "{field} {wrong:?}");
        }
    });
}

#[test]
fn conditions_compare_each_type_alike() {
    on_every_store(&TYPES, async |store: Store| {
        let things = of(&store, "Things");
        // What a text of the same digits would compare otherwise.
        let cases = [
            ("tiny", int(9), int(10)),
            ("big", int(-10), int(-9)),
            ("greatest", int(9), int(i128::from(u64::MAX))),
            ("price", decimal("9.50"), decimal("10.00")),
            ("code", text("a"), text("b")),
            (
                "day",
                Value::Date(date!(2024 - 02 - 29)),
                Value::Date(date!(2024 - 03 - 01)),
            ),
            (
                "moment",
                Value::DateTime(datetime!(2025-01-02 03:04:05.678)),
                Value::DateTime(datetime!(2025-01-02 03:04:06)),
            ),
        ];
        for (field, less, greater) in cases {
            let inserted = things.insert([(field, less.clone())]).await.unwrap();
            let id = value(&inserted, "id");
            let named = things.field(field).unwrap();
            for (condition, holds) in [
                (named.eq(less.clone()), true),
                (named.lt(greater.clone()), true),
                (named.ge(greater.clone()), false),
                (named.ne(greater.clone()), true),
                (things.field("body").unwrap().ne(text("x")), false),
                (things.field("body").unwrap().is_null(), true),
            ] {
                let what = format!("{field} {condition:?}");
                let done = things
                    .update(id.clone())
                    .set("body", Value::Null)
                    .when(condition)
                    .await;
                if holds {
                    done.unwrap_or_else(|error| panic!("{what}: {error}"));
                } else {
                    assert_eq!(kind(done), ConditionFailed, "{what}");
                }
            }
        }
    });
}

#[test]
fn null_plus_anything_is_null_and_decimals_add_exactly() {
    on_every_store(&TYPES, async |store: Store| {
        let things = of(&store, "Things");
        let thing = things.insert([("price", decimal("0.10"))]).await.unwrap();
        let id = value(&thing, "id");
        things.update(id.clone()).add("tiny", int(1)).await.unwrap();
        assert_eq!(value(&read(&things, id.clone()).await, "tiny"), Value::Null);
        for _ in 0..3 {
            things
                .update(id.clone())
                .add("price", decimal("0.1"))
                .await
                .unwrap();
        }
        assert_eq!(
            value(&read(&things, id.clone()).await, "price"),
            decimal("0.40")
        );
        let float = things
            .update(id.clone())
            .add("wide", Value::Float(1.0))
            .await;
        assert_eq!(kind(float), Unsupported, "sums of floats round");
        let mixed = things
            .update(id.clone())
            .add("tiny", int(1))
            .set("body", text("x"));
        mixed.await.unwrap();
        let found = read(&things, id).await;
        assert_eq!(
            (value(&found, "tiny"), value(&found, "body")),
            (Value::Null, text("x"))
        );
    });
}

#[test]
fn an_update_stamps_what_mysql_would_stamp() {
    on_every_store(&TYPES, async |store: Store| {
        let things = of(&store, "Things");
        let thing = things.insert([("tiny", int(1))]).await.unwrap();
        assert_eq!(value(&thing, "changed_at"), Value::Null);
        let id = value(&thing, "id");
        things.update(id.clone()).set("tiny", int(2)).await.unwrap();
        let changed = value(&read(&things, id).await, "changed_at");
        assert!(matches!(changed, Value::DateTime(_)), "{changed:?}");
    });
}

#[test]
fn the_catalogs_of_these_tests_are_those_of_the_server() {
    if !engines("store").contains(&Engine::MySql) {
        return;
    }
    for contract in [&*TYPES, &*crate::stores::SHOP] {
        let live = runtime().block_on(async {
            let url = servers::mysql().fresh_database().await.unwrap();
            let pool = dal_mysql::pool(&url).await.unwrap();
            servers::mysql().drop_with(&pool);
            pool.execute(contract.schema).await.unwrap();
            dal_mysql::catalog(&url).await.unwrap()
        });
        for (live, written) in live.tables.iter().zip(&contract.model.catalog.tables) {
            assert_eq!(live, written);
        }
        assert_eq!(live.tables.len(), contract.model.catalog.tables.len());
    }
}

#[test]
fn every_engine_gives_an_empty_store() {
    for engine in engines("store") {
        let all = runtime().block_on(async {
            let store = fresh(engine, &TYPES).await.allow_scans();
            of(&store, "Things").scan().await.unwrap()
        });
        assert_eq!(all.records.len(), 0);
    }
}
