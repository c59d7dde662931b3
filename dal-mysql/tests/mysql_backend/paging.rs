//! Pages of paths: order, ties, ranges, both directions, deletes between pages.

use std::ops::Bound;

use dal_traits::condition::{Comparison, Condition};
use dal_traits::value::Value;
use dal_traits::{Cursor, ErrorKind, Record};
use time::macros::datetime;

use crate::support::{Db, int, ints, kind, on, on_shop, record, text};
use crate::writes::product;

async fn products(db: &Db, count: i128) -> Vec<Record> {
    let mut records = Vec::new();
    for id in 1..=count {
        let given = product(
            db,
            int(id),
            if id % 3 == 0 { "toys" } else { "books" },
            id % 4,
        );
        records.push(db.insert(given).await.unwrap());
    }
    records
}

/// What the path must give, computed here.
fn expected(records: &[Record], category: &str, backward: bool) -> Vec<i128> {
    let mut found: Vec<(i128, i128)> = records
        .iter()
        .filter(|record| record.get("category") == Some(&text(category)))
        .map(|r| {
            (
                ints(std::slice::from_ref(r), "price")[0],
                ints(std::slice::from_ref(r), "id")[0],
            )
        })
        .collect();
    found.sort_unstable();
    if backward {
        found.reverse();
    }
    found.into_iter().map(|(_, id)| id).collect()
}

#[test]
fn pages_of_every_size_give_each_record_once_in_order_both_ways() {
    on_shop(async |db: Db| {
        let records = products(&db, 23).await;
        for backward in [false, true] {
            let wanted = expected(&records, "books", backward);
            for limit in [1, 2, 3, 7, 15, 16, 17] {
                let mut query = db.query("Products", "by_category", &[text("books")]);
                query.limit = limit;
                query.backward = backward;
                let found = db.drain(query).await;
                assert_eq!(ints(&found, "id"), wanted, "{limit} {backward}");
            }
        }
    });
}

#[test]
fn a_next_page_is_announced_exactly_when_a_further_record_matches() {
    on_shop(async |db: Db| {
        products(&db, 23).await;
        let entity = db.entity("Products");
        let id = entity.field("id").unwrap();
        let mut query = db.query("Products", "by_category", &[text("books")]);
        query.limit = 2;
        for (ids, further) in [(vec![1, 2], false), (vec![1, 2, 4], true), (vec![1], false)] {
            let values = ids.iter().map(|id| int(*id)).collect();
            query.filter = Some(Condition::In(id, values));
            let page = db.page(query.clone()).await.unwrap();
            assert_eq!(page.records.len(), ids.len().min(2));
            assert_eq!(page.next.is_some(), further, "{ids:?}");
        }
        query.filter = Some(Condition::Compare(id, Comparison::Gt, int(100)));
        let page = db.page(query).await.unwrap();
        assert!(page.records.is_empty() && page.next.is_none());
    });
}

type Bounds = (Bound<i128>, Bound<i128>);
type Within = fn(i128) -> bool;

#[test]
fn ranges_bound_the_next_field_of_the_order() {
    on_shop(async |db: Db| {
        let records = products(&db, 23).await;
        let all: Vec<i128> = expected(&records, "books", false);
        let price = |id: &i128| id % 4;
        let cases: [(Bounds, Within); 5] = [
            ((Bound::Included(1), Bound::Included(2)), |p| {
                (1..=2).contains(&p)
            }),
            ((Bound::Excluded(1), Bound::Excluded(3)), |p| p == 2),
            ((Bound::Included(2), Bound::Unbounded), |p| p >= 2),
            ((Bound::Unbounded, Bound::Excluded(1)), |p| p < 1),
            ((Bound::Included(3), Bound::Included(1)), |_| false),
        ];
        for ((from, to), within) in cases {
            let mut query = db.query("Products", "by_category", &[text("books")]);
            query.range = (from.map(int), to.map(int));
            query.limit = 2;
            let found = db.drain(query).await;
            let wanted: Vec<i128> = all.iter().copied().filter(|id| within(price(id))).collect();
            assert_eq!(ints(&found, "id"), wanted);
        }
        // A value of the order itself.
        let mut query = db.query("Products", "by_category", &[text("books"), int(2)]);
        query.limit = 2;
        let found = db.drain(query.clone()).await;
        let wanted: Vec<i128> = all.iter().copied().filter(|id| price(id) == 2).collect();
        assert_eq!(ints(&found, "id"), wanted);
        query.range = (Bound::Included(int(1)), Bound::Unbounded);
        assert_eq!(
            kind(db.page(query).await),
            ErrorKind::NoPath,
            "nothing is behind the price"
        );
        let short = db.query("Products", "by_category", &[]);
        assert_eq!(kind(db.page(short).await), ErrorKind::NoPath);
    });
}

#[test]
fn a_cursor_survives_the_delete_of_its_record_and_sees_what_comes_later() {
    on_shop(async |db: Db| {
        let records = products(&db, 23).await;
        let wanted = expected(&records, "books", false);
        let mut query = db.query("Products", "by_category", &[text("books")]);
        query.limit = 3;
        let mut found = Vec::new();
        loop {
            let page = db.page(query.clone()).await.unwrap();
            found.extend(ints(&page.records, "id"));
            for record in &page.records {
                db.delete("Products", &record.identity(), None)
                    .await
                    .unwrap();
            }
            let Some(next) = page.next else { break };
            query.after = Some(next);
        }
        assert_eq!(found, wanted);
    });
}

#[test]
fn a_cursor_is_of_one_query_and_one_direction() {
    on_shop(async |db: Db| {
        products(&db, 9).await;
        let mut query = db.query("Products", "by_category", &[text("books")]);
        query.limit = 1;
        let next = db.page(query.clone()).await.unwrap().next;
        let mut other = db.query("Products", "by_category", &[text("toys")]);
        other.after.clone_from(&next);
        assert_eq!(kind(db.page(other).await), ErrorKind::InvalidCursor);
        query.backward = true;
        query.after.clone_from(&next);
        assert_eq!(kind(db.page(query.clone()).await), ErrorKind::InvalidCursor);
        let fingerprint = query.fingerprint();
        for position in [vec![], vec![Value::Null; 8]] {
            query.after = Some(Cursor {
                fingerprint,
                position,
            });
            assert_eq!(kind(db.page(query.clone()).await), ErrorKind::InvalidCursor);
        }
        query.limit = 0;
        query.after = None;
        assert_eq!(kind(db.page(query).await), ErrorKind::InvalidValue);
    });
}

#[test]
fn the_records_of_a_partition_by_the_sort_key_of_the_table() {
    on_shop(async |db: Db| {
        let carts = db.entity("Carts");
        for product in [10, 9, 100] {
            let line = [
                ("user_id", int(1)),
                ("product_id", int(product)),
                ("quantity", int(1)),
            ];
            db.insert(record(&carts, &line)).await.unwrap();
        }
        let mut query = db.query("Carts", "Carts", &[int(1)]);
        query.limit = 1;
        assert_eq!(
            ints(&db.drain(query.clone()).await, "product_id"),
            [9, 10, 100]
        );
        query.backward = true;
        assert_eq!(ints(&db.drain(query).await, "product_id"), [100, 10, 9]);
    });
}

#[test]
fn a_scan_gives_every_record_once() {
    on_shop(async |db: Db| {
        products(&db, 10).await;
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = db.scan("Products", 3, after).await;
            found.extend(ints(&page.records, "id"));
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        assert_eq!(found, (1..=10).collect::<Vec<i128>>());
    });
}

const ORDERS: &str = "
    CREATE TABLE orders (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        user_id BIGINT UNSIGNED NOT NULL, placed_at DATETIME(6) NOT NULL, note VARCHAR(20),
        KEY orders_user (user_id, placed_at, id));
";
const ORDERS_CONTRACT: &str = r#"{"tables": [{"table": "Orders", "type": "single-entity",
    "source_table": "orders", "pk": "id",
    "gsis": [
        {"index_name": "by_user", "pk": "user_id", "sk": "placed_at#id", "projection": "KEYS_ONLY"},
        {"index_name": "by_note", "pk": "user_id", "sk": "note", "projection": "KEYS_ONLY"},
        {"index_name": "by_note_and_id", "pk": "user_id", "sk": "note#id", "projection": "KEYS_ONLY"}],
    "attributes": [
        {"name": "id", "type": "N", "source_table": "orders", "source_column": "id"},
        {"name": "user_id", "type": "N", "source_table": "orders", "source_column": "user_id"},
        {"name": "placed_at", "type": "S", "source_table": "orders", "source_column": "placed_at"},
        {"name": "note", "type": "S", "source_table": "orders", "source_column": "note"}]}]}"#;

fn order(db: &Db, id: i128, minute: u8, note: Value) -> Record {
    let at = datetime!(2025-01-02 03:04:05)
        .replace_minute(minute)
        .unwrap();
    let values = [
        ("id", int(id)),
        ("user_id", int(1)),
        ("placed_at", Value::DateTime(at)),
        ("note", note),
    ];
    record(&db.entity("Orders"), &values)
}

/// As DynamoDB orders: the texts of the keys, byte by byte.
fn by_text(records: &[Record], key: impl Fn(&Record) -> String) -> Vec<i128> {
    let mut keyed: Vec<(String, i128)> = records
        .iter()
        .map(|record| (key(record), ints(std::slice::from_ref(record), "id")[0]))
        .collect();
    keyed.sort();
    keyed.into_iter().map(|(_, id)| id).collect()
}

#[test]
fn a_key_of_several_parts_orders_by_its_text() {
    on(ORDERS, ORDERS_CONTRACT, async |db: Db| {
        let mut records = Vec::new();
        for id in [1, 2, 9, 10, 11, 99, 100, 101] {
            let minute = u8::try_from(id % 2).unwrap();
            records.push(
                db.insert(order(&db, id, minute, Value::Null))
                    .await
                    .unwrap(),
            );
        }
        let mut wanted = by_text(&records, |record| {
            let Some(Value::DateTime(at)) = record.get("placed_at") else {
                panic!("{record:?}");
            };
            format!("{at}#{}", ints(std::slice::from_ref(record), "id")[0])
        });
        assert_ne!(
            wanted,
            [2, 10, 100, 1, 9, 11, 99, 101],
            "not the order of the numbers"
        );
        for backward in [false, true] {
            for limit in [1, 2, 3, 8, 9] {
                let mut query = db.query("Orders", "by_user", &[int(1)]);
                (query.limit, query.backward) = (limit, backward);
                assert_eq!(ints(&db.drain(query).await, "id"), wanted, "{limit}");
            }
            wanted.reverse();
        }
        // A moment that is given, and a range of moments.
        let at = |minute| {
            order(&db, 1, minute, Value::Null)
                .get("placed_at")
                .unwrap()
                .clone()
        };
        let mut query = db.query("Orders", "by_user", &[int(1), at(1)]);
        query.limit = 2;
        assert_eq!(
            ints(&db.drain(query.clone()).await, "id"),
            [1, 101, 11, 9, 99]
        );
        query.key.pop();
        query.range = (Bound::Excluded(at(0)), Bound::Unbounded);
        assert_eq!(ints(&db.drain(query).await, "id"), [1, 101, 11, 9, 99]);
    });
}

#[test]
fn a_folding_column_orders_by_bytes_and_null_is_in_no_index() {
    on(ORDERS, ORDERS_CONTRACT, async |db: Db| {
        let mut records = Vec::new();
        let notes = ["b", "B", "a", "ä", "A", "a ", "b"];
        for (id, note) in (1..).zip(notes) {
            records.push(db.insert(order(&db, id, 0, text(note))).await.unwrap());
        }
        for (id, note) in [(20, Value::Null), (21, text(""))] {
            db.insert(order(&db, id, 0, note)).await.unwrap();
        }
        let note = |record: &Record| match record.get("note") {
            Some(Value::Text(note)) => note.clone(),
            other => panic!("{other:?}"),
        };
        let id = |record: &Record| ints(std::slice::from_ref(record), "id")[0];
        for limit in [1, 2, 20] {
            let mut query = db.query("Orders", "by_note_and_id", &[int(1)]);
            query.limit = limit;
            let wanted = by_text(&records, |r| format!("{}#{}", note(r), id(r)));
            assert_eq!(ints(&db.drain(query).await, "id"), wanted);
            // The empty text of a column is a key; of a longer text it is none.
            let mut query = db.query("Orders", "by_note", &[int(1)]);
            query.limit = limit;
            let mut wanted = by_text(&records, note);
            wanted.insert(0, 21);
            assert_eq!(ints(&db.drain(query).await, "id"), wanted);
        }
        let mut query = db.query("Orders", "by_note", &[int(1)]);
        query.range = (Bound::Included(text("a")), Bound::Included(text("b")));
        assert_eq!(ints(&db.drain(query).await, "id"), [3, 6, 1, 7]);
    });
}

#[test]
fn a_path_that_may_follow_the_column_pages_by_its_collation() {
    let by_column = r#""source_table": "orders", "x-dal": {"order": "column"},"#;
    let contract = ORDERS_CONTRACT.replacen(r#""source_table": "orders","#, by_column, 1);
    on(ORDERS, &contract, async |db: Db| {
        for (id, note) in (1..).zip(["b", "A", "a", "B", "ä", "a", "c"]) {
            db.insert(order(&db, id, 0, text(note))).await.unwrap();
        }
        for limit in [1, 2, 3, 10] {
            let mut query = db.query("Orders", "by_note", &[int(1)]);
            query.limit = limit;
            let found = db.drain(query.clone()).await;
            assert_eq!(ints(&found, "id"), [2, 3, 5, 6, 1, 4, 7], "{limit}");
            query.backward = true;
            let found = db.drain(query).await;
            assert_eq!(ints(&found, "id"), [7, 4, 1, 6, 5, 3, 2], "{limit}");
        }
    });
}
